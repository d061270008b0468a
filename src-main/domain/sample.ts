import type { ErrorCode } from './errors.ts'
import type { Trouble } from './message.ts'

/** How much of one trouble there was. */
export interface TroubleLevel {
  readonly count: number
  /** True: there were at least so many; counting stopped at a limit or a time budget. */
  readonly atLeast: boolean
  /** Age of the oldest that was found, in seconds; null: none was. */
  readonly oldestSec: number | null
}

/** Publishes of jobs and sweeps by what became of them, since the store was made. */
export interface OutcomeSums {
  readonly confirmed: number
  readonly returned: number
  readonly refused: number
  readonly unknown: number
}

/** `none` nobody switched one on; `late` it is on, but nobody has run it for several of its intervals. */
export type ScheduleHealth = 'none' | 'running' | 'stopped' | 'late'

/** A source at one moment. */
export interface SourceSample {
  readonly kind: 'source'
  readonly name: string
  readonly atMs: number
  /** Null: it did not answer, and nothing is known of its messages, which is not the same as none. */
  readonly levels: Readonly<Record<Trouble, TroubleLevel>> | null
  /** Why it did not answer. */
  readonly code: ErrorCode | null
  /** Publishes whose outcome nobody has settled, from the local store: known while the source is away, too. */
  readonly unsettled: { readonly count: number; readonly oldestSec: number | null }
  readonly sums: OutcomeSums
  readonly sweep: ScheduleHealth
  readonly checkBack: ScheduleHealth
}

export interface BrokerSample {
  readonly kind: 'broker'
  readonly name: string
  readonly atMs: number
  readonly state: 'connected' | 'blocked' | 'disconnected'
  readonly code: ErrorCode | null
}

export type Sample = SourceSample | BrokerSample

/** What is sampled. */
export interface Subject {
  readonly kind: Sample['kind']
  readonly name: string
}

export const NO_SUMS: OutcomeSums = { confirmed: 0, returned: 0, refused: 0, unknown: 0 }

/** Intervals after which a schedule that is on, and that nobody ran, is late; and the least of it, in seconds. */
const LATE_INTERVALS = 3
const LATE_SEC_MIN = 60
const SECOND_MS = 1_000

/** What is known of one schedule, as its list tells it. */
export interface ScheduleFacts {
  readonly state: 'off' | 'unapproved' | 'on' | 'stopped'
  readonly everySec: number
  /** Null: it never ran here. */
  readonly last: { readonly startedAt: string; readonly running: boolean } | null
}

export function scheduleHealth({ state, everySec, last }: ScheduleFacts, nowMs: number): ScheduleHealth {
  if (state === 'stopped') return 'stopped'
  if (state !== 'on') return 'none'
  if (last === null || last.running) return 'running'
  const lateMs = Math.max(LATE_INTERVALS * everySec, LATE_SEC_MIN) * SECOND_MS
  return nowMs - Date.parse(last.startedAt) > lateMs ? 'late' : 'running'
}

/**
 * How much was in trouble, to tell which of several samples stays when they are thinned: the worst one. One without an
 * answer says least.
 */
export function weightOf(sample: Sample): number {
  if (sample.kind === 'broker') return sample.state === 'connected' ? 0 : 1
  if (sample.levels === null) return -1
  return Object.values(sample.levels).reduce((sum, { count }) => sum + count, sample.unsettled.count)
}

/**
 * What is kept: of each stretch of `everyMs` one sample, once it is older than `afterMs`; nothing older than the last. Samples
 * are drawn in cells that are as wide (see sample-series.ts), so that a cell without one is a hole and not the thinning.
 */
export const samplesKept = {
  thin: [
    { afterMs: 2 * 3_600_000, everyMs: 5 * 60_000 },
    { afterMs: 26 * 3_600_000, everyMs: 2 * 3_600_000 },
  ],
  ageMsMax: 15 * 24 * 3_600_000,
  /** Of all subjects together; the oldest go first. */
  rowsMax: 200_000,
} as const
