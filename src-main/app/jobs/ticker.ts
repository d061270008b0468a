import type { Clock } from '../../ports/surroundings.ts'
import type { Changes } from '../changes.ts'

/** How often a running job tells its watchers to look again. */
const TICK_MS = 250

/** Progress is not worth a word for each message: watchers are told to look now and then. Returns the way to stop. */
export function startTicker(clock: Clock, changes: Changes): () => void {
  const stopped = new AbortController()
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(TICK_MS, stopped.signal)
      changes.bump()
    }
  }
  // It ends by abort, which is a rejection and no failure.
  loop().catch(() => undefined)
  return () => stopped.abort()
}
