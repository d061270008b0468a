import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { ScheduledRun, SweepRun, SweepRunState, SweepStanding } from '../../domain/sweep.ts'

export interface RunRow {
  readonly run: string
  readonly source: string
  readonly trigger: SweepRun['trigger']
  readonly operator: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly state: SweepRunState
  /** JSON: written once, read whole. */
  readonly outcome: string | null
  readonly code: ErrorCode | null
  readonly reason: string | null
  readonly ownerHost: string
  readonly ownerPid: number
  readonly ownerInstance: string
}

export interface StandingRow {
  readonly approved: string | null
  readonly failures: number
  readonly stoppedCode: ErrorCode | null
  readonly stoppedReason: string | null
}

/** Tables of one kind of runs, and of what is known of each source's schedule. */
export interface RunTables {
  readonly runs: 'sweep_runs' | 'check_runs'
  readonly standings: 'sweeps' | 'check_backs'
}

/** Throws `sweep-busy`. `newest`: of the source, and whether any of its runs is running. */
export function requireTurn(
  { source, after }: { readonly source: string; readonly after?: string | null },
  now: { readonly newest: string | null; readonly isRunning: boolean },
): void {
  if (after === undefined || (after === now.newest && !now.isRunning)) return
  throw new RedriveError('sweep-busy', 'later', { source })
}

const UNKNOWN: SweepStanding = { approved: null, failures: 0, stopped: null }

export function runIn<Outcome>(row: RunRow): ScheduledRun<Outcome> {
  const { run, source, trigger, operator, startedAt, endedAt, state, outcome, code, reason } = row
  return {
    run,
    source,
    trigger,
    operator,
    by: { host: row.ownerHost, pid: row.ownerPid },
    startedAt,
    endedAt,
    state,
    outcome: outcome === null ? null : (JSON.parse(outcome) as Outcome),
    trouble: code === null ? null : { code, reason: reason ?? '' },
  }
}

export function standingIn(row: StandingRow | undefined): SweepStanding {
  if (!row) return UNKNOWN
  const { approved, failures, stoppedCode: code, stoppedReason: reason } = row
  return { approved, failures, stopped: code === null ? null : { code, reason: reason ?? '' } }
}
