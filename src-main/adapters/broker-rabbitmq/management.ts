import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import type { TlsOptions } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { logIn } from '../../ports/log-in.ts'
import { tlsSocketOptions } from './address.ts'
import type { RabbitAddress } from './address.ts'
import { reasonOf } from './classify.ts'

const ANSWER_TIMEOUT_MS = 10_000
/** Of one page. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024
const OK = 200
const UNAUTHORISED = 401
const FORBIDDEN = 403
const NOT_FOUND = 404
const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO$)/

export interface ManagementOptions {
  /** http://host:port or https://, without user and password. */
  readonly url: string
  readonly address: RabbitAddress
  /** That of AMQP; asked for at each question and not kept. */
  readonly password: Password
  readonly tls: TlsOptions | undefined
}

/** What an operator may see of the question. */
type Where = ErrorDetail & { readonly user: string; readonly vhost: string }

interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * Asks the management API with GET and nothing else: there are calls of it that take messages out of queues, and none of them
 * is a GET. Throws RedriveError; what permission lacks is said as the server says it.
 */
export function askManagement(
  options: ManagementOptions,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  return logIn(options.password, isAuthFailure, () => ask(options, path, signal))
}

function isAuthFailure(error: unknown): boolean {
  return error instanceof RedriveError && error.code === 'auth-failed'
}

async function ask(options: ManagementOptions, path: string, signal: AbortSignal): Promise<unknown> {
  const { url, address } = options
  const detail = { server: new URL(url).host, user: address.user, vhost: address.vhost }
  const authorization = `Basic ${Buffer.from(`${address.user}:${await options.password()}`).toString('base64')}`
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
  const answer = await got(options, { path, authorization }, limited).catch((error: unknown) => {
    signal.throwIfAborted()
    throw broken(limited.aborted ? new Error('no answer in time') : error, detail)
  })
  const json = parsed(answer.body)
  if (answer.status !== OK) throw refused(answer.status, json, detail)
  if (json === undefined) throw absent(detail, 'the answer is not JSON')
  return json
}

function got(
  { url, tls }: ManagementOptions,
  { path, authorization }: { readonly path: string; readonly authorization: string },
  signal: AbortSignal,
): Promise<Answer> {
  const target = new URL(`${url.replace(/\/+$/, '')}${path}`)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const headers = { authorization, accept: 'application/json' }
  const heard = (response: IncomingMessage): void => {
    read(response).then(resolve, reject)
  }
  const asked =
    target.protocol === 'https:'
      ? httpsRequest(target, { headers, signal, ...tlsSocketOptions(tls) }, heard)
      : httpRequest(target, { headers, signal }, heard)
  asked.on('error', reject)
  asked.end()
  return promise
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }
}

/** Undefined: it is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}

function refused(status: number, json: unknown, detail: Where): RedriveError {
  const said = reasonIn(json)
  // No JSON: somebody else answers there, or the plugin does not run.
  if (said === null) return absent(detail, `HTTP ${status}`)
  // A wrong password, and a user that has no tag or no right on the virtual host, are told apart by words only.
  if (status === UNAUTHORISED && /login failed|invalid credentials|^not_authorized$/i.test(said))
    return new RedriveError('auth-failed', 'never', { ...detail, reason: said })
  if (status === UNAUTHORISED || status === FORBIDDEN) {
    const reason = `${status} ${said} (${detail.user}, ${detail.vhost}); the tag monitoring is enough`
    return new RedriveError('permission-denied', 'never', { ...detail, reason })
  }
  if (status === NOT_FOUND) return new RedriveError('vhost-unknown', 'never', { ...detail, reason: said })
  return new RedriveError('broker-failed', 'later', { ...detail, reason: `HTTP ${status} ${said}` })
}

function reasonIn(json: unknown): string | null {
  if (typeof json !== 'object' || json === null) return null
  const { reason, error } = json as { readonly reason?: unknown; readonly error?: unknown }
  if (typeof reason === 'string') return reason
  return typeof error === 'string' ? error : null
}

function broken(error: unknown, detail: ErrorDetail): RedriveError {
  if (error instanceof RedriveError) return error
  const reason = reasonOf(error)
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && TLS_CODE.test(code))
    return new RedriveError('tls-failed', 'never', { ...detail, reason }, { cause: error })
  return absent(detail, reason, error)
}

function absent(detail: ErrorDetail, reason: string, cause?: unknown): RedriveError {
  return new RedriveError('management-absent', 'later', { ...detail, reason }, { cause })
}
