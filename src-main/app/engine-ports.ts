import type { EditPorts } from './edit/edit-messages.ts'
import type { Acting } from '../ports/acting.ts'
import type { AlertStore } from '../ports/alert-store.ts'
import type { AuditStore, AuditWatchStore } from '../ports/audit-store.ts'
import type { SourceConfig } from '../domain/workspace.ts'
import type { ConfirmationStore } from '../ports/confirmations.ts'
import type { CallbackStore } from '../ports/callback-store.ts'
import type { ApprovalStore, Deeds } from '../ports/guard-store.ts'
import type { Drivers } from '../ports/drivers.ts'
import type { DecisionStore, JobReader, JobStore } from '../ports/job-store.ts'
import type { Journal } from '../ports/journal.ts'
import type { Layouts } from '../ports/layouts.ts'
import type { Loads } from '../ports/load.ts'
import type { MappingTexts } from '../ports/mapping-texts.ts'
import type { OpenSurvey } from '../ports/survey.ts'
import type { OperatorStore } from '../ports/operator-store.ts'
import type { RecordLedger } from '../ports/record-ledger.ts'
import type { CheckRunStore, HalfStore } from '../ports/half-store.ts'
import type { SampleStore } from '../ports/sample-store.ts'
import type { Signing } from '../ports/signing.ts'
import type { ServiceCalls } from '../ports/service-calls.ts'
import type { SweepStore } from '../ports/sweep-store.ts'
import type { UpstreamStore } from '../ports/upstream-store.ts'
import type { NoteStore, ViewStore } from '../ports/triage-store.ts'
import type { Clock, Ids, Log, Processes, Secrets, WorkspaceStore } from '../ports/surroundings.ts'

/** Rows that one claim, one group of intents and one bulk mark hold. */
export const RESEND_BATCH = 1_000

/** On the way to a confirmed mapping. */
export interface MappingPorts {
  readonly layouts: Layouts
  readonly texts: MappingTexts
  readonly survey: Readonly<Record<SourceConfig['driver'], OpenSurvey>>
  readonly confirmations: ConfirmationStore
}

/** Everything outside that the engine needs. */
export interface EnginePorts extends EditPorts, Acting {
  readonly drivers: Drivers
  readonly loads: Loads
  readonly workspace: WorkspaceStore
  readonly secrets: Secrets
  readonly jobStore: JobStore
  readonly jobReader: JobReader
  readonly decisionStore: DecisionStore
  readonly journal: Journal
  readonly signing: Signing
  readonly sweepStore: SweepStore
  readonly checkRunStore: CheckRunStore
  readonly halfStore: HalfStore
  readonly serviceCalls: ServiceCalls
  readonly mapping: MappingPorts
  readonly auditStore: AuditStore
  readonly auditWatches: AuditWatchStore
  readonly recordLedger: RecordLedger
  readonly upstream: UpstreamStore
  readonly samples: SampleStore
  readonly alerts: AlertStore
  readonly noteStore: NoteStore
  readonly viewStore: ViewStore
  readonly approvals: ApprovalStore
  readonly operators: OperatorStore
  readonly deeds: Deeds
  /** Opened when it is first asked for: most machines run no callback service. */
  readonly callbackStore: () => Promise<CallbackStore>
  readonly clock: Clock
  readonly ids: Ids
  /** From 0 to 1. */
  readonly random: () => number
  /** 32 random bytes as text: whoever has it is let in. */
  readonly freshSecret: () => string
  readonly processes: Processes
  readonly log: Log
  /** RESEND_BATCH but in tests, which want many small steps. */
  readonly batch: number
  /** AWAY_MS_MAX but in tests, which have less patience. Milliseconds. */
  readonly awayMsMax: number
}
