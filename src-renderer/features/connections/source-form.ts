import { sourceDrivers } from '../../../src-preload/contract/connections.ts'
import type {
  SourceConnection,
  SourceDraft,
  SourceDriver,
} from '../../../src-preload/contract/connections.ts'
import type { Environment } from '../../../src-preload/contract/base.ts'
import { readAddress, writeAddress } from './address.ts'
import { addressOf, emptyFields, fieldsOf, passwordOf, problemsOf, tlsOf } from './connection-form.ts'
import type { ConnectionFields, Problems } from './connection-form.ts'
import { evidenceDraftOf, evidenceFieldsOf, evidenceProblems } from './evidence-form.ts'
import type { EvidenceFields } from './evidence-form.ts'

export interface SourceFields extends ConnectionFields {
  kind: SourceDriver
  environment: Environment
  table: string
  profile: string
  /** Address of a standby for audits; empty: none. */
  replica: string
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
const REDIS_PROFILES = [
  'redis-hash',
  'redis-json',
  'redis-fields',
  'redis-stream',
  'redis-sorted-set',
] as const

/** Names of layouts that are offered. */
export function profilesOf(kind: SourceDriver): readonly string[] {
  return kind === 'redis' ? ['auto', ...REDIS_PROFILES] : ['auto', 'redrive-reference']
}
export const SOURCE_KINDS = sourceDrivers
/** The reference table, as each kind of server names it. */
const REFERENCE_TABLES: Readonly<Record<SourceDriver, string>> = {
  postgres: 'public.outbox_message',
  mysql: 'outbox_message',
  sqlite: 'outbox_message',
  redis: 'orders:staged:*',
}
/** Where nobody asks for a password: a file has none, and most servers of Redis trust their neighbours. */
const WITHOUT_PASSWORD: ReadonlySet<SourceDriver> = new Set(['sqlite', 'redis'])

export function emptySource(onlyBroker: string | null): SourceFields {
  return {
    ...emptyFields('postgres'),
    kind: 'postgres',
    environment: 'development',
    table: REFERENCE_TABLES.postgres,
    profile: 'auto',
    replica: '',
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
    replica: saved.replica ?? '',
    deliverTo: saved.deliverTo ?? '',
    stuckAfterSec: saved.stuckAfterSec,
    maxAttempts: saved.maxAttempts,
    evidence: saved.evidence === undefined ? null : evidenceFieldsOf(saved.evidence),
  }
}

/** Another kind of server; a table that nobody has named yet is the one that is usual there. */
export function ofKind(fields: SourceFields, kind: SourceDriver): SourceFields {
  const unnamed = fields.table.trim() === REFERENCE_TABLES[fields.kind]
  const unasked = fields.passwordChoice === 'typed' && fields.passwordValue === ''
  return {
    ...fields,
    kind,
    table: unnamed ? REFERENCE_TABLES[kind] : fields.table,
    passwordChoice:
      WITHOUT_PASSWORD.has(kind) && unasked
        ? 'none'
        : fields.passwordChoice === 'none' && WITHOUT_PASSWORD.has(fields.kind)
          ? 'typed'
          : fields.passwordChoice,
  }
}

export function tableExample(kind: SourceDriver): string {
  return REFERENCE_TABLES[kind]
}

function within(value: number | null, max: number): boolean {
  return value !== null && Number.isInteger(value) && value >= 1 && value <= max
}

/** Without a password: that is the source's, or stands in the workspace file. */
function isReplicaAddress(text: string): boolean {
  if (text === '') return true
  const read = readAddress('postgres', text)
  if (read === null || read.password !== null) return false
  const { host, user, path } = read.address
  return host !== '' && user !== '' && path !== ''
}

export function sourceProblems(fields: SourceFields): Problems {
  const problems = problemsOf(fields.kind, fields)
  if (fields.table.trim() === '') problems['table'] = 'required'
  if (fields.kind === 'postgres' && !isReplicaAddress(fields.replica.trim())) problems['replica'] = 'replica'
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
    password: fields.kind === 'sqlite' ? { kind: 'none' } : passwordOf(fields),
    tls: fields.kind === 'sqlite' ? { mode: 'disable' } : tlsOf(fields),
    environment: fields.environment,
    table: fields.table.trim(),
    profile: fields.profile.trim(),
    replica: fields.kind === 'postgres' && fields.replica.trim() !== '' ? fields.replica.trim() : null,
    deliverTo: fields.deliverTo === '' ? null : fields.deliverTo,
    stuckAfterSec: fields.stuckAfterSec ?? STUCK_AFTER_SEC_DEFAULT,
    maxAttempts: fields.maxAttempts ?? ATTEMPTS_DEFAULT,
    ...(fields.evidence === null ? {} : { evidence: evidenceDraftOf(fields.evidence) }),
  }
}
