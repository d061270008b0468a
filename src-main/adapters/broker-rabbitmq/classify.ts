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

/** AMQP reply codes, of a channel or a connection that the broker closed. */
const REPLIES: ReadonlyMap<number, readonly [ErrorCode, Retry]> = new Map([
  [311, ['message-too-large', 'never']],
  [320, ['connection-lost', 'later']],
  [403, ['permission-denied', 'never']],
  [404, ['exchange-missing', 'never']],
  [405, ['broker-refused', 'later']],
  [406, ['broker-refused', 'never']],
  [530, ['permission-denied', 'never']],
])

/** Words of amqplib during the handshake: it keeps the reply code of the broker to itself. */
const WORDS: readonly (readonly [RegExp, ErrorCode, Retry])[] = [
  [/\b403 \(ACCESS[-_]REFUSED\)/i, 'auth-failed', 'never'],
  [/^SASL mechanism .* is not provided/, 'auth-failed', 'never'],
  // The broker's answer to "open this virtual host" was "close": it does not exist, or not for this user.
  [/^Expected ConnectionOpenOk; got <ConnectionClose/, 'vhost-unknown', 'never'],
  // Something answers that speaks another protocol.
  [/^(Frame size|Invalid frame|Unexpected frame|Expected ConnectionStart)/, 'broker-failed', 'never'],
  [/Heartbeat timeout|Unexpected close|Socket closed abruptly|Connection closed/, 'connection-lost', 'later'],
  [/ETIMEDOUT/, 'host-unreachable', 'later'],
  [/[Cc]hannel (closed|closing|ended)/, 'channel-closed', 'later'],
]

/**
 * Every error of the client or the broker as a RedriveError. `connecting` says that nothing was established yet: a reset
 * then means that the host is not reachable, afterwards that the connection was lost.
 */
export function classify(error: unknown, detail: ErrorDetail, connecting: boolean): RedriveError {
  if (error instanceof RedriveError) return error
  const reason = reasonOf(error)
  const [code, retry] = judge(error, reason, connecting)
  return new RedriveError(code, retry, { ...detail, reason }, { cause: error })
}

function judge(error: unknown, reason: string, connecting: boolean): readonly [ErrorCode, Retry] {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'number') return REPLIES.get(code) ?? ['broker-failed', 'later']
  if (typeof code === 'string') {
    if (TLS_CODE.test(code)) return ['tls-failed', 'never']
    if (UNREACHABLE.has(code)) return [connecting ? 'host-unreachable' : 'connection-lost', 'later']
  }
  const words = WORDS.find(([pattern]) => pattern.test(reason))
  return words === undefined ? ['broker-failed', 'later'] : [words[1], words[2]]
}

/** The words of an error. Where several addresses were tried, Node's own message is empty. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ')
  if (error instanceof Error) return error.message.trim()
  return typeof error === 'string' ? error : inspect(error)
}
