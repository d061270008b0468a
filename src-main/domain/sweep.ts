import { canonical, sha256 } from './digest.ts'
import type { Json } from './digest.ts'
import type { ErrorCode } from './errors.ts'
import type { SourceConfig } from './workspace.ts'

/** Runs that fail in a row until the sweep stops by itself and waits for a person. */
export const SWEEP_FAILURES_MAX = 3
/** Runs of one source that the store keeps; what an older one did stands in the journal. */
export const SWEEP_RUNS_KEPT = 500

/** What one run did. Every message that was claimed is in exactly one of confirmed, retried, failed and unknown. */
export interface SweepOutcome {
  /** The job that carries its messages; null: nothing was due. */
  readonly job: string | null
  readonly claimed: number
  readonly confirmed: number
  /** Not stored by the broker; waits for its next attempt. */
  readonly retried: number
  /** Not stored by the broker, and attempts are used up. */
  readonly failed: number
  readonly unknown: number
  /** Of those retried and failed, by the broker's answer. */
  readonly returned: number
  readonly refused: number
  /** Rows found with their attempts used up, made failed without a publish. */
  readonly expired: number
  /** Why it ended before everything that was due had been sent; null: it did not. */
  readonly interruption: SweepTrouble | null
}

export interface SweepTrouble {
  readonly code: ErrorCode
  readonly reason: string
}

/**
 *   running ──▶ done      nothing is due any more
 *      │ ├────▶ stopped   by the operator, a rule of the workspace, or because Redrive was closed
 *      │ └────▶ failed    source or broker failed; three in a row stop the sweep
 *      └──────▶ failed    (process-ended) the process died
 */
export const sweepRunStates = ['running', 'done', 'stopped', 'failed'] as const
export type SweepRunState = (typeof sweepRunStates)[number]

/** One run of what runs by itself: of a sweep, or of another work with an outcome of its own. */
export interface ScheduledRun<Outcome> {
  readonly run: string
  readonly source: string
  /** Who began it: the schedule, or a person. */
  readonly trigger: 'schedule' | 'operator'
  readonly operator: string
  /** The process that carries it out, or did. */
  readonly by: { readonly host: string; readonly pid: number }
  readonly startedAt: string
  readonly endedAt: string | null
  readonly state: SweepRunState
  /** Null until it has ended, or where it is not known what it did. */
  readonly outcome: Outcome | null
  /** Why it failed. */
  readonly trouble: SweepTrouble | null
}

export type SweepRun = ScheduledRun<SweepOutcome>

/** What this machine's store knows of a sweep beside its runs. */
export interface SweepStanding {
  /** What was switched on, see `sweepFingerprint`; null: switched off here, or never on. */
  readonly approved: string | null
  /** Runs that failed since one did not. */
  readonly failures: number
  /** Set when it stopped by itself. */
  readonly stopped: SweepTrouble | null
}

/**
 * `off` no schedule; `unapproved` the workspace file says on, but nobody switched on just this on this machine;
 * `on` runs on schedule; `stopped` failed too often and waits for a person.
 */
export type SweepState = 'off' | 'unapproved' | 'on' | 'stopped'

export function sweepStateOf(config: SourceConfig, standing: SweepStanding): SweepState {
  return scheduleState(config.sweep?.enabled === true ? sweepFingerprint(config) : null, standing)
}

/** `fingerprint`: of what would run; null: nothing is switched on in the workspace file. */
export function scheduleState(fingerprint: string | null, standing: SweepStanding): SweepState {
  if (fingerprint === null) return 'off'
  if (standing.approved !== fingerprint) return 'unapproved'
  return standing.stopped === null ? 'on' : 'stopped'
}

/**
 * What an operator agreed to when switching it on: this database, this table, this broker, this evidence, this policy. A workspace file
 * may come from a colleague or a repository, and must not start to write to production by being read.
 */
export function sweepFingerprint(config: SourceConfig): string {
  const { url, environment, outbox, deliver, evidence, sweep } = config
  return sha256(canonical({ url, environment, outbox, deliver, evidence, sweep } as unknown as Json))
}

/** Without the reason why it ended early, which stands beside it. */
export function sweepCounts(outcome: SweepOutcome): Omit<SweepOutcome, 'interruption'> {
  const { job, claimed, confirmed, retried, failed, unknown, returned, refused, expired } = outcome
  return { job, claimed, confirmed, retried, failed, unknown, returned, refused, expired }
}

export function didAnything(outcome: SweepOutcome): boolean {
  return outcome.claimed > 0 || outcome.expired > 0
}

/** What an operator agreed to when switching a check-back on: this database, this table, this producer, these rules. */
export function checkBackFingerprint(config: SourceConfig): string {
  const { url, environment, outbox, checkBack } = config
  return sha256(canonical({ url, environment, outbox, checkBack } as unknown as Json))
}
