import { RedriveError } from '../../domain/errors.ts'
import type { Place } from '../../domain/message.ts'
import type { Compression, KafkaLogin, TlsOptions } from '../../domain/workspace.ts'
import type { Broker, BrokerState, DestinationCheck, Publisher } from '../../ports/broker.ts'
import type { Password } from '../../ports/drivers.ts'
import type { Feeds } from '../../ports/feeds.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { Cluster } from './cluster.ts'
import type { ClusterOptions } from './cluster.ts'
import { compressionNumber } from './codecs.ts'
import type { HeaderNames } from './envelope.ts'
import { openKafkaFeeds } from './feeds.ts'
import { GroupReader } from './group-reader.ts'
import { Link } from './link.ts'
import { Look } from './look.ts'
import { KafkaPublisher } from './publisher.ts'
import { TopicReader } from './topic-reader.ts'

const CONFIRM_TIMEOUT_MS = 30_000
const CLIENT_ID = 'redrive'
/** host:port. An IPv6 address has no place here: the client takes the first colon for the end of the host. */
const ADDRESS = /^[^\s:/@]+:\d{1,5}$/
const PORT_MAX = 65_535

export interface KafkaBrokerOptions {
  /** host:port of some nodes; the others are asked of them. */
  readonly brokers: readonly string[]
  /** Absent: no login. */
  readonly login?: KafkaLogin
  /** Asked for at each connect; the value is not kept. With OAUTHBEARER it is the token. */
  readonly password: Password
  readonly tls?: TlsOptions
  readonly clientId?: string
  /** From an address that the cluster names to the one that leads there from here. */
  readonly addresses?: Readonly<Record<string, string>>
  readonly compression?: Compression
  /** Headers that carry the id and the type of the message. */
  readonly headerNames?: Partial<HeaderNames>
  readonly clock: Clock
  readonly log?: Log
  /** From 0 up to 1, for the jitter of reconnects. */
  readonly random?: () => number
  /** No answer within this time is outcome `unknown`. */
  readonly confirmTimeoutMs?: number
}

/** Returns at once and connects in the background. Throws RedriveError `workspace-invalid` for an address that cannot be read. */
export function openKafkaBroker(options: KafkaBrokerOptions): Broker {
  const wrong = options.brokers.find((address) => !isAddress(address))
  if (wrong !== undefined || options.brokers.length === 0)
    throw new RedriveError('workspace-invalid', 'never', { at: 'brokers', problem: 'expected host:port' })
  return new KafkaBroker(options)
}

function isAddress(address: string): boolean {
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  return ADDRESS.test(address) && port >= 1 && port <= PORT_MAX
}

const silent: Log = { info: () => undefined, warn: () => undefined }

class KafkaBroker implements Broker {
  readonly #options: KafkaBrokerOptions
  readonly #cluster: ClusterOptions
  readonly #looking: Link
  readonly #look: Look
  readonly topics: TopicReader
  readonly groups: GroupReader
  readonly feeds: Feeds
  readonly #headerNames: HeaderNames
  readonly #publishers = new Set<Publisher>()
  readonly #listeners = new Set<(state: BrokerState) => void>()
  #state: BrokerState = { state: 'connecting' }

  constructor(options: KafkaBrokerOptions) {
    const { brokers, login, password, tls, clientId, addresses, clock } = options
    this.#options = options
    this.#cluster = {
      brokers,
      login,
      password,
      tls,
      clientId: clientId ?? CLIENT_ID,
      addresses: addresses ?? {},
      clock,
    }
    this.#looking = new Link({
      cluster: this.#cluster,
      clock,
      log: options.log ?? silent,
      random: options.random ?? Math.random,
      onState: () => queueMicrotask(() => this.#stateChanged()),
    })
    this.#look = new Look(this.#looking)
    this.#headerNames = { messageId: 'x-message-id', type: 'x-message-type', ...options.headerNames }
    this.topics = new TopicReader(this.#looking, this.#headerNames)
    this.groups = new GroupReader(this.#looking)
    this.feeds = openKafkaFeeds(this.#looking, this.topics, clock)
  }

  state(): BrokerState {
    return this.#looking.state()
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
    return await this.#look.groupLag(queue, signal)
  }

  async openPublisher(signal: AbortSignal): Promise<Publisher> {
    signal.throwIfAborted()
    if (this.#looking.closed) throw this.#looking.closedError()
    const cluster = await Cluster.connect(this.#cluster, signal)
    this.#looking.wake()
    const { clock, confirmTimeoutMs, compression, log } = this.#options
    const publisher = new KafkaPublisher(cluster, {
      clock,
      log: log ?? silent,
      confirmTimeoutMs: confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS,
      compression: compressionNumber(compression ?? 'none'),
      headerNames: this.#headerNames,
      onOver: (over) => this.#publishers.delete(over),
    })
    this.#publishers.add(publisher)
    return publisher
  }

  async close(): Promise<void> {
    await Promise.all([...this.#publishers].map((publisher) => publisher.close()))
    await this.#looking.close()
    this.#stateChanged()
    this.#listeners.clear()
  }

  #stateChanged(): void {
    const state = this.state()
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}
