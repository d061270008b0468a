import type { JournalDraft } from '../domain/journal.ts'
import type { SweepOutcome, SweepRun, SweepRunState, SweepStanding, SweepTrouble } from '../domain/sweep.ts'
import type { Owner } from './job-store.ts'

export interface NewSweepRun {
  readonly run: string
  readonly source: string
  readonly trigger: SweepRun['trigger']
  readonly operator: string
  /** The process that runs it. */
  readonly owner: Owner
}

export interface SweepEnd {
  readonly state: Exclude<SweepRunState, 'running'>
  readonly outcome: SweepOutcome | null
  readonly trouble: SweepTrouble | null
  /** The sweep stops by itself with this. */
  readonly stops: SweepTrouble | null
}

/**
 * Runs of sweeps, and what is known of each source's sweep on this machine. Every method is one transaction, on disk
 * when it resolves; its journal entries are part of it.
 */
export interface SweepStore {
  /** Keeps the newest SWEEP_RUNS_KEPT runs of the source. */
  begin(run: NewSweepRun, entries: readonly JournalDraft[]): Promise<SweepRun>
  /** Counts failures: `failed` one more, `done` none. Throws `job-state-forbids` where the run is not running. */
  end(run: string, end: SweepEnd, entries: readonly JournalDraft[]): Promise<SweepRun>
  run(id: string): Promise<SweepRun | null>
  /** Newest first. */
  runs(source: string, limit: number): Promise<readonly SweepRun[]>
  /** Running ones with their owners, for recovery. */
  running(): Promise<readonly { readonly run: SweepRun; readonly owner: Owner }[]>
  standing(source: string): Promise<SweepStanding>
  /** Switches on (`approved` is the fingerprint) or off (null); either way failures are forgotten. */
  approve(source: string, approved: string | null, operator: string, entry: JournalDraft): Promise<void>
}
