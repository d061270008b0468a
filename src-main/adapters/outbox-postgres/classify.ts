import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode, ErrorDetail, Retry } from '../../domain/errors.ts'

/** What was being done when the error came. */
export interface Circumstances {
  /** `write`: a statement that changes rows may have reached the server. */
  readonly during: 'connect' | 'read' | 'write'
  /** The operator cancelled. */
  readonly cancelled: boolean
  /** Names that an operator may see: host, port, database, user. Never the password. */
  readonly detail: ErrorDetail
}

type Verdict = readonly [ErrorCode, Retry]

const BY_SQLSTATE: Readonly<Record<string, Verdict>> = {
  '28P01': ['auth-failed', 'never'],
  '28000': ['auth-failed', 'never'],
  '3D000': ['database-unknown', 'never'],
  '42501': ['permission-denied', 'never'],
  '53300': ['too-many-connections', 'later'],
  '53400': ['too-many-connections', 'later'],
  '57014': ['query-timeout', 'later'],
  '55P03': ['query-timeout', 'later'],
  '40P01': ['query-timeout', 'later'],
  '40001': ['query-timeout', 'later'],
  '25006': ['source-is-standby', 'never'],
  '42P01': ['table-missing', 'never'],
  '3F000': ['table-missing', 'never'],
  '42703': ['column-missing', 'never'],
}

/** The server ended the session: nothing tells whether a COMMIT in flight was carried out. */
const SESSION_ENDED = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'])

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOENT',
  'EACCES',
])

const TLS_CODE =
  /^(ERR_(TLS|SSL|OSSL)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_INVALID_CERT|HOSTNAME_MISMATCH)/
const TLS_TEXT = /SSL|TLS|certificate/i
const PASSWORD_TEXT = /^SASL|password/i

/** Every error of the driver, the network and the server as what the caller must do. Total: never throws. */
export function classify(error: unknown, circumstances: Circumstances): RedriveError {
  if (error instanceof RedriveError) return error
  const { during, detail } = circumstances
  const { code, message, cause } = facts(error)
  const [errorCode, retry] = verdict(code, message, circumstances)
  const about = {
    ...namesIn(errorCode, message),
    ...detail,
    ...(code === '' ? {} : { sqlstate: code }),
    reason: message || cause,
    during,
  }
  return new RedriveError(errorCode, retry, about, { cause: error })
}

/** PostgreSQL quotes the name that it did not find. */
function namesIn(code: ErrorCode, message: string): ErrorDetail {
  const name = /"([^"]+)"/.exec(message)?.[1] ?? message
  if (code === 'table-missing') return { table: name }
  return code === 'column-missing' ? { columns: name } : {}
}

function verdict(code: string, message: string, { during, cancelled }: Circumstances): Verdict {
  if (cancelled && code === '57014') return ['cancelled', 'later']
  const known = BY_SQLSTATE[code]
  if (known !== undefined) return known
  if (during === 'connect') return connectVerdict(code, message)
  // A SQLSTATE of another kind is the server's answer: the statement was refused and rolled back.
  if (/^[0-9A-Z]{5}$/.test(code) && !SESSION_ENDED.has(code) && !code.startsWith('08')) {
    return ['query-failed', code.startsWith('53') ? 'later' : 'never']
  }
  if (cancelled && during === 'read') return ['cancelled', 'later']
  return ['connection-lost', during === 'write' ? 'unknown-effect' : 'later']
}

function connectVerdict(code: string, message: string): Verdict {
  if (UNREACHABLE.has(code)) return ['host-unreachable', 'later']
  if (TLS_CODE.test(code)) return ['tls-failed', 'never']
  if (/^[0-9A-Z]{5}$/.test(code)) return serverRefusal(code, message)
  if (PASSWORD_TEXT.test(message)) return ['auth-failed', 'never']
  if (TLS_TEXT.test(message)) return ['tls-failed', 'never']
  if (/timeout/i.test(message)) return ['host-unreachable', 'later']
  return ['connection-lost', 'later']
}

/** Refused by the server or by a pooler in front of it, which has one SQLSTATE (08P01) for everything. */
function serverRefusal(code: string, message: string): Verdict {
  if (/no such database|database .* does not exist/i.test(message)) return ['database-unknown', 'never']
  if (/no such user|auth/i.test(message)) return ['auth-failed', 'never']
  if (/no more connections|too many/i.test(message)) return ['too-many-connections', 'later']
  if (TLS_TEXT.test(message)) return ['tls-failed', 'never']
  return ['connection-lost', code === '08P01' ? 'never' : 'later']
}

function facts(error: unknown): { code: string; message: string; cause: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error), cause: '' }
  // Several addresses of one name: each has its own error, the first one is as good as any.
  const nested = error instanceof AggregateError ? (error.errors[0] as unknown) : error.cause
  const inner = nested instanceof Error ? nested : undefined
  const code = codeOf(error) || codeOf(inner)
  return { code, message: error.message || inner?.message || '', cause: inner?.message ?? '' }
}

function codeOf(error: Error | undefined): string {
  if (error === undefined || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
