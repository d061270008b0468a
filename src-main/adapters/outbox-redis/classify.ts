import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode, ErrorDetail, Retry } from '../../domain/errors.ts'

export interface Circumstances {
  /** `write`: whether a script was carried out only its answer tells. */
  readonly during: 'connect' | 'read' | 'write'
  readonly detail: ErrorDetail
}

type Verdict = readonly [ErrorCode, Retry]

/** By the first word of what the server answers: then the server has done nothing. */
const BY_WORD: Readonly<Record<string, Verdict>> = {
  NOAUTH: ['auth-failed', 'never'],
  WRONGPASS: ['auth-failed', 'never'],
  NOPERM: ['permission-denied', 'never'],
  // A server that is no primary any more: whoever leads to it soon leads to another one.
  READONLY: ['connection-lost', 'later'],
  LOADING: ['connection-lost', 'later'],
  MASTERDOWN: ['connection-lost', 'later'],
  CLUSTERDOWN: ['connection-lost', 'later'],
  TRYAGAIN: ['connection-lost', 'later'],
  UNBLOCKED: ['connection-lost', 'later'],
  OOM: ['query-failed', 'later'],
  MISCONF: ['query-failed', 'later'],
  NOREPLICAS: ['query-failed', 'later'],
  BUSY: ['query-timeout', 'later'],
  NOSCRIPT: ['query-failed', 'later'],
  WRONGTYPE: ['table-missing', 'never'],
}

const UNREACHABLE =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|All sentinels are unreachable|Failed to refresh slots/
const TLS = /certificate|self.signed|SSL|TLS|ERR_TLS|altnames/i
const CONNECTION =
  /Connection is closed|Connection is (in|not)|ECONN|EPIPE|ETIMEDOUT|timed out|max retries|Stream isn't writeable|ended|closed|None of startup nodes/i

/** Every error of the client, the network and the server as what the caller must do. Total: never throws. */
export function classify(error: unknown, { during, detail }: Circumstances): RedriveError {
  if (error instanceof RedriveError) return error
  const message = messageOf(error)
  const [code, retry] = verdict(message, during)
  return new RedriveError(code, retry, { ...detail, reason: message, during }, { cause: error })
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const last =
    'lastNodeError' in error && error.lastNodeError instanceof Error ? `: ${error.lastNodeError.message}` : ''
  return `${error.message}${last}`
}

function verdict(message: string, during: Circumstances['during']): Verdict {
  const known = BY_WORD[/^[A-Z]+/.exec(message)?.[0] ?? '']
  if (known !== undefined) return known
  if (/invalid (username-)?password|AUTH/.test(message)) return ['auth-failed', 'never']
  if (/DB index|out of range/.test(message)) return ['database-unknown', 'never']
  if (during === 'connect' && TLS.test(message)) return ['tls-failed', 'never']
  if (during === 'connect' && UNREACHABLE.test(message)) return ['host-unreachable', 'later']
  if (UNREACHABLE.test(message) || CONNECTION.test(message))
    return ['connection-lost', during === 'write' ? 'unknown-effect' : 'later']
  return ['query-failed', during === 'write' ? 'unknown-effect' : 'never']
}
