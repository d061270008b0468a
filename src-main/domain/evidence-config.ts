import type { SecretRef, TlsOptions } from './access.ts'
import type { IdPlace } from './id-place.ts'
import type { ColumnForms } from './mapping/mapping.ts'
import type { MappingPredicate } from './mapping/values.ts'

/** Where the receiver of a source's messages writes down what it has consumed, where that is not a companion of the mapping. */
export type EvidenceConfig = TableEvidence | LogEvidence

/**
 * A table in the outbox's database, in that of another source (`source`), or in one of its own (`url`), whose scheme says what
 * server it is.
 */
export interface TableEvidence {
  readonly source?: string
  readonly url?: string
  readonly password?: SecretRef
  readonly tls?: TlsOptions
  readonly table: string
  /** Column with the message id as it was sent. */
  readonly messageId: string
  /** Column with the time of consumption. */
  readonly processedAt?: string
  /** Only these rows speak of this outbox's messages; of a table that many receivers share, those of one. */
  readonly scope?: MappingPredicate
  /** A row that was consumed. Absent: that it is there is the proof. */
  readonly processed?: MappingPredicate
  /** How columns are written whose type does not say it. */
  readonly columns?: ColumnForms
  /** Seconds for which a proof is kept; null: nothing removes it. */
  readonly retentionSec: number | null
  /** The receiver's position in each chain, in the same database. */
  readonly positions?: { readonly table: string; readonly chain: string; readonly position: string }
}

/** A log to which the receiver publishes a record for each message that it has consumed. */
export interface LogEvidence {
  /** Of the workspace. */
  readonly broker: string
  /** A topic of Kafka, or a stream of RabbitMQ. */
  readonly log: string
  /** Where a record says which message it is about; `key`: that of the record. Absent: as `IdPlace` says. */
  readonly messageId?: IdPlace | 'key'
  /** Seconds for which a record is kept; null: nothing removes it. */
  readonly retentionSec: number | null
}

export function isLog(evidence: EvidenceConfig): evidence is LogEvidence {
  return 'log' in evidence
}
