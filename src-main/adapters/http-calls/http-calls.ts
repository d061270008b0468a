import { request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { TLSSocket } from 'node:tls'
import type { CallAuth } from '../../domain/service-call.ts'
import type { ServiceAnswer, ServiceCalls, ServiceReply, ServiceRequest } from '../../ports/service-calls.ts'
import { AnswerTooLarge, classify, reasonOf } from './classify.ts'
import { tlsRequestOptions } from './tls.ts'
import type { TlsRequestOptions } from './tls.ts'

const MASK = '•••'
/** Shorter ones occur in any text: masking them would only spoil answers. */
const SECRET_CHARS_MIN = 4

/** A call under way. */
interface Flight {
  /** The connection stood: from here on bytes of the request may have arrived. */
  sent: boolean
}

/**
 * Calls over HTTP. Each has a connection of its own and asks for it to be closed: one that was kept may be closed by the
 * other side at the moment of use, and then nobody knows whether the request was read.
 */
export function openHttpCalls(): ServiceCalls {
  return {
    async call(request, signal) {
      signal.throwIfAborted()
      let secret: string | null
      try {
        secret = request.auth === undefined ? null : await request.secret()
      } catch (error) {
        signal.throwIfAborted()
        return failed({ kind: 'no-secret', reason: reasonOf(error), reached: false })
      }
      if (request.auth !== undefined && (secret === null || secret === ''))
        return failed({ kind: 'no-secret', reason: 'the secret is empty', reached: false })
      return exchange(request, secret, signal)
    },
  }
}

async function exchange(
  request: ServiceRequest,
  secret: string | null,
  signal: AbortSignal,
): Promise<ServiceReply> {
  const flight: Flight = { sent: false }
  const late = AbortSignal.timeout(request.timeoutMs)
  const limited = AbortSignal.any([signal, late])
  try {
    const tls = await tlsRequestOptions(request.tls)
    const answer = await ask(request, { tls, secret, flight }, limited)
    return { ok: true, answer: { ...answer, body: masked(answer.body, secret) } }
  } catch (error) {
    signal.throwIfAborted()
    if (late.aborted) {
      const reason = `no answer within ${request.timeoutMs} ms`
      return failed({ kind: 'timed-out', reason, reached: flight.sent })
    }
    const failure = classify(error, flight.sent)
    return failed({ ...failure, reason: masked(failure.reason, secret) })
  }
}

function ask(
  request: ServiceRequest,
  how: { readonly tls: TlsRequestOptions; readonly secret: string | null; readonly flight: Flight },
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ServiceAnswer>()
  const target = new URL(request.url)
  const options = {
    method: request.method,
    headers: headersOf(request, how.secret),
    agent: false,
    signal,
  }
  const heard = (response: IncomingMessage): void => {
    read(response, request.answerBytesMax).then(resolve, reject)
  }
  const asked =
    target.protocol === 'https:'
      ? httpsRequest(target, { ...options, ...how.tls }, heard)
      : httpRequest(target, options, heard)
  noteSent(asked, how.flight)
  asked.on('error', reject)
  asked.end(request.body ?? undefined)
  return promise
}

function headersOf(request: ServiceRequest, secret: string | null): Record<string, string> {
  const length = request.body === null ? {} : { 'content-length': `${Buffer.byteLength(request.body)}` }
  return {
    accept: 'application/json, */*;q=0.5',
    'accept-encoding': 'identity',
    'user-agent': 'redrive',
    ...request.headers,
    ...length,
    ...(request.auth === undefined || secret === null ? {} : secretHeader(request.auth, secret)),
    connection: 'close',
  }
}

function secretHeader(auth: CallAuth, secret: string): Record<string, string> {
  return 'bearer' in auth ? { authorization: `Bearer ${secret}` } : { [auth.header.toLowerCase()]: secret }
}

function noteSent(asked: ClientRequest, flight: Flight): void {
  asked.on('socket', (socket) => {
    const event = socket instanceof TLSSocket ? 'secureConnect' : 'connect'
    socket.once(event, () => (flight.sent = true))
  })
}

async function read(response: IncomingMessage, bytesMax: number): Promise<ServiceAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Leaving the loop destroys the response, and the connection with it.
    if (bytes > bytesMax) throw new AnswerTooLarge(`the answer is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }
}

function masked(text: string, secret: string | null): string {
  return secret === null || secret.length < SECRET_CHARS_MIN ? text : text.replaceAll(secret, MASK)
}

function failed(failure: (ServiceReply & { readonly ok: false })['failure']): ServiceReply {
  return { ok: false, failure }
}
