import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode, ErrorDetail, Retry } from '../../domain/errors.ts'

/** What was being done when the error came. */
export interface Circumstances {
  /** `write`: within a transaction that was not yet told to commit. `commit`: it was, and may have. */
  readonly during: 'connect' | 'read' | 'write' | 'commit'
  /** The operator cancelled. */
  readonly cancelled: boolean
  /** Names that an operator may see: host, port, database, user. Never the password. */
  readonly detail: ErrorDetail
}

type Verdict = readonly [ErrorCode, Retry]

/** By the number that both servers give an error. */
const BY_NUMBER: Readonly<Record<number, Verdict>> = {
  1040: ['too-many-connections', 'later'],
  1203: ['too-many-connections', 'later'],
  1226: ['too-many-connections', 'later'],
  1045: ['auth-failed', 'never'],
  1130: ['auth-failed', 'never'],
  1251: ['auth-failed', 'never'],
  1698: ['auth-failed', 'never'],
  1820: ['auth-failed', 'never'],
  1862: ['auth-failed', 'never'],
  1049: ['database-unknown', 'never'],
  1044: ['permission-denied', 'never'],
  1142: ['permission-denied', 'never'],
  1143: ['permission-denied', 'never'],
  1227: ['permission-denied', 'never'],
  1345: ['permission-denied', 'never'],
  1370: ['permission-denied', 'never'],
  1205: ['query-timeout', 'later'],
  1213: ['query-timeout', 'later'],
  1317: ['query-timeout', 'later'],
  1969: ['query-timeout', 'later'],
  3024: ['query-timeout', 'later'],
  3572: ['query-timeout', 'later'],
  1290: ['source-is-standby', 'never'],
  1836: ['source-is-standby', 'never'],
  1146: ['table-missing', 'never'],
  1054: ['column-missing', 'never'],
}

/** Interrupted: by the operator, or by a limit. */
const INTERRUPTED = new Set([1317, 1969, 3024])

/** The server ended the session, or the statement with it: nothing tells whether a COMMIT under way was carried out. */
const SESSION_ENDED = new Set([1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 4031])

/** The server has too little of something. */
const SHORT_OF = new Set([1021, 1037, 1038, 1041, 1114, 1135, 1206])

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
  /^(HANDSHAKE_(NO_SSL|SSL)|ERR_(TLS|SSL|OSSL)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_INVALID_CERT|HOSTNAME_MISMATCH)/
const TLS_TEXT = /SSL|TLS|certificate|secure transport/i
const LOGIN_CODE = /^(AUTH_SWITCH|ER_ACCESS|ER_NOT_SUPPORTED_AUTH)/

/** Every error of the driver, the network and the server as what the caller must do. Total: never throws. */
export function classify(error: unknown, circumstances: Circumstances): RedriveError {
  if (error instanceof RedriveError) return error
  const facts = factsOf(error)
  const [code, retry] = verdict(facts, circumstances)
  const { number, name, message } = facts
  const about = {
    ...namesIn(code, message),
    ...circumstances.detail,
    ...(number > 0 ? { errno: number } : name === '' ? {} : { sqlstate: name }),
    reason: message,
    during: circumstances.during,
  }
  return new RedriveError(code, retry, about, { cause: error })
}

/** MySQL quotes the name that it did not find. */
function namesIn(code: ErrorCode, message: string): ErrorDetail {
  const name = /'([^']+)'/.exec(message)?.[1] ?? message
  if (code === 'table-missing') return { table: name }
  return code === 'column-missing' ? { columns: name } : {}
}

function verdict(facts: Facts, { during, cancelled }: Circumstances): Verdict {
  const { number, name } = facts
  if (during === 'commit' && (number === 0 || SESSION_ENDED.has(number)))
    return ['connection-lost', 'unknown-effect']
  if (cancelled && INTERRUPTED.has(number)) return ['cancelled', 'later']
  if (during === 'connect' && TLS_CODE.test(name)) return ['tls-failed', 'never']
  const known = BY_NUMBER[number]
  if (known !== undefined) return known
  if (during === 'connect') return connectVerdict(facts)
  return failed(facts) ?? lost(cancelled)
}

/** Null: it was the connection. */
function failed({ number, name, message }: Facts): Verdict | null {
  if (number > 0 && !SESSION_ENDED.has(number))
    return ['query-failed', SHORT_OF.has(number) ? 'later' : 'never']
  return number === 0 && !isConnection(name, message) ? ['query-failed', 'never'] : null
}

function lost(cancelled: boolean): Verdict {
  // What was not committed is taken back by the server when its session ends.
  return cancelled ? ['cancelled', 'later'] : ['connection-lost', 'later']
}

function isConnection(name: string, message: string): boolean {
  return (
    /^(PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|ENET|EHOST|ERR_STREAM|ERR_SOCKET)/.test(name) ||
    /closed|connection|socket|packets out of order/i.test(message)
  )
}

function connectVerdict({ number, name, message }: Facts): Verdict {
  if (UNREACHABLE.has(name)) return ['host-unreachable', 'later']
  if (LOGIN_CODE.test(name)) return ['auth-failed', 'never']
  if (TLS_TEXT.test(message)) return ['tls-failed', 'never']
  if (/timeout/i.test(message)) return ['host-unreachable', 'later']
  if (number === 1129) return ['host-unreachable', 'never']
  return ['connection-lost', 'later']
}

interface Facts {
  /** 0: the error is not the server's. */
  readonly number: number
  readonly name: string
  readonly message: string
}

/** The driver gives numbers to errors of the network too, negative ones. */
function factsOf(error: unknown): Facts {
  if (!(error instanceof Error)) return { number: 0, name: '', message: String(error) }
  const nested = error instanceof AggregateError ? (error.errors[0] as unknown) : error.cause
  const inner = nested instanceof Error ? nested : undefined
  const own = fieldsOf(error)
  const name = own.name || (inner === undefined ? '' : fieldsOf(inner).name)
  return { number: own.number, name, message: error.message || inner?.message || '' }
}

function fieldsOf(error: Error): { readonly number: number; readonly name: string } {
  const number = 'errno' in error && typeof error.errno === 'number' ? Math.max(0, error.errno) : 0
  const name = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return { number, name }
}
