import type { EvidenceDraft } from '../../../src-preload/contract/connections.ts'
import type { Problems } from './connection-form.ts'

/** What proves that a message was consumed. */
export const proofKinds = ['none', 'table', 'log'] as const
export type ProofKind = (typeof proofKinds)[number]

/** Where a record of a log says which message it is about. */
export const idPlaces = ['usual', 'key', 'header', 'pointer'] as const
export type IdPlaceKind = (typeof idPlaces)[number]

/** Where the receiver writes down what it has consumed. What belongs to another kind stays as it was typed. */
export interface EvidenceFields {
  kind: ProofKind
  table: string
  /** Empty: the outbox's own database. */
  source: string
  messageId: string
  /** Empty: there is none. */
  processedAt: string
  broker: string
  /** Topic or stream. */
  log: string
  idPlace: IdPlaceKind
  /** Of a header, or a JSON pointer. */
  idName: string
  /** Null: nothing removes a proof. */
  retentionHours: number | null
}

const HOUR_SEC = 3_600
const RETENTION_HOURS_MAX = 1_000_000
const POINTER = /^(\/[^/]*)+$/

export function evidenceFieldsOf(saved: EvidenceDraft | null): EvidenceFields {
  const empty: EvidenceFields = {
    kind: 'none',
    table: '',
    source: '',
    messageId: 'message_id',
    processedAt: '',
    broker: '',
    log: '',
    idPlace: 'usual',
    idName: '',
    retentionHours: null,
  }
  if (saved === null) return empty
  const kept = { retentionHours: saved.retentionSec === null ? null : saved.retentionSec / HOUR_SEC }
  if ('log' in saved) {
    const { broker, log, messageId } = saved
    return { ...empty, ...kept, kind: 'log', broker, log, ...idFieldsOf(messageId) }
  }
  const { table, source, messageId, processedAt } = saved
  return {
    ...empty,
    ...kept,
    kind: 'table',
    table,
    source: source ?? '',
    messageId,
    processedAt: processedAt ?? '',
  }
}

type LogDraft = Extract<EvidenceDraft, { log: string }>

function idFieldsOf(place: LogDraft['messageId']): Pick<EvidenceFields, 'idPlace' | 'idName'> {
  if (place === null) return { idPlace: 'usual', idName: '' }
  if (place === 'key') return { idPlace: 'key', idName: '' }
  return 'header' in place
    ? { idPlace: 'header', idName: place.header }
    : { idPlace: 'pointer', idName: place.pointer }
}

function idPlaceOf({ idPlace, idName }: EvidenceFields): LogDraft['messageId'] {
  if (idPlace === 'usual') return null
  if (idPlace === 'key') return 'key'
  return idPlace === 'header' ? { header: idName.trim() } : { pointer: idName.trim() }
}

export function evidenceProblems(fields: EvidenceFields): Problems {
  const problems: Problems = {}
  if (fields.kind === 'none') return problems
  const needed = (name: string, value: string): void => {
    if (value.trim() === '') problems[name] = 'required'
  }
  if (fields.kind === 'table') {
    needed('evidenceTable', fields.table)
    needed('evidenceId', fields.messageId)
  } else {
    needed('evidenceBroker', fields.broker)
    needed('evidenceLog', fields.log)
    if (fields.idPlace === 'header') needed('evidenceIdName', fields.idName)
    if (fields.idPlace === 'pointer' && !POINTER.test(fields.idName.trim()))
      problems['evidenceIdName'] = 'pointer'
  }
  const hours = fields.retentionHours ?? 1
  if (hours <= 0 || hours > RETENTION_HOURS_MAX) problems['retention'] = 'whole'
  return problems
}

export function evidenceDraftOf(fields: EvidenceFields): EvidenceDraft | null {
  const { kind, table, source, messageId, processedAt, broker, log, retentionHours } = fields
  if (kind === 'none') return null
  const retentionSec = retentionHours === null ? null : Math.max(1, Math.round(retentionHours * HOUR_SEC))
  if (kind === 'log') return { broker, log: log.trim(), messageId: idPlaceOf(fields), retentionSec }
  return {
    source: source === '' ? null : source,
    table: table.trim(),
    messageId: messageId.trim(),
    processedAt: processedAt.trim() === '' ? null : processedAt.trim(),
    retentionSec,
  }
}
