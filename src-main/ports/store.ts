import type { RedriveError } from '../domain/errors.ts'
import type { AlertStore } from './alert-store.ts'
import type { AuditStore, AuditWatchStore } from './audit-store.ts'
import type { ConfirmationStore } from './confirmations.ts'
import type { ApprovalStore, Deeds } from './guard-store.ts'
import type { Journal } from './journal.ts'
import type { RecordLedger } from './record-ledger.ts'
import type { OperatorStore } from './operator-store.ts'
import type { DecisionStore, JobReader, JobStore } from './job-store.ts'
import type { CheckRunStore, HalfStore } from './half-store.ts'
import type { LeaseStore } from './leases.ts'
import type { SampleStore } from './sample-store.ts'
import type { SweepStore } from './sweep-store.ts'
import type { NoteStore, ViewStore } from './triage-store.ts'
import type { UpstreamStore } from './upstream-store.ts'

/** Everything durable of one console, or of a team: whoever opens it gets all of its ports. */
export interface Store {
  readonly jobs: JobStore
  readonly jobReader: JobReader
  readonly decisions: DecisionStore
  readonly journal: Journal
  readonly sweeps: SweepStore
  readonly checkRuns: CheckRunStore
  readonly halfMessages: HalfStore
  readonly confirmations: ConfirmationStore
  readonly audits: AuditStore
  readonly auditWatches: AuditWatchStore
  readonly recordLedger: RecordLedger
  readonly upstream: UpstreamStore
  readonly samples: SampleStore
  readonly alerts: AlertStore
  readonly notes: NoteStore
  readonly views: ViewStore
  readonly approvals: ApprovalStore
  readonly operators: OperatorStore
  readonly deeds: Deeds
  /** Where it can only be looked at: what every change is refused with. */
  readonly refusal: RedriveError | null
  /** Null: one machine has it for itself, and looks at its processes. */
  readonly leases: LeaseStore | null
  close(): Promise<void>
}
