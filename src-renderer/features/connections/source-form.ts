import { sourceDrivers } from '../../../src-preload/contract/connections.ts'
import type {
  SourceConnection,
  SourceDraft,
  SourceDriver,
} from '../../../src-preload/contract/connections.ts'
import type { Environment } from '../../../src-preload/contract/base.ts'
import { writeAddress } from './address.ts'
import { addressOf, emptyFields, fieldsOf, passwordOf, problemsOf, tlsOf } from './connection-form.ts'
import type { ConnectionFields, Problems } from './connection-form.ts'
import { evidenceDraftOf, evidenceFieldsOf, evidenceProblems } from './evidence-form.ts'
import type { EvidenceFields } from './evidence-form.ts'

export interface SourceFields extends ConnectionFields {
  kind: SourceDriver
  environment: Environment
  table: string
  profile: string
  /** Empty: look only. */
  deliverTo: string
  stuckAfterSec: number | null
  maxAttempts: number | null
  /** Null: a form cannot say it. */
  evidence: EvidenceFields | null
}

const STUCK_AFTER_SEC_DEFAULT = 300
const ATTEMPTS_DEFAULT = 3
const STUCK_AFTER_SEC_MAX = 31_536_000
const ATTEMPTS_MAX = 1_000
export const PROFILES = ['auto', 'redrive-reference'] as const
export const SOURCE_KINDS = sourceDrivers
/** The reference table, as each kind of server names it. */
const REFERENCE_TABLES: Readonly<Record<SourceDriver, string>> = {
  postgres: 'public.outbox_message',
  mysql: 'outbox_message',
}

export function emptySource(onlyBroker: string | null): SourceFields {
  return {
    ...emptyFields('postgres'),
    kind: 'postgres',
    environment: 'development',
    table: REFERENCE_TABLES.postgres,
    profile: 'auto',
    deliverTo: onlyBroker ?? '',
    stuckAfterSec: STUCK_AFTER_SEC_DEFAULT,
    maxAttempts: ATTEMPTS_DEFAULT,
    evidence: evidenceFieldsOf(null),
  }
}

export function sourceFieldsOf(saved: SourceConnection): SourceFields {
  return {
    ...fieldsOf(saved.driver, saved),
    kind: saved.driver,
    environment: saved.environment,
    table: saved.table,
    profile: saved.profile,
    deliverTo: saved.deliverTo ?? '',
    stuckAfterSec: saved.stuckAfterSec,
    maxAttempts: saved.maxAttempts,
    evidence: saved.evidence === undefined ? null : evidenceFieldsOf(saved.evidence),
  }
}

/** Another kind of server; a table that nobody has named yet is the one that is usual there. */
export function ofKind(fields: SourceFields, kind: SourceDriver): SourceFields {
  const unnamed = fields.table.trim() === REFERENCE_TABLES[fields.kind]
  return { ...fields, kind, table: unnamed ? REFERENCE_TABLES[kind] : fields.table }
}

export function tableExample(kind: SourceDriver): string {
  return REFERENCE_TABLES[kind]
}

function within(value: number | null, max: number): boolean {
  return value !== null && Number.isInteger(value) && value >= 1 && value <= max
}

export function sourceProblems(fields: SourceFields): Problems {
  const problems = problemsOf(fields.kind, fields)
  if (fields.table.trim() === '') problems['table'] = 'required'
  if (fields.profile.trim() === '') problems['profile'] = 'required'
  if (!within(fields.stuckAfterSec, STUCK_AFTER_SEC_MAX)) problems['stuckAfterSec'] = 'whole'
  if (!within(fields.maxAttempts, ATTEMPTS_MAX)) problems['maxAttempts'] = 'whole'
  return fields.evidence === null ? problems : { ...problems, ...evidenceProblems(fields.evidence) }
}

/** The draft of fields without problems. */
export function sourceDraftOf(fields: SourceFields): SourceDraft {
  return {
    driver: fields.kind,
    url: writeAddress(fields.kind, addressOf(fields.kind, fields)),
    password: passwordOf(fields),
    tls: tlsOf(fields),
    environment: fields.environment,
    table: fields.table.trim(),
    profile: fields.profile.trim(),
    deliverTo: fields.deliverTo === '' ? null : fields.deliverTo,
    stuckAfterSec: fields.stuckAfterSec ?? STUCK_AFTER_SEC_DEFAULT,
    maxAttempts: fields.maxAttempts ?? ATTEMPTS_DEFAULT,
    ...(fields.evidence === null ? {} : { evidence: evidenceDraftOf(fields.evidence) }),
  }
}
