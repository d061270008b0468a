import { inspect } from 'node:util'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode, ErrorDetail, Retry } from '../../domain/errors.ts'

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'EPIPE',
])

const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO$)/

/** Names of the protocol's errors, as kafkajs spells them. */
const TYPES: ReadonlyMap<string, readonly [ErrorCode, Retry]> = new Map([
  ['SASL_AUTHENTICATION_FAILED', ['auth-failed', 'never']],
  ['UNSUPPORTED_SASL_MECHANISM', ['auth-failed', 'never']],
  ['ILLEGAL_SASL_STATE', ['auth-failed', 'never']],
  ['TOPIC_AUTHORIZATION_FAILED', ['permission-denied', 'never']],
  ['GROUP_AUTHORIZATION_FAILED', ['permission-denied', 'never']],
  ['CLUSTER_AUTHORIZATION_FAILED', ['permission-denied', 'never']],
  ['UNKNOWN_TOPIC_OR_PARTITION', ['topic-missing', 'never']],
  ['INVALID_TOPIC_EXCEPTION', ['topic-missing', 'never']],
])

/**
 * Every error of the client or the cluster as a RedriveError. `connecting` says that nothing was established yet: a reset
 * then means that the host is not reachable, afterwards that the connection was lost.
 */
export function classify(error: unknown, detail: ErrorDetail, connecting: boolean): RedriveError {
  if (error instanceof RedriveError) return error
  const inner = innermost(error)
  const [code, retry] = judge(inner, connecting)
  return new RedriveError(code, retry, { ...detail, reason: reasonOf(inner) }, { cause: error })
}

function judge(error: unknown, connecting: boolean): readonly [ErrorCode, Retry] {
  if (!(error instanceof Error)) return ['broker-failed', 'later']
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code === 'string') {
    if (TLS_CODE.test(code)) return ['tls-failed', 'never']
    if (UNREACHABLE.has(code)) return [connecting ? 'host-unreachable' : 'connection-lost', 'later']
  }
  const known = 'type' in error && typeof error.type === 'string' ? TYPES.get(error.type) : undefined
  if (known !== undefined) return known
  if (error.name === 'KafkaJSSASLAuthenticationError') return ['auth-failed', 'never']
  // What a certificate's name does not fit has no code by the time kafkajs has wrapped it.
  if (/certificate|altnames/i.test(error.message)) return ['tls-failed', 'never']
  if (/^KafkaJS(Connection|RequestTimeout)/.test(error.name))
    return [connecting ? 'host-unreachable' : 'connection-lost', 'later']
  return ['broker-failed', 'later']
}

/** kafkajs wraps what happened in what it did about it. */
function innermost(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && inner.name.startsWith('KafkaJS') && inner.cause instanceof Error)
    inner = inner.cause
  return inner
}

/** The words of an error. Where several addresses were tried, Node's own message is empty. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ')
  if (error instanceof Error) return error.message.trim()
  return typeof error === 'string' ? error : inspect(error)
}
