import type { Clock } from '../../ports/surroundings.ts'

const SECOND_MS = 1_000

/** Waits so that at most `rate` messages go out in a second, evenly spread. Null: never waits. */
export function createPace(rate: number | null, clock: Clock): (signal: AbortSignal) => Promise<void> {
  let nextMs = clock.now().getTime()
  return async (signal) => {
    if (rate === null) return
    const nowMs = clock.now().getTime()
    const waitMs = nextMs - nowMs
    nextMs = Math.max(nextMs, nowMs) + SECOND_MS / rate
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined)
  }
}
