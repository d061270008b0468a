import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { BrokerState } from '../../ports/broker.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { classify } from './classify.ts'
import { Cluster, clusterDetail } from './cluster.ts'
import type { ClusterOptions } from './cluster.ts'
import { within } from './waiting.ts'

/** How long a call waits for a connection that was there before. */
const READY_TIMEOUT_MS = 10_000
const BACKOFF_FIRST_MS = 250
const BACKOFF_MAX_MS = 30_000
/** A connection that lived this long was a good one: the next backoff begins anew. */
const STABLE_MS = 30_000
/** Kafka closes what is silent for ten minutes, and a half-open socket says nothing by itself. */
const PROBE_MS = 60_000

export interface LinkOptions {
  readonly cluster: ClusterOptions
  readonly clock: Clock
  readonly log: Log
  /** From 0 up to 1; spreads the reconnects of many consoles. */
  readonly random: () => number
  readonly onState: () => void
}

interface Waiter {
  readonly resolve: (cluster: Cluster) => void
  readonly reject: (error: RedriveError) => void
}

/**
 * The connection for looking, which comes back by itself; it is what the state of the broker is told by.
 *
 *   connecting ──▶ connected
 *      ▲  │            │
 *      │  └────────────┴──▶ disconnected
 *      └──── after the backoff; where only a person can mend the reason, at the next call
 */
export class Link {
  readonly #options: LinkOptions
  readonly #closing = new AbortController()
  readonly #waiters = new Set<Waiter>()
  readonly #running: Promise<void>
  #state: BrokerState = { state: 'connecting' }
  #cluster: Cluster | null = null
  #failure: RedriveError | null = null
  #wasUp = false
  #wake = new AbortController()

  constructor(options: LinkOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  state(): BrokerState {
    return this.#state
  }

  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  /**
   * The connection, now or as soon as it is there. Where there never was one, the next attempt is waited for and its error
   * thrown; where it was lost, attempts are waited for up to READY_TIMEOUT_MS.
   */
  async ready(signal: AbortSignal): Promise<Cluster> {
    signal.throwIfAborted()
    if (this.closed) throw this.closedError()
    if (this.#cluster !== null) return this.#cluster
    const { promise, resolve, reject } = Promise.withResolvers<Cluster>()
    const waiter: Waiter = { resolve, reject }
    this.#waiters.add(waiter)
    this.wake()
    const onTimeout = (): Error => this.#failure ?? this.#lostError('no connection in time')
    try {
      const wait = { work: promise, timeoutMs: READY_TIMEOUT_MS, clock: this.#options.clock, onTimeout }
      return await within(wait, signal)
    } finally {
      this.#waiters.delete(waiter)
    }
  }

  /** Tries at once where it would wait for a person, or never came up. */
  wake(): void {
    if (this.#state.state === 'disconnected' && (!this.#wasUp || this.#state.retryInMs === null))
      this.#wake.abort()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const waiter of this.#waiters) waiter.reject(this.closedError())
    await this.#running
  }

  closedError(): RedriveError {
    return this.#lostError('closed by Redrive')
  }

  async #run(): Promise<void> {
    const { clock, log, cluster } = this.#options
    let failures = 0
    while (!this.closed) {
      this.#set({ state: 'connecting' })
      const startedAt = clock.now().getTime()
      try {
        this.#failure = await this.#serve(await Cluster.connect(cluster, this.#closing.signal))
        if (clock.now().getTime() - startedAt >= STABLE_MS) failures = 0
      } catch (error) {
        this.#failure = classify(error, clusterDetail(cluster), true)
      }
      if (this.closed) break
      failures += 1
      log.warn(
        { connection: 'redrive look', code: this.#failure.code, ...this.#failure.detail },
        'disconnected',
      )
      await this.#pause(this.#failure, failures)
    }
    this.#set({ state: 'disconnected', reason: 'closed by Redrive', retryInMs: null })
  }

  /** Until the connection is over. Returns why. */
  async #serve(cluster: Cluster): Promise<RedriveError> {
    const stop = new AbortController()
    const closing = this.#closing.signal
    const hungUp = aborted(closing).then(() => this.closedError())
    this.#cluster = cluster
    this.#wasUp = true
    this.#set({ state: 'connected' })
    for (const waiter of this.#waiters) waiter.resolve(cluster)
    const probing = this.#probe(cluster, AbortSignal.any([stop.signal, closing]))
    const over = await Promise.race([cluster.ended, hungUp, probing])
    stop.abort()
    this.#cluster = null
    cluster.hangUp()
    return over
  }

  /** Resolves with what is wrong with the connection, once something is. */
  async #probe(cluster: Cluster, signal: AbortSignal): Promise<RedriveError> {
    try {
      for (;;) {
        await this.#options.clock.sleep(PROBE_MS, signal)
        await cluster.metadata([], signal)
      }
    } catch (error) {
      return classify(error, clusterDetail(this.#options.cluster), false)
    }
  }

  async #pause(failure: RedriveError, failures: number): Promise<void> {
    const { clock, random } = this.#options
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1))
    // Half of it is fixed, so that the first retry is never at once.
    const delayMs = Math.round(backoffMs / 2 + random() * (backoffMs / 2))
    // A wrong password tried again and again locks the account: that waits for a person.
    const hopeless = failure.retry === 'never'
    this.#wake = new AbortController()
    this.#set({
      state: 'disconnected',
      reason: plain(failure.detail['reason'] ?? failure.code),
      retryInMs: hopeless ? null : delayMs,
    })
    for (const waiter of this.#waiters) if (hopeless || !this.#wasUp) waiter.reject(failure)
    const stop = AbortSignal.any([this.#wake.signal, this.#closing.signal])
    if (hopeless) await aborted(stop)
    else await clock.sleep(delayMs, stop).catch(() => undefined)
  }

  #set(state: BrokerState): void {
    this.#state = state
    this.#options.onState()
  }

  #lostError(reason: string): RedriveError {
    return new RedriveError('connection-lost', 'later', { ...clusterDetail(this.#options.cluster), reason })
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
