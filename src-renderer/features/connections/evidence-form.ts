import type { EvidenceDraft } from '../../../src-preload/contract/connections.ts'
import type { Problems } from './connection-form.ts'

/** Where the receiver writes down what it has consumed. Without a table there is no evidence. */
export interface EvidenceFields {
  table: string
  /** Empty: the outbox's own database. */
  source: string
  messageId: string
  /** Empty: there is none. */
  processedAt: string
  /** Null: nothing removes a row. */
  retentionHours: number | null
}

const HOUR_SEC = 3_600
const RETENTION_HOURS_MAX = 1_000_000

export function evidenceFieldsOf(saved: EvidenceDraft | null): EvidenceFields {
  return {
    table: saved?.table ?? '',
    source: saved?.source ?? '',
    messageId: saved?.messageId ?? 'message_id',
    processedAt: saved?.processedAt ?? '',
    retentionHours: saved === null || saved.retentionSec === null ? null : saved.retentionSec / HOUR_SEC,
  }
}

export function evidenceProblems({ table, messageId, retentionHours }: EvidenceFields): Problems {
  const problems: Problems = {}
  if (table.trim() === '') return problems
  if (messageId.trim() === '') problems['evidenceId'] = 'required'
  const hours = retentionHours ?? 1
  if (hours <= 0 || hours > RETENTION_HOURS_MAX) problems['retention'] = 'whole'
  return problems
}

export function evidenceDraftOf(fields: EvidenceFields): EvidenceDraft | null {
  const { table, source, messageId, processedAt, retentionHours } = fields
  if (table.trim() === '') return null
  return {
    source: source === '' ? null : source,
    table: table.trim(),
    messageId: messageId.trim(),
    processedAt: processedAt.trim() === '' ? null : processedAt.trim(),
    retentionSec: retentionHours === null ? null : Math.max(1, Math.round(retentionHours * HOUR_SEC)),
  }
}
