import { say } from '../text.ts'
import type { Text } from '../text.ts'
import type { SweepPolicy } from '../sweep-policy.ts'

const MINUTE_SEC = 60
const HOUR_SEC = 3_600
const DAY_SEC = 86_400

/** A length of time for a person, in the unit in which it is easiest to read; rounded down. */
export function span(seconds: number): Text {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 2 * MINUTE_SEC) return say('span.seconds', { n: whole })
  if (whole < 2 * HOUR_SEC) return say('span.minutes', { n: Math.floor(whole / MINUTE_SEC) })
  if (whole < 2 * DAY_SEC) return say('span.hours', { n: Math.floor(whole / HOUR_SEC) })
  return say('span.days', { n: Math.floor(whole / DAY_SEC) })
}

/**
 * Seconds from the moment a message is stored to the last attempt of a sweep, at the longest: it becomes due, waits for the
 * next run, and again after every attempt but the last one.
 */
export function longestRetrySec({ stuckAfterSec, everySec, attemptsMax, backoff }: SweepPolicy): number {
  const { firstSec, factor, capSec } = backoff
  let total = stuckAfterSec + everySec
  let wait = Math.min(capSec, firstSec)
  for (let attempt = 1; attempt < attemptsMax; attempt += 1) {
    total += wait + everySec
    wait = Math.min(capSec, wait * factor)
  }
  return total
}
