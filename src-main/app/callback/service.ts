import { RedriveError } from '../../domain/errors.ts'
import type { CallbackConfig, CallbackListening } from '../../domain/callback/config.ts'
import { feedKinds } from '../../domain/callback/state.ts'
import type { FeedKind, ServiceBeat } from '../../domain/callback/state.ts'
import type { Broker } from '../../ports/broker.ts'
import type { CallbackStore } from '../../ports/callback-store.ts'
import type { DelayedPlace, Feeds } from '../../ports/feeds.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { CHECKS_BATCH, settleDue } from './checking.ts'
import { callbackOf, listeningOf, resendOf } from './configured.ts'
import { Listener } from './listening.ts'

/** Between two looks for checks whose time has come. */
const ROUND_MS = 500
/** Between two signs of life. */
const BEAT_MS = 2_000
/** For everything that the broker has to be stored, before anybody is asked. */
const CATCH_UP_MS_MAX = 60_000
/** For a count of what waits, in a sign of life. */
const BEHIND_MS_MAX = 3_000
const PRUNE_EVERY_MS = 600_000
const PRUNE_ROWS = 10_000

export interface CallbackOptions {
  readonly source: string
  /** False: confirmations and checks are stored, and nobody is asked. */
  readonly asks: boolean
}

/** What the service needs and finds before it begins. */
export interface CallbackPlaces {
  readonly listen: CallbackListening
  /** Queues or topics that are not there. */
  readonly missing: readonly string[]
  readonly delays: readonly DelayedPlace[]
}

interface Working {
  readonly callback: CallbackConfig
  readonly listen: CallbackListening
  readonly store: CallbackStore
  readonly listeners: Readonly<Record<FeedKind, Listener>>
}

interface Parts {
  readonly ports: EnginePorts
  readonly connections: Connections
}

/** Looks for queues or topics of a source's callback, and makes nothing. */
export async function callbackPlaces(
  parts: Parts,
  source: string,
  signal: AbortSignal,
): Promise<CallbackPlaces> {
  const listen = listeningOf(source, await callbackOf(parts.connections, source))
  const feeds = feedsOf(await parts.connections.brokerNamed(listen.broker), listen)
  const missing: string[] = []
  for (const place of new Set([listen.confirmations, listen.checks]))
    if (!(await feeds.exists(place, signal))) missing.push(place)
  return { listen, missing, delays: await feeds.delays(listen.checks, signal) }
}

/** Makes what is missing; what is there stays as it is. */
export async function declarePlaces(
  { connections }: Parts,
  source: string,
  signal: AbortSignal,
): Promise<void> {
  const listen = listeningOf(source, await callbackOf(connections, source))
  const feeds = feedsOf(await connections.brokerNamed(listen.broker), listen)
  await feeds.declare(listen.confirmations, null, signal)
  await feeds.declare(listen.checks, listen.delaySec * 1_000, signal)
}

function feedsOf({ feeds }: Broker, { broker }: CallbackListening): Feeds {
  if (feeds !== undefined) return feeds
  throw new RedriveError('broker-unknown', 'never', { broker: `${broker} (it cannot be consumed)` })
}

/**
 * The callback service of one source.
 *
 *   record ──▶ stored, durably ──▶ acknowledged        (confirmations and checks alike; what cannot be read is parked)
 *   check that is due ──▶ everything that the broker has is stored ──▶ confirmed?
 *       yes: answered    no: the sender is asked, counted before; after the delay it is looked at again; three times,
 *                        then it is a person's
 */
export class CallbackService {
  readonly #parts: Parts
  readonly #options: CallbackOptions
  #beat: ServiceBeat | null = null
  #caughtUpAt: string | null = null
  #prunedMs = 0

  constructor(parts: Parts, options: CallbackOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** The last sign of life; null: it has not begun. */
  status(): ServiceBeat | null {
    return this.#beat
  }

  /**
   * Until `signal` is aborted. Throws `callback-not-configured`, `callback-places-missing` with what is missing, and
   * `callback-busy` where another service of this machine has the source, or takes it over.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { ports, connections } = this.#parts
    const { source, asks } = this.#options
    const callback = await callbackOf(connections, source)
    if (asks) resendOf(source, callback)
    const { listen, missing } = await callbackPlaces(this.#parts, source, signal)
    if (missing.length > 0)
      throw new RedriveError('callback-places-missing', 'never', {
        source,
        places: missing.join(', '),
        broker: listen.broker,
      })
    const store = await ports.callbackStore()
    const { processes } = ports
    const { self } = processes
    if (!(await store.services.begin(source, self, (owner) => processes.alive(owner))))
      throw new RedriveError('callback-busy', 'later', { source })
    const { confirmations, checks } = listen
    await this.#journal('callback-begun', { broker: listen.broker, confirmations, checks, asks })
    const feeds = feedsOf(await connections.brokerNamed(listen.broker), listen)
    const stop = new AbortController()
    const listeners = Object.fromEntries(
      feedKinds.map((kind) => [kind, new Listener({ ports, store, feeds, source, listen, kind })]),
    ) as Record<FeedKind, Listener>
    const ending = AbortSignal.any([signal, stop.signal])
    const listening = feedKinds.map((kind) => listeners[kind].run(ending))
    const working = { callback, listen, store, listeners }
    try {
      await this.#work(working, ending, () => stop.abort())
    } finally {
      stop.abort()
      await Promise.all(listening)
      await store.services.end(source, self)
      await this.#journal('callback-ended', {})
    }
  }

  /** Signs of life go on while a round waits. */
  async #work(working: Working, signal: AbortSignal, stop: () => void): Promise<void> {
    const loops = [this.#beats(working, signal), this.#rounds(working, signal)]
    for (const loop of loops) loop.catch(stop)
    const ends = await Promise.allSettled(loops)
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #rounds(working: Working, signal: AbortSignal): Promise<void> {
    const { ports } = this.#parts
    while (!signal.aborted) {
      const more = await this.#round(working, signal).catch((error: unknown) => {
        // A store that is held by somebody else for a moment, or a full disk: nobody was asked, and it is tried again.
        if (!(error instanceof RedriveError) || error.retry === 'never') throw error
        ports.log.warn({ code: error.code, ...error.detail }, 'callback-round-failed')
        return false
      })
      if (!more) await ports.clock.sleep(ROUND_MS, signal).catch(() => undefined)
    }
  }

  /** True: there may be more to do at once. */
  async #round({ callback, listen, store, listeners }: Working, signal: AbortSignal): Promise<boolean> {
    const { ports } = this.#parts
    const { source, asks } = this.#options
    const until = AbortSignal.any([signal, AbortSignal.timeout(CATCH_UP_MS_MAX)])
    // First what is due, then the wait for all that the broker holds, then the look: in this order nothing slips between.
    const before = this.#now()
    const due = await store.intake.due(source, before, CHECKS_BATCH)
    const caughtUp = await listeners.confirmations.reached(until).then(
      () => true,
      () => false,
    )
    if (caughtUp) this.#caughtUpAt = before
    if (Date.parse(before) - this.#prunedMs > PRUNE_EVERY_MS) {
      this.#prunedMs = Date.parse(before)
      const oldest = new Date(this.#prunedMs - callback.retentionSec * 1_000).toISOString()
      await store.intake.prune(source, oldest, PRUNE_ROWS)
    }
    if (!caughtUp || due.length === 0) return false
    await settleDue(
      { ports, store, source, call: asks ? (callback.resend ?? null) : null, listen },
      due,
      signal,
    )
    return true
  }

  async #beats({ store, listeners }: Working, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#say(store, listeners, signal)
      await this.#parts.ports.clock.sleep(BEAT_MS, signal).catch(() => undefined)
    }
  }

  async #say(store: CallbackStore, listeners: Working['listeners'], signal: AbortSignal): Promise<void> {
    const { source, asks } = this.#options
    const limited = AbortSignal.any([signal, AbortSignal.timeout(BEHIND_MS_MAX)])
    const [confirmations, checks] = await Promise.all([
      listeners.confirmations.status(limited),
      listeners.checks.status(limited),
    ])
    const caughtUpAt = this.#caughtUpAt
    const beat: ServiceBeat = { at: this.#now(), caughtUpAt, asks, feeds: { confirmations, checks } }
    this.#beat = beat
    if (await store.services.beat(source, this.#parts.ports.processes.self, beat)) return
    throw new RedriveError('callback-busy', 'later', { source })
  }

  #now(): string {
    return this.#parts.ports.clock.now().toISOString()
  }

  async #journal(action: 'callback-begun' | 'callback-ended', detail: Record<string, string | boolean>) {
    const { journal, operator } = this.#parts.ports
    await journal.append({
      action,
      operator: operator(),
      source: this.#options.source,
      subject: null,
      detail,
    })
  }
}
