import type { Clock } from '../../ports/surroundings.ts'

/** Shortest time between two runs, however late the next one is: the source and the operator get to breathe. */
const PAUSE_MS_MIN = 1_000
/** Part of the interval that is left to chance, so that several consoles do not come at the same moment for ever. */
const JITTER = 0.1
const SECOND_MS = 1_000

/**
 * Milliseconds until the next run: an interval after the last one began. Where that has gone by, or nothing ran yet, soon.
 */
export function waitMs(
  lastBegunAt: string | null,
  everySec: number,
  now: Pick<Clock, 'now'>,
  random: number,
): number {
  if (lastBegunAt === null) return PAUSE_MS_MIN
  const everyMs = everySec * SECOND_MS * (1 - JITTER / 2 + JITTER * random)
  const left = Date.parse(lastBegunAt) + everyMs - now.now().getTime()
  // A clock that was set back must not hold the next run up for longer than an interval.
  return Math.min(Math.max(left, PAUSE_MS_MIN), Math.max(everyMs, PAUSE_MS_MIN))
}
