import type { Clock } from '../../ports/surroundings.ts'

/** The rate is that of the last so many seconds. */
const WINDOW_SEC = 10
const SECOND_MS = 1_000

/** How fast a job goes, from its answers as they come. */
export interface Meter {
  note(answers: number): void
  /** Answers a second, over the last WINDOW_SEC or since the start; null before the first second is over. */
  rate(): number | null
}

export function createMeter(clock: Clock): Meter {
  const startedAtMs = clock.now().getTime()
  /** By second, the newest last. */
  const seconds: { readonly second: number; count: number }[] = []
  const secondNow = (): number => Math.floor((clock.now().getTime() - startedAtMs) / SECOND_MS)
  const forget = (now: number): void => {
    while (seconds[0] !== undefined && seconds[0].second <= now - WINDOW_SEC) seconds.shift()
  }
  return {
    note(answers) {
      const now = secondNow()
      const last = seconds.at(-1)
      if (last?.second === now) last.count += answers
      else seconds.push({ second: now, count: answers })
      forget(now)
    },
    rate() {
      const now = secondNow()
      if (now < 1) return null
      forget(now)
      // The running second is left out: it is not over.
      const whole = seconds.filter(({ second }) => second < now)
      return whole.reduce((sum, { count }) => sum + count, 0) / Math.min(WINDOW_SEC - 1, now)
    },
  }
}
