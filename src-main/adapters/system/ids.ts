import { randomInt } from 'node:crypto'
import type { Clock, Ids } from '../../ports/surroundings.ts'

/** Crockford's base 32: no i, l, o, u; safe to read out over the phone. In ASCII order, so that text sorts by time. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'
/** Milliseconds since 1970; enough until the year 3084. */
const TIME_LENGTH = 9
const RANDOM_LENGTH = 7
const RANDOM_COUNT = 32 ** RANDOM_LENGTH

/**
 * Ids such as `job-1kd9x4v0c8m2t7qa`: time first, then 35 random bits. Within one process each is greater than the one
 * before, also within a millisecond and where the clock is set back.
 */
export function randomIds(clock: Pick<Clock, 'now'> = { now: () => new Date() }): Ids {
  let timeMs = 0
  let random = 0
  return {
    next(prefix) {
      const nowMs = clock.now().getTime()
      if (nowMs > timeMs) {
        timeMs = nowMs
        random = randomInt(RANDOM_COUNT)
      } else if (random + 1 < RANDOM_COUNT) {
        random += 1
      } else {
        timeMs += 1
        random = 0
      }
      return `${prefix}-${base32(timeMs, TIME_LENGTH)}${base32(random, RANDOM_LENGTH)}`
    },
  }
}

function base32(value: number, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) {
    text = DIGITS.charAt(rest % 32) + text
  }
  return text
}
