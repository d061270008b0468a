import type { Changes } from '../app/changes.ts'
import type { Clock } from '../ports/surroundings.ts'

export interface WatchOptions {
  readonly changes: Changes
  readonly clock: Clock
  /** Shortest time between two values. */
  readonly everyMs: number
  /** Longest time between two values, as a sign of life. */
  readonly atLeastMs: number
  readonly signal: AbortSignal
}

/**
 * A value now and again after changes, never faster than `everyMs`: streams have no back-pressure, so they carry only
 * what replaces the value before. Ends when `signal` is aborted or `last` says so.
 */
export async function* watch<T>(
  read: () => Promise<T>,
  last: (value: T) => boolean,
  { changes, clock, everyMs, atLeastMs, signal }: WatchOptions,
): AsyncGenerator<T> {
  let seen = -1
  let bell = Promise.withResolvers<void>()
  const unsubscribe = changes.subscribe(() => bell.resolve())
  try {
    while (!signal.aborted) {
      bell = Promise.withResolvers<void>()
      seen = changes.revision()
      const value = await read()
      yield value
      if (last(value)) return
      await pause(clock, everyMs, signal)
      if (changes.revision() === seen)
        await Promise.race([bell.promise, pause(clock, atLeastMs - everyMs, signal)])
    }
  } finally {
    unsubscribe()
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  // An abort ends the loop that waits; it is no failure.
  return clock.sleep(ms, signal).catch(() => undefined)
}
