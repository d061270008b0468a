import { Topology } from '../../src-main/adapters/broker-memory/topology.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { isTopic } from '../../src-main/domain/message.ts'
import type { Place } from '../../src-main/domain/message.ts'
import type { QueueMessage } from '../../src-main/domain/outcome.ts'
import type { Broker, BrokerState } from '../../src-main/ports/broker.ts'
import type { Arrived, BrokerWeather, ServerSide } from './broker-weather.ts'
import { SimPublisher } from './sim-publisher.ts'

/** A broker that several clients connect to. Its queues survive whatever happens to connections. */
export class SimBrokerServer implements ServerSide {
  readonly topology = new Topology()
  readonly weather: BrokerWeather
  readonly #connections = new Set<SimConnection>()
  readonly #onStored: (arrived: Arrived) => void
  #down: string | null = null
  #blocked: string | null = null

  constructor(weather: BrokerWeather, onStored: (arrived: Arrived) => void = () => undefined) {
    this.weather = weather
    this.#onStored = onStored
  }

  get down(): string | null {
    return this.#down
  }

  get blocked(): string | null {
    return this.#blocked
  }

  /** `onSent` hears of every message whose bytes leave the client. */
  connect(by: string, onSent: (message: QueueMessage) => void = () => undefined): SimConnection {
    const connection = new SimConnection(this, by, onSent)
    this.#connections.add(connection)
    return connection
  }

  store(arrived: Arrived): ReturnType<Topology['store']> {
    const routed = this.topology.store(arrived.message)
    if (routed === 'stored') this.#onStored(arrived)
    return routed
  }

  /** Breaks every connection until `start`. Messages stay. */
  stop(reason: string): void {
    this.#down = reason
    for (const connection of this.#connections) connection.cut(reason)
  }

  start(): void {
    this.#down = null
  }

  /** A memory or disk alarm; null ends it. */
  block(reason: string | null): void {
    this.#blocked = reason
    for (const connection of this.#connections) connection.tellBlocked()
  }

  forget(connection: SimConnection): void {
    this.#connections.delete(connection)
  }
}

/** One client's connection: the Broker port. */
export class SimConnection implements Broker {
  readonly #server: SimBrokerServer
  readonly #by: string
  readonly #onSent: (message: QueueMessage) => void
  readonly #publishers = new Set<SimPublisher>()
  readonly #listeners = new Set<(state: BrokerState) => void>()
  readonly #over = new AbortController()
  #state: BrokerState = { state: 'connected' }

  constructor(server: SimBrokerServer, by: string, onSent: (message: QueueMessage) => void) {
    this.#server = server
    this.#by = by
    this.#onSent = onSent
  }

  state(): BrokerState {
    return this.#state
  }

  watch(listener: (state: BrokerState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async report(signal: AbortSignal) {
    await this.#reach(signal)
    return { product: 'Simulated broker', version: '1', latencyMs: 1 }
  }

  async checkDestinations<Asked extends Place>(destinations: readonly Asked[], signal: AbortSignal) {
    await this.#reach(signal)
    return destinations.map((destination) => ({
      destination,
      exists: !isTopic(destination) && this.#server.topology.exists(destination),
    }))
  }

  async queueDepth(queue: string, signal: AbortSignal): Promise<number | null> {
    await this.#reach(signal)
    const { topology } = this.#server
    return topology.has(queue) ? topology.messages(queue).length : null
  }

  async openPublisher(signal: AbortSignal): Promise<SimPublisher> {
    await this.#reach(signal)
    const { blocked } = this.#server
    if (blocked !== null)
      throw new RedriveError('broker-blocked', 'later', { server: 'the broker', reason: blocked })
    const publisher = new SimPublisher({
      server: this.#server,
      by: this.#by,
      onSent: this.#onSent,
      onClosed: () => this.#publishers.delete(publisher),
      cut: () => this.cut('the connection was cut'),
    })
    this.#publishers.add(publisher)
    return publisher
  }

  async close(): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    await Promise.all([...this.#publishers].map((publisher) => publisher.close()))
    this.#server.forget(this)
    this.#set({ state: 'disconnected', reason: 'closed by Redrive', retryInMs: null })
    this.#listeners.clear()
  }

  /** Everything without an answer stays without one; the connection is dialled again by itself. */
  cut(reason: string): void {
    const retryInMs = this.#server.weather.redialMs()
    this.#set({ state: 'disconnected', reason, retryInMs })
    for (const publisher of this.#publishers) publisher.cut(reason)
    this.#publishers.clear()
    if (!this.#over.signal.aborted) void this.#redial(retryInMs)
  }

  /** The client is gone: nobody listens any more, and nothing is dialled again. */
  abandon(reason: string): void {
    this.#over.abort()
    this.#listeners.clear()
    this.cut(reason)
    this.#server.forget(this)
  }

  tellBlocked(): void {
    if (this.#state.state === 'disconnected') return
    const reason = this.#server.blocked
    this.#set(reason === null ? { state: 'connected' } : { state: 'blocked', reason })
    if (reason !== null) for (const publisher of this.#publishers) publisher.refuseWaiting(reason)
  }

  async #redial(firstMs: number): Promise<void> {
    const { clock, redialMs } = this.#server.weather
    for (let waitMs = firstMs; ; waitMs = redialMs()) {
      await clock.sleep(waitMs, this.#over.signal).catch(() => undefined)
      if (this.#over.signal.aborted || this.#state.state !== 'disconnected') return
      if (this.#server.down === null) return this.#up()
    }
  }

  async #reach(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { clock, transitMs } = this.#server.weather
    await clock.sleep(transitMs(), signal)
    if (this.#over.signal.aborted) throw lost('closed by Redrive')
    if (this.#state.state !== 'disconnected') return
    if (this.#server.down !== null) throw lost(this.#server.down)
    this.#up()
  }

  #up(): void {
    const reason = this.#server.blocked
    this.#set(reason === null ? { state: 'connected' } : { state: 'blocked', reason })
  }

  #set(state: BrokerState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}

function lost(reason: string): RedriveError {
  return new RedriveError('connection-lost', 'later', { server: 'the broker', reason })
}
