import type { World } from './fake-world.ts'

/** One item now, then one for every change (or several at once), until the signal fires. */
export async function* changes(world: World, signal: AbortSignal | undefined): AsyncGenerator<number> {
  let wake = (): void => undefined
  let dirty = true
  const changed = (): void => {
    dirty = true
    wake()
  }
  world.watchers.add(changed)
  signal?.addEventListener('abort', changed)
  try {
    while (signal?.aborted !== true) {
      if (dirty) {
        dirty = false
        yield world.revision
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    world.watchers.delete(changed)
    signal?.removeEventListener('abort', changed)
  }
}
