import type { JournalDraft } from '../domain/journal.ts'
import type {
  ScheduledRun,
  SweepOutcome,
  SweepRun,
  SweepRunState,
  SweepStanding,
  SweepTrouble,
} from '../domain/sweep.ts'
import type { Owner } from './job-store.ts'

export interface NewSweepRun {
  readonly run: string
  readonly source: string
  readonly trigger: SweepRun['trigger']
  readonly operator: string
  /** The process that runs it. */
  readonly owner: Owner
  /**
   * The newest run of the source that its process has seen; null: none. It is begun only where that still is the newest one
   * and none is running: of several processes that are about to begin, one does. Absent: it is begun in any case.
   */
  readonly after?: string | null
}

export interface RunEnd<Outcome> {
  readonly state: Exclude<SweepRunState, 'running'>
  readonly outcome: Outcome | null
  readonly trouble: SweepTrouble | null
  /** The sweep stops by itself with this. */
  readonly stops: SweepTrouble | null
}

/**
 * Runs of what runs by itself, and what is known of each source's schedule on this machine. Every method is one transaction, on disk
 * when it resolves; its journal entries are part of it.
 */
export interface RunStore<Outcome> {
  /** Keeps the newest SWEEP_RUNS_KEPT runs of the source. Throws `sweep-busy`, see `after`. */
  begin(run: NewSweepRun, entries: readonly JournalDraft[]): Promise<ScheduledRun<Outcome>>
  /** Counts failures: `failed` one more, `done` none. Throws `job-state-forbids` where the run is not running. */
  end(run: string, end: RunEnd<Outcome>, entries: readonly JournalDraft[]): Promise<ScheduledRun<Outcome>>
  run(id: string): Promise<ScheduledRun<Outcome> | null>
  /** Newest first. */
  runs(source: string, limit: number): Promise<readonly ScheduledRun<Outcome>[]>
  /** Running ones with their owners, for recovery. */
  running(): Promise<readonly { readonly run: ScheduledRun<Outcome>; readonly owner: Owner }[]>
  standing(source: string): Promise<SweepStanding>
  /** Sources whose schedule is switched on. */
  approved(): Promise<readonly string[]>
  /** Switches on (`approved` is the fingerprint) or off (null); either way failures are forgotten. */
  approve(source: string, approved: string | null, operator: string, entry: JournalDraft): Promise<void>
}

export type SweepEnd = RunEnd<SweepOutcome>
export type SweepStore = RunStore<SweepOutcome>
