import { RedriveError } from '../../domain/errors.ts'
import { isTopic } from '../../domain/message.ts'
import type { QueueMessage } from '../../domain/outcome.ts'
import type { Broker, BrokerState } from '../../ports/broker.ts'
import type { QueueHead } from '../../ports/queues.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { MemoryFault } from './faults.ts'
import { openMemoryFeeds } from './memory-feeds.ts'
import { openMemoryDeadLetters } from './memory-dead-letters.ts'
import type { MemoryHolding } from './memory-dead-letters.ts'
import { MemoryPublisher } from './memory-publisher.ts'
import { QUEUE_LENGTH_MAX, Topology } from './topology.ts'
import type { ExchangeType, StoredMessage } from './topology.ts'

const CONFIRM_TIMEOUT_MS = 30_000

export interface MemoryBrokerOptions {
  readonly clock: Clock
  /** Until an answer comes; 0 answers at once. */
  readonly latencyMs?: number
  readonly confirmTimeoutMs?: number
  /** Asked for each message that goes out; null: nothing goes wrong. Faults queued by `fault` come first. */
  readonly faultOf?: (message: QueueMessage) => MemoryFault | null
}

/** The other side of the broker: what an administrator, a consumer and fate would do. */
export interface MemoryBrokerControls {
  declareExchange(name: string, type: ExchangeType): void
  deleteExchange(name: string): void
  /** Beyond `lengthMax` messages the queue answers with a nack. */
  declareQueue(name: string, lengthMax?: number): void
  deleteQueue(name: string): void
  bind(queue: string, exchange: string, routingKey: string): void
  unbind(queue: string, exchange: string): void
  /** What the queue holds, oldest first. */
  messages(queue: string): readonly StoredMessage[]
  /** Takes the oldest out, as a consumer does. */
  take(queue: string, limit: number): readonly StoredMessage[]
  /** For the next publishes, one each. */
  fault(...faults: readonly MemoryFault[]): void
  /** A memory or disk alarm; null ends it. */
  block(reason: string | null): void
  /** Breaks the connection; a new publisher can be opened at once. */
  cut(reason: string): void
  /** Breaks the connection until `up`. */
  down(reason: string): void
  up(): void
  /** Publishes without an answer, over all publishers. */
  outstanding(): number
}

export type MemoryBroker = Broker & MemoryBrokerControls

/** A broker inside this process, for the sandbox and for tests. It forgets everything when the process ends. */
export function openMemoryBroker(options: MemoryBrokerOptions): MemoryBroker {
  const topology = new Topology()
  const connection = new MemoryConnection(options, topology)
  return {
    state: () => connection.state(),
    watch: (listener) => connection.watch(listener),
    report: async (signal) => {
      connection.assertUp(signal)
      return { product: 'Redrive memory broker', version: '1', latencyMs: options.latencyMs ?? 0 }
    },
    checkDestinations: async (destinations, signal) => {
      connection.assertUp(signal)
      return destinations.map((destination) => ({
        destination,
        exists: !isTopic(destination) && topology.exists(destination),
      }))
    },
    queueDepth: async (queue, signal) => {
      connection.assertUp(signal)
      return topology.has(queue) ? topology.messages(queue).length : null
    },
    deadLetters: openMemoryDeadLetters({
      topology,
      assertUp: (signal) => connection.assertUp(signal),
      holdings: connection.holdings,
    }),
    feeds: openMemoryFeeds({
      topology,
      clock: options.clock,
      assertUp: (signal) => connection.assertUp(signal),
    }),
    queues: {
      list: async (signal) => {
        connection.assertUp(signal)
        return { queues: topology.queueNames().map((queue) => headOf(topology, queue)), complete: true }
      },
    },
    openPublisher: async (signal) => connection.openPublisher(signal),
    close: () => connection.close(),
    declareExchange: (name, type) => topology.declareExchange(name, type),
    deleteExchange: (name) => topology.deleteExchange(name),
    declareQueue: (name, lengthMax) => topology.declareQueue(name, lengthMax),
    deleteQueue: (name) => topology.deleteQueue(name),
    bind: (queue, exchange, routingKey) => topology.bind(queue, exchange, routingKey),
    unbind: (queue, exchange) => topology.unbind(queue, exchange),
    messages: (queue) => topology.messages(queue),
    take: (queue, limit) => topology.take(queue, limit),
    fault: (...faults) => connection.fault(faults),
    block: (reason) => connection.block(reason),
    cut: (reason) => connection.cut(reason),
    down: (reason) => connection.down(reason),
    up: () => connection.up(),
    outstanding: () => connection.outstanding(),
  }
}

function headOf(topology: Topology, queue: string): QueueHead {
  const [ready, lengthMax] = [topology.messages(queue).length, topology.lengthMax(queue)]
  const limits =
    lengthMax < QUEUE_LENGTH_MAX ? { 'x-max-length': lengthMax, 'x-overflow': 'reject-publish' } : {}
  return {
    queue,
    type: 'memory',
    ready,
    unacked: null,
    consumers: null,
    state: null,
    durable: false,
    arguments: JSON.stringify(limits),
    policy: null,
    policyDefinition: null,
  }
}

class MemoryConnection {
  readonly #options: MemoryBrokerOptions
  readonly #topology: Topology
  readonly #faults: MemoryFault[] = []
  readonly #publishers = new Set<MemoryPublisher>()
  readonly holdings = new Set<MemoryHolding>()
  readonly #listeners = new Set<(state: BrokerState) => void>()
  #state: BrokerState = { state: 'connected' }
  #closed = false

  constructor(options: MemoryBrokerOptions, topology: Topology) {
    this.#options = options
    this.#topology = topology
  }

  state(): BrokerState {
    return this.#state
  }

  watch(listener: (state: BrokerState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  assertUp(signal: AbortSignal): void {
    signal.throwIfAborted()
    if (this.#state.state !== 'disconnected') return
    throw new RedriveError('connection-lost', 'later', { server: 'the broker', reason: this.#state.reason })
  }

  openPublisher(signal: AbortSignal): MemoryPublisher {
    this.assertUp(signal)
    if (this.#state.state === 'blocked')
      throw new RedriveError('broker-blocked', 'later', { server: 'the broker', reason: this.#state.reason })
    const publisher = new MemoryPublisher({
      topology: this.#topology,
      clock: this.#options.clock,
      latencyMs: this.#options.latencyMs ?? 0,
      confirmTimeoutMs: this.#options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS,
      blocked: () => (this.#state.state === 'blocked' ? this.#state.reason : null),
      nextFault: (message) => this.#faults.shift() ?? this.#options.faultOf?.(message) ?? null,
      onClosed: (closed) => this.#publishers.delete(closed),
      cut: (reason) => this.cut(reason),
    })
    this.#publishers.add(publisher)
    return publisher
  }

  fault(faults: readonly MemoryFault[]): void {
    this.#faults.push(...faults)
  }

  block(reason: string | null): void {
    if (this.#state.state === 'disconnected') return
    this.#set(reason === null ? { state: 'connected' } : { state: 'blocked', reason })
    if (reason !== null) for (const publisher of this.#publishers) publisher.refuseWaiting(reason)
  }

  cut(reason: string): void {
    this.down(reason)
    this.up()
  }

  down(reason: string): void {
    this.#set({ state: 'disconnected', reason, retryInMs: 0 })
    for (const publisher of this.#publishers) publisher.cut(reason)
    this.#publishers.clear()
    for (const holding of this.holdings) holding.lose(reason)
  }

  up(): void {
    if (this.#closed) return
    this.#set({ state: 'connected' })
  }

  outstanding(): number {
    return [...this.#publishers].reduce((sum, publisher) => sum + publisher.outstanding(), 0)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#publishers].map((publisher) => publisher.close()))
    this.#publishers.clear()
    this.#set({ state: 'disconnected', reason: 'closed by Redrive', retryInMs: null })
    this.#listeners.clear()
  }

  #set(state: BrokerState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}
