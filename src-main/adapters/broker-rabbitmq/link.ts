import type { ChannelModel } from 'amqplib'
import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { BrokerState } from '../../ports/broker.ts'
import { addressDetail } from './address.ts'
import { classify } from './classify.ts'
import { dial } from './dial.ts'
import type { Dialed, DialOptions } from './dial.ts'
import { within } from './waiting.ts'

/** How long a call waits for a connection that was there before. */
const READY_TIMEOUT_MS = 10_000
const BACKOFF_FIRST_MS = 250
const BACKOFF_MAX_MS = 30_000
/** A connection that lived this long was a good one: the next backoff begins anew. */
const STABLE_MS = 30_000

export interface LinkOptions extends DialOptions {
  /** From 0 up to 1; spreads the reconnects of many consoles. */
  readonly random: () => number
  readonly onState: () => void
}

/** A connection that is there. */
export interface Line {
  readonly model: ChannelModel
  /** The broker's reason while it takes no publishes, or null. */
  blocked(): string | null
  /** Calls `listener` when that changes; returns the way to stop it. */
  onBlocked(listener: () => void): () => void
  /** Why it ended; null while it is there. */
  failure(): RedriveError | null
}

interface Waiter {
  readonly resolve: (line: Line) => void
  readonly reject: (error: RedriveError) => void
}

/**
 * One connection that comes back by itself. amqplib can reconnect too, but hides the server's properties and does not
 * bring channels back; here a lost connection is over with all its channels, and the next one is a new one. Nothing is
 * ever sent again.
 *
 *   connecting ──▶ connected ◀──▶ blocked
 *      ▲  │            │             │
 *      │  └────────────┴─────────────┴──▶ disconnected
 *      └───────────── after the backoff; where only a person can mend the reason, at the next call
 */
export class Link {
  readonly #options: LinkOptions
  readonly #closing = new AbortController()
  readonly #waiters = new Set<Waiter>()
  readonly #running: Promise<void>
  #state: BrokerState = { state: 'connecting' }
  #line: Line | null = null
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

  /** It is being dialled and never was there: `ready` ends with this attempt, well or badly. */
  isFirstAttempt(): boolean {
    return this.#state.state === 'connecting' && !this.#wasUp
  }

  /**
   * The connection, now or as soon as it is there. Where there never was one, the next attempt is waited for and its error
   * thrown; where it was lost, attempts are waited for up to READY_TIMEOUT_MS.
   */
  async ready(signal: AbortSignal): Promise<Line> {
    signal.throwIfAborted()
    if (this.#closing.signal.aborted) throw this.#closedError()
    if (this.#line !== null) return this.#line
    const { promise, resolve, reject } = Promise.withResolvers<Line>()
    const waiter: Waiter = { resolve, reject }
    this.#waiters.add(waiter)
    if (this.#state.state === 'disconnected' && (!this.#wasUp || this.#state.retryInMs === null))
      this.#wake.abort()
    try {
      return await within(
        {
          work: promise,
          timeoutMs: READY_TIMEOUT_MS,
          clock: this.#options.clock,
          onTimeout: () => this.#failure ?? this.#lostError('no connection in time'),
        },
        signal,
      )
    } finally {
      this.#waiters.delete(waiter)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const waiter of this.#waiters) waiter.reject(this.#closedError())
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, address, log, name } = this.#options
    let failures = 0
    while (!this.#closing.signal.aborted) {
      this.#set({ state: 'connecting' })
      const startedAt = clock.now().getTime()
      try {
        this.#failure = await this.#serve(await dial(this.#options, this.#closing.signal))
        if (clock.now().getTime() - startedAt >= STABLE_MS) failures = 0
      } catch (error) {
        this.#failure = classify(error, addressDetail(address), true)
      }
      if (this.#closing.signal.aborted) break
      failures += 1
      log.warn({ connection: name, code: this.#failure.code, ...this.#failure.detail }, 'disconnected')
      await this.#pause(this.#failure, failures)
    }
    this.#set({ state: 'disconnected', reason: 'closed by Redrive', retryInMs: null })
  }

  /** Until the connection is over. Returns why. */
  async #serve(dialed: Dialed): Promise<RedriveError> {
    let over: RedriveError | null = null
    const listeners = new Set<() => void>()
    let blocked: string | null = null
    const setBlocked = (reason: string | null): void => {
      blocked = reason
      this.#set(reason === null ? { state: 'connected' } : { state: 'blocked', reason })
      for (const listener of listeners) listener()
    }
    dialed.model.on('blocked', (reason: string) => setBlocked(reason))
    dialed.model.on('unblocked', () => setBlocked(null))
    const line: Line = {
      model: dialed.model,
      blocked: () => blocked,
      onBlocked: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      failure: () => over,
    }
    this.#line = line
    this.#wasUp = true
    this.#set({ state: 'connected' })
    for (const waiter of this.#waiters) waiter.resolve(line)
    const hangUp = (): void => void dialed.hangUp()
    if (this.#closing.signal.aborted) hangUp()
    this.#closing.signal.addEventListener('abort', hangUp, { once: true })
    over = await dialed.ended
    this.#closing.signal.removeEventListener('abort', hangUp)
    this.#line = null
    // The socket may still be half open, and what it had buffered is not to go out later.
    await dialed.hangUp()
    return over
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

  #closedError(): RedriveError {
    return this.#lostError('closed by Redrive')
  }

  #lostError(reason: string): RedriveError {
    return new RedriveError('connection-lost', 'later', { ...addressDetail(this.#options.address), reason })
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
