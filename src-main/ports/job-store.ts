import type { Decision, DecisionState } from '../domain/decision.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type {
  BrakePull,
  ItemMove,
  ItemResult,
  ItemState,
  Job,
  JobItem,
  JobKind,
  JobState,
  RunOptions,
  Settlement,
} from '../domain/job.ts'
import type { JournalDraft } from '../domain/journal.ts'
import type { Plan, PlanItem } from '../domain/plan.ts'

export interface NewJob {
  readonly job: string
  readonly kind: JobKind
  readonly plan: string
  readonly options: RunOptions
  readonly operator: string
  /** The process that runs it, see `Owner`. */
  readonly owner: Owner
}

/** A process that runs jobs. Two hosts on one machine may share a store; a dead one's jobs are taken over. */
export interface Owner {
  readonly host: string
  readonly pid: number
  /** Differs for each start of a process, so that a reused pid is not mistaken for its predecessor. */
  readonly instance: string
}

/** Moves of items with the journal entry that tells of them. */
export interface ItemStep {
  readonly moves: readonly ItemMove[]
  readonly entry: JournalDraft
}

export interface ItemSettlement {
  readonly seq: number
  readonly as: Settlement
  readonly reason: string
  readonly marked: boolean
}

/** A plan that is being made. Nobody sees it before it is finished. */
export interface PlanDraft {
  /** Items with the sequence numbers that follow. */
  add(items: readonly PlanItem[]): Promise<void>
  /** Makes it visible and journals it. Throws `name-in-use` where a plan of this name exists. */
  finish(plan: Plan, entry: JournalDraft): Promise<void>
  discard(): Promise<void>
}

/**
 * Durable state of plans and jobs. Every method is one transaction, on disk when it resolves, and writes its journal
 * entry in that same transaction. States move only by compare-and-set: where `from` does not match, the whole call
 * throws RedriveError `job-state-forbids` and nothing changes.
 */
export interface JobStore {
  /** The one method that journals nothing: what nobody sees is no action yet. */
  beginPlan(plan: string): Promise<PlanDraft>
  plan(id: string): Promise<Plan | null>
  /** In the order of sending, without gaps. */
  planItems(id: string, afterSeq: number, limit: number): Promise<readonly PlanItem[]>
  /** `plan-already-run` where a job of this plan exists. */
  startJob(job: NewJob, entry: JournalDraft): Promise<Job>
  /**
   * Several steps, in their order. Only the owner that is named moves items; a job taken over by another process throws
   * `job-busy`.
   */
  moveItems(job: string, owner: Owner, steps: readonly ItemStep[]): Promise<void>
  /**
   * What a sweep has claimed becomes its next items, in state `claiming`: nothing of it is published yet. Only for jobs of
   * this kind; throws `job-busy` as moveItems does.
   */
  addItems(job: string, owner: Owner, items: readonly PlanItem[], entry: JournalDraft): Promise<void>
  /** Whoever takes a running job over while its owner is known to be there throws `job-busy`. */
  moveJob(
    job: string,
    move: {
      readonly from: JobState
      readonly to: JobState
      /** Owner from now on; null: nobody. */
      readonly owner: Owner | null
      /** Who moves it, where only its owner may: a job that another process has taken over throws `job-busy`. */
      readonly by?: Owner
      readonly interruption?: {
        readonly code: ErrorCode
        readonly reason: string
        readonly pulled?: BrakePull
      }
    },
    entry: JournalDraft,
  ): Promise<Job>
  settleItems(job: string, settlements: readonly ItemSettlement[], entry: JournalDraft): Promise<void>
  /** Running jobs with their owners, for recovery. */
  runningJobs(): Promise<readonly { readonly job: string; readonly owner: Owner }[]>
}

export interface ItemQuery {
  readonly states?: readonly ItemState[]
  readonly results?: readonly ItemResult[]
  /** Only unknown outcomes that nobody has settled. */
  readonly unsettled?: boolean
  readonly afterSeq: number
  readonly limit: number
}

/** What Redrive did with one message. */
export interface MessageDeed {
  readonly at: string
  readonly kind: 'resend' | 'resolve'
  /** Job or decision id. */
  readonly subject: string
  readonly operator: string
  readonly result: string
  readonly code: ErrorCode | null
  readonly reason: string | null
}

/** Of all jobs of one place, since the store was made. */
export interface OutcomeTotals {
  readonly source: string
  readonly confirmed: number
  readonly returned: number
  readonly refused: number
  readonly unknown: number
  /** Of these, those that nobody has settled. */
  readonly unsettled: number
}

export interface JobReader {
  job(id: string): Promise<Job | null>
  jobOfPlan(plan: string): Promise<Job | null>
  /** Newest first; `before` is the id of the last job of the page before. */
  jobs(query: {
    readonly source?: string
    readonly before: string | null
    readonly limit: number
  }): Promise<readonly Job[]>
  items(job: string, query: ItemQuery): Promise<readonly JobItem[]>
  /** Of these rows, those that an unsettled unknown outcome or an unfinished item holds, with the job. */
  held(source: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Of these, those whose publish any job of the source confirmed, with the newest such job. */
  confirmed(source: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Attempts that a job counted for those of these rows whose publish it confirmed; the newest, where it did twice. */
  confirmedBy(job: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Of these, those whose publish a job confirmed without marking where they came from, with the job. */
  confirmedUnmarked(source: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Unsettled unknown outcomes of all jobs or of one source's, the oldest job first; pages by the last item. */
  unsettled(query: {
    readonly source: string | null
    readonly after: { readonly job: string; readonly seq: number } | null
    readonly limit: number
  }): Promise<readonly { readonly job: Job; readonly item: JobItem }[]>
  /** Jobs with unsettled outcomes, the oldest first. */
  unsettledJobs(source: string | null): Promise<readonly Job[]>
  /** Unsettled unknown outcomes of a source. */
  unsettledCount(source: string): Promise<number>
  /** By source. */
  outcomeTotals(): Promise<readonly OutcomeTotals[]>
  /** Newest first. */
  deeds(source: string, id: string): Promise<readonly MessageDeed[]>
}

export interface DecisionStore {
  /** Writes decisions in state `intended`. */
  intend(decisions: readonly Decision[], entry: JournalDraft): Promise<void>
  moveDecisions(
    moves: readonly {
      readonly decision: string
      readonly from: DecisionState
      readonly to: DecisionState
      readonly appliedVersion?: string
      readonly before?: string
    }[],
    entry: JournalDraft,
  ): Promise<void>
  /** The entry that an undo is about to happen; states do not move. */
  intendUndo(entry: JournalDraft): Promise<void>
  decision(id: string): Promise<Decision | null>
  /** Decisions still `intended`: a process died between the entry and the update. */
  intended(): Promise<readonly Decision[]>
  /** Newest first, for the undo list. */
  recent(source: string, limit: number): Promise<readonly Decision[]>
}
