import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail, Retry } from '../../domain/errors.ts'

/** With a digit: EPIPE is the socket's. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/
/** The server ended the session, or does not take one now: nothing of an open transaction is left. */
const SESSION_ENDED: ReadonlySet<string> = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  '25P04',
  '53300',
])
/** Another transaction was in the way. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['55P03', '57014', '40001', '40P01'])
/** Log-in, TLS and names: nobody helps by asking again. */
const REFUSED = /^(28|3D|42)/
/** What the socket says. */
const SOCKET = /^(E(CONN|PIPE|TIMEDOUT|NETUNREACH|HOSTUNREACH|HOSTDOWN|NOTFOUND|AI_AGAIN)|UND_ERR)/
/** What the driver says without a code: of a connection that ended, and of a wait that did. */
const DRIVER_TEXT = /connection terminated|not queryable|read timeout|timeout (expired|exceeded)/i

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}

/** The connection is gone, or was never there. Before a COMMIT was sent nothing has happened then. */
export function isLost(error: unknown): boolean {
  if (error instanceof RedriveError || !(error instanceof Error)) return false
  const code = codeOf(error)
  if (SQLSTATE.test(code)) return code.startsWith('08') || SESSION_ENDED.has(code)
  return SOCKET.test(code) || DRIVER_TEXT.test(error.message)
}

/** The same may succeed in a moment, and nothing of it has happened. */
export function isPassing(error: unknown): boolean {
  return isLost(error) || ['40001', '40P01'].includes(codeOf(error))
}

function retryOf(error: unknown): Retry {
  const code = codeOf(error)
  if (REFUSED.test(code)) return 'never'
  return isLost(error) || IN_THE_WAY.has(code) || code.startsWith('53') ? 'later' : 'never'
}

/** Every error that is not one of ours is the store's. */
export function classify(error: unknown, path: string): RedriveError {
  if (error instanceof RedriveError) return error
  const code = codeOf(error)
  // Several addresses of one name: each has its own error, the first one is as good as any.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const said = first instanceof Error ? first.message : String(first)
  const problem = said === '' ? code : said
  const detail: ErrorDetail = SQLSTATE.test(code) ? { path, problem, sqlstate: code } : { path, problem }
  return new RedriveError('store-failed', retryOf(error), detail, { cause: error })
}

/** Whether a write is there could not be found out. */
export function undecided(path: string, cause: unknown): RedriveError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new RedriveError('store-undecided', 'unknown-effect', { path, problem }, { cause })
}
