import { EventEmitter } from 'node:events'
import { connect } from 'amqplib'
import type { ChannelModel } from 'amqplib'
import { RedriveError } from '../../domain/errors.ts'
import type { TlsOptions } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { logIn } from '../../ports/log-in.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { addressDetail, tlsSocketOptions } from './address.ts'
import type { RabbitAddress } from './address.ts'
import { bundleWrites } from './bundle.ts'
import { classify } from './classify.ts'
import { endedWithin, within } from './waiting.ts'

/** Two of them missed and the connection counts as lost. */
const HEARTBEAT_SEC = 10
/** Somebody may have to type it. */
const PASSWORD_TIMEOUT_MS = 120_000
/** Until the broker has answered the handshake. */
const CONNECT_TIMEOUT_MS = 10_000
/** How long the broker may take to answer a goodbye before the socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 3_000

export interface DialOptions {
  /** Shown in the broker's list of connections. */
  readonly name: string
  readonly address: RabbitAddress
  readonly password: Password
  readonly tls: TlsOptions | undefined
  readonly clock: Clock
  readonly log: Log
}

/** Names of events and what an operator may see of them. Never a secret, never a payload. */

/** An open connection. */
export interface Dialed {
  readonly model: ChannelModel
  /** Resolves with the reason when the connection is over. */
  readonly ended: Promise<RedriveError>
  /** Says goodbye, at most CLOSE_TIMEOUT_MS, and leaves no socket behind. */
  hangUp(): Promise<void>
}

/** Opens one connection. Throws RedriveError. */
export function dial(options: DialOptions, signal: AbortSignal): Promise<Dialed> {
  return logIn(options.password, isAuthFailure, () => dialOnce(options, signal))
}

function isAuthFailure(error: unknown): boolean {
  return error instanceof RedriveError && error.code === 'auth-failed'
}

async function dialOnce(options: DialOptions, signal: AbortSignal): Promise<Dialed> {
  const { address, clock } = options
  // The only way to a socket that amqplib holds: a half-open one would otherwise stay for as long as the peer is silent.
  const socket = new AbortController()
  try {
    const password = await passwordOf(options, signal)
    const socketOptions = {
      ...tlsSocketOptions(options.tls),
      // Node's sockets take it; amqplib passes it on.
      signal: socket.signal,
      // noDelay stays off: small packets cost the broker a tenth of its throughput, and save one message some milliseconds.
      keepAlive: true,
      clientProperties: { connection_name: options.name },
    }
    const work = connect(connectOptions(address, password), socketOptions)
    const onTimeout = (): Error => new Error('connect ETIMEDOUT')
    const model = await within({ work, timeoutMs: CONNECT_TIMEOUT_MS, clock, onTimeout }, signal)
    return attended(model, socket, options)
  } catch (error) {
    socket.abort()
    throw classify(error, addressDetail(address), true)
  }
}

async function passwordOf(options: DialOptions, signal: AbortSignal): Promise<string> {
  const onTimeout = (): Error =>
    new RedriveError('secret-missing', 'never', {
      ...addressDetail(options.address),
      reason: 'no password in time',
    })
  const work = options.password()
  return await within({ work, timeoutMs: PASSWORD_TIMEOUT_MS, clock: options.clock, onTimeout }, signal)
}

function connectOptions(
  address: RabbitAddress,
  password: string,
): NonNullable<Parameters<typeof connect>[0]> {
  return {
    protocol: address.encrypted ? 'amqps' : 'amqp',
    hostname: address.host,
    port: address.port,
    username: address.user,
    password,
    // amqplib decodes it in the object form too: a virtual host with a percent sign in its name needs this.
    vhost: encodeURIComponent(address.vhost),
    heartbeat: HEARTBEAT_SEC,
  }
}

function attended(model: ChannelModel, socket: AbortController, options: DialOptions): Dialed {
  const { promise: ended, resolve } = Promise.withResolvers<RedriveError>()
  const detail = addressDetail(options.address)
  let cause: unknown
  model.on('error', (error: Error) => {
    cause = error
  })
  model.on('close', (error?: Error) => {
    resolve(classify(cause ?? error ?? new Error('Connection closed'), detail, false))
  })
  // amqplib reports a throw inside a listener on the connection itself and does not pass it on to the model.
  attendThrows(model.connection, options.log)
  bundleWrites(model)
  return {
    model,
    ended,
    hangUp: async () => {
      // A connection that is over already throws.
      const goodbye = async (): Promise<void> => await model.close()
      await endedWithin(goodbye(), CLOSE_TIMEOUT_MS, options.clock)
      socket.abort()
      resolve(new RedriveError('connection-lost', 'later', { ...detail, reason: 'closed by Redrive' }))
    },
  }
}

/** Without this listener a throw in a listener of ours would break the reading of frames. */
export function attendThrows(emitter: unknown, log: Log): void {
  if (!(emitter instanceof EventEmitter)) return
  emitter.on('handler-error', (error: Error, event: string) => {
    log.warn({ event, reason: error.message }, 'listener-threw')
  })
}
