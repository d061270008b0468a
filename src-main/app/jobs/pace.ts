import type { Clock } from '../../ports/surroundings.ts'

const SECOND_MS = 1_000

/** Waits so that at most `rate` messages go out in a second, evenly spread. Null: never waits. */
export function createPace(rate: number | null, clock: Clock): (signal: AbortSignal) => Promise<void> {
  let nextMs = clock.now().getTime()
  return async (signal) => {
    if (rate === null) return
    const intervalMs = SECOND_MS / rate
    const nowMs = clock.now().getTime()
    // No message waits for more than the one before it: a clock that was set back would hold up the job until then.
    const waitMs = Math.min(Math.max(0, nextMs - nowMs), intervalMs)
    nextMs = nowMs + waitMs + intervalMs
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined)
  }
}
