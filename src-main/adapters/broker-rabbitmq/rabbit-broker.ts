import type { ConfirmChannel } from 'amqplib'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { Place } from '../../domain/message.ts'
import type { TlsOptions } from '../../domain/workspace.ts'
import type { DeadLetters } from '../../ports/dead-letters.ts'
import type { Broker, BrokerState, DestinationCheck, Publisher } from '../../ports/broker.ts'
import type { Password } from '../../ports/drivers.ts'
import type { Feeds } from '../../ports/feeds.ts'
import type { Queues } from '../../ports/queues.ts'
import type { RecordLog } from '../../ports/topics.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { addressDetail, parseRabbitUrl } from './address.ts'
import type { RabbitAddress } from './address.ts'
import { classify } from './classify.ts'
import { openRabbitDeadLetters } from './dead-letters.ts'
import { openRabbitFeeds } from './feeds.ts'
import { Denials } from './denials.ts'
import { Link } from './link.ts'
import type { Line } from './link.ts'
import { Look } from './look.ts'
import { RabbitPublisher } from './publisher.ts'
import { openRabbitQueues } from './queues.ts'
import { openRabbitStreams } from './streams.ts'
import { within } from './waiting.ts'

const CONFIRM_TIMEOUT_MS = 30_000
const OPEN_TIMEOUT_MS = 10_000
const OPEN_ATTEMPTS_MAX = 2
const GONE: ReadonlySet<ErrorCode> = new Set(['connection-lost', 'channel-closed'])
const MIB = 1024 * 1024
/** What a broker takes unless it was configured otherwise: 16 MiB since 4.0, 128 MiB before. */
const PAYLOAD_BYTES_MAX = 16 * MIB
const PAYLOAD_BYTES_MAX_BEFORE_4 = 128 * MIB

export interface RabbitBrokerOptions {
  /** amqp://user@host:port/vhost or amqps://, percent-encoded, without a password. */
  readonly url: string
  /** Asked for at each connect; the value is not kept. */
  readonly password: Password
  readonly tls?: TlsOptions
  /** http://host:port or https:// of the management API. Absent: it is not asked. */
  readonly management?: string
  readonly clock: Clock
  readonly log?: Log
  /** From 0 up to 1, for the jitter of reconnects. */
  readonly random?: () => number
  /** No answer within this time is outcome `unknown`. */
  readonly confirmTimeoutMs?: number
  /** Larger payloads are refused; the default depends on the broker's version. */
  readonly payloadBytesMax?: number
}

/**
 * Returns at once and connects in the background. Throws RedriveError `workspace-invalid` for a url that cannot be read.
 */
export function openRabbitBroker(options: RabbitBrokerOptions): Broker {
  return new RabbitBroker(options, parseRabbitUrl(options.url, options.tls))
}

const silent: Log = { info: () => undefined, warn: () => undefined }

class RabbitBroker implements Broker {
  readonly deadLetters: DeadLetters
  readonly feeds: Feeds
  readonly queues: Queues
  readonly streams: RecordLog
  readonly #options: RabbitBrokerOptions
  readonly #address: RabbitAddress
  readonly #log: Log
  readonly #publishing: Link
  readonly #looking: Link
  readonly #look: Look
  readonly #denials: Denials
  readonly #publishers = new Set<Publisher>()
  readonly #listeners = new Set<(state: BrokerState) => void>()
  #state: BrokerState = { state: 'connecting' }

  constructor(options: RabbitBrokerOptions, address: RabbitAddress) {
    this.#options = options
    this.#address = address
    this.#log = options.log ?? silent
    this.#denials = new Denials(options.clock)
    const link = (name: string): Link =>
      new Link({
        name,
        address,
        password: options.password,
        tls: options.tls,
        clock: options.clock,
        log: this.#log,
        random: options.random ?? Math.random,
        onState: () => queueMicrotask(() => this.#stateChanged()),
      })
    this.#publishing = link('redrive publish')
    this.#looking = link('redrive look')
    const { password, tls, clock, management: url = null } = options
    this.queues = openRabbitQueues({ url, address, password, tls })
    const dialing = { address, password, tls, clock, log: this.#log }
    this.deadLetters = openRabbitDeadLetters(dialing)
    this.streams = openRabbitStreams(dialing)
    this.feeds = openRabbitFeeds(dialing)
    this.#look = new Look({ link: this.#looking, address, clock: options.clock, log: this.#log })
  }

  state(): BrokerState {
    return worst(this.#publishing.state(), this.#looking.state())
  }

  watch(listener: (state: BrokerState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async report(signal: AbortSignal): ReturnType<Broker['report']> {
    return await this.#look.report(signal)
  }

  async checkDestinations<Asked extends Place>(
    destinations: readonly Asked[],
    signal: AbortSignal,
  ): Promise<readonly DestinationCheck<Asked>[]> {
    return await this.#look.destinations(destinations, signal)
  }

  async queueDepth(queue: string, signal: AbortSignal): Promise<number | null> {
    return await this.#look.queueDepth(queue, signal)
  }

  async openPublisher(signal: AbortSignal): Promise<Publisher> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#openPublisher(await this.#publishing.ready(signal), signal)
      } catch (error) {
        // The connection had gone and nobody had noticed yet: the next one may do.
        const gone = error instanceof RedriveError && GONE.has(error.code)
        if (!gone || attempt === OPEN_ATTEMPTS_MAX) throw error
      }
    }
  }

  async #openPublisher(line: Line, signal: AbortSignal): Promise<Publisher> {
    const detail = addressDetail(this.#address)
    const blocked = line.blocked()
    if (blocked !== null) throw new RedriveError('broker-blocked', 'later', { ...detail, reason: blocked })
    const onTimeout = (): Error =>
      new RedriveError('connection-lost', 'later', { ...detail, reason: 'no channel in time' })
    const work = line.model.createConfirmChannel()
    try {
      const { clock } = this.#options
      const channel = await within({ work, timeoutMs: OPEN_TIMEOUT_MS, clock, onTimeout }, signal)
      return this.#publisherOn(channel, line)
    } catch (error) {
      // A channel that opens after all would stay until the connection ends.
      void work.then((channel) => channel.close()).catch(() => undefined)
      signal.throwIfAborted()
      throw classify(error, detail, false)
    }
  }

  #publisherOn(channel: ConfirmChannel, line: Line): Publisher {
    const publisher = new RabbitPublisher(channel, {
      line,
      clock: this.#options.clock,
      log: this.#log,
      denials: this.#denials,
      exchangeExists: (exchange, stop) => this.#exchangeExists(exchange, stop),
      confirmTimeoutMs: this.#options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS,
      payloadBytesMax: this.#options.payloadBytesMax ?? payloadBytesMax(line),
    })
    this.#publishers.add(publisher)
    channel.on('close', () => this.#publishers.delete(publisher))
    return publisher
  }

  async close(): Promise<void> {
    await Promise.all([...this.#publishers].map((publisher) => publisher.close()))
    await Promise.all([this.#publishing.close(), this.#looking.close()])
    this.#stateChanged()
    this.#listeners.clear()
  }

  /** A publisher waits for the looking connection's first attempt, and not for one that was lost. */
  async #exchangeExists(exchange: string, signal: AbortSignal): Promise<boolean | null> {
    const answers = this.#looking.state().state === 'connected' || this.#looking.isFirstAttempt()
    if (exchange !== '' && !answers) return null
    return await this.#look.exchangeExists(exchange, signal)
  }

  #stateChanged(): void {
    const state = this.state()
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}

const SEVERITY = ['connected', 'connecting', 'blocked', 'disconnected'] as const

/** One state for two connections: the one that an operator has to know about. */
function worst(one: BrokerState, other: BrokerState): BrokerState {
  return SEVERITY.indexOf(other.state) > SEVERITY.indexOf(one.state) ? other : one
}

function payloadBytesMax(line: Line): number {
  const { version } = line.model.connection.serverProperties
  const major = Number.parseInt(String(version), 10)
  return major < 4 ? PAYLOAD_BYTES_MAX_BEFORE_4 : PAYLOAD_BYTES_MAX
}
