import type { Clock } from '../../ports/surroundings.ts'

/**
 * Waits for `work` and at most `timeoutMs`, then throws what `onTimeout` makes. Rejects with the signal's reason when it is
 * aborted. What `work` comes to after that is ignored: it is not cancelled.
 */
export async function within<T>(
  options: {
    readonly work: Promise<T>
    readonly timeoutMs: number
    readonly clock: Clock
    readonly onTimeout: () => Error
  },
  signal: AbortSignal,
): Promise<T> {
  const timer = new AbortController()
  const timeout = options.clock
    .sleep(options.timeoutMs, AbortSignal.any([signal, timer.signal]))
    .then((): never => {
      throw options.onTimeout()
    })
  options.work.catch(() => undefined)
  try {
    return await Promise.race([options.work, timeout])
  } finally {
    timer.abort()
  }
}
