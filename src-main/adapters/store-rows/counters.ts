import type { Tally } from '../../domain/job.ts'
import type { SpanFacts } from './spans.ts'

/** What a transaction adds to the tally of a job. */
export type Counters = { -readonly [K in keyof Tally]: Tally[K] } & { ended: number }

export function noCounters(): Counters {
  return {
    ended: 0,
    confirmed: 0,
    returned: 0,
    refused: 0,
    unknown: 0,
    skipped: 0,
    parked: 0,
    unsettled: 0,
    unmarked: 0,
  }
}

/** `count` items have ended so. */
export function countEnds(counters: Counters, { result, marked }: SpanFacts, count: number): void {
  if (result === null) return
  counters.ended += count
  counters[result] += count
  if (result === 'unknown') counters.unsettled += count
  else if (result !== 'skipped' && result !== 'parked' && marked === 0) counters.unmarked += count
}
