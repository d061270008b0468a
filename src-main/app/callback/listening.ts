import { RedriveError } from '../../domain/errors.ts'
import type { CallbackListening } from '../../domain/callback/config.ts'
import { readRecord } from '../../domain/callback/record.ts'
import type { FeedKind, FeedStatus } from '../../domain/callback/state.ts'
import type { CallbackStore, Taken } from '../../ports/callback-store.ts'
import type { Feed, FeedBatch, FeedRecord, Feeds } from '../../ports/feeds.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { problemOf } from '../evidence/asking.ts'

/** Records that the broker gives out ahead, and of one transaction. */
const PREFETCH = 500
const BACKOFF_FIRST_MS = 250
const BACKOFF_MAX_MS = 10_000
const SECOND_MS = 1_000

export interface ListenerOptions {
  readonly ports: EnginePorts
  readonly store: CallbackStore
  readonly feeds: Feeds
  readonly source: string
  readonly listen: CallbackListening
  readonly kind: FeedKind
}

/** One of the two consumers of a callback service. Comes back by itself, for as long as it is wanted. */
export class Listener {
  readonly #options: ListenerOptions
  #feed: Feed | null = null
  #lastAt: string | null = null
  #problem: string | null = null

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { ports, kind } = this.#options
    const { clock, log } = ports
    for (let failures = 0; !signal.aborted;) {
      const startedMs = clock.now().getTime()
      try {
        await this.#session(signal)
      } catch (error) {
        this.#problem = problemOf(error)
        if (!signal.aborted) log.warn({ feed: kind, reason: this.#problem }, 'callback-feed-broke')
      }
      if (clock.now().getTime() - startedMs > BACKOFF_MAX_MS) failures = 0
      failures += 1
      const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1))
      await clock.sleep(backoffMs, signal).catch(() => undefined)
    }
  }

  /** Resolves as soon as everything that the broker has at this moment is stored. Throws where it is not connected. */
  async reached(signal: AbortSignal): Promise<void> {
    if (this.#feed === null)
      throw new RedriveError('connection-lost', 'later', {
        server: this.#options.listen.broker,
        reason: this.#problem ?? '',
      })
    await this.#feed.reached(signal)
  }

  /** Never rejects. */
  async status(signal: AbortSignal): Promise<FeedStatus> {
    const feed = this.#feed
    if (feed === null)
      return { state: 'disconnected', behind: null, lastAt: this.#lastAt, problem: this.#problem }
    const behind = await feed.behind(signal).catch(() => null)
    return { state: 'connected', behind, lastAt: this.#lastAt, problem: null }
  }

  async #session(signal: AbortSignal): Promise<void> {
    const { store, feeds, source, listen, kind } = this.#options
    const place = listen[kind]
    const positions = await store.intake.positions(source, place)
    const handle = (batch: FeedBatch): Promise<void> => this.#store(batch)
    const feed = await feeds.open(
      { place, group: listen.group, prefetch: PREFETCH, positions, handle },
      signal,
    )
    this.#feed = feed
    this.#problem = null
    const closing = (): void => void feed.close()
    signal.addEventListener('abort', closing, { once: true })
    if (signal.aborted) closing()
    try {
      await feed.ended
    } finally {
      this.#feed = null
      signal.removeEventListener('abort', closing)
      await feed.close()
    }
  }

  async #store({ records, position }: FeedBatch): Promise<void> {
    const { ports, store, source, listen, kind } = this.#options
    const now = ports.clock.now().toISOString()
    const taken: Taken = {
      kind,
      place: listen[kind],
      position,
      confirmations: kind === 'confirmations' ? records.flatMap((one) => this.#confirmation(one, now)) : [],
      checks: kind === 'checks' ? records.flatMap((one) => this.#check(one, now)) : [],
      parked: records.flatMap((one) => this.#parked(one)),
    }
    await store.intake.take(source, taken)
    this.#lastAt = now
  }

  #confirmation(record: FeedRecord, now: string): Taken['confirmations'] {
    const read = readRecord(record, this.#options.listen.messageId)
    return read.ok ? [{ messageId: read.messageId, at: read.confirmedAt ?? record.at ?? now }] : []
  }

  /** Of a queue it arrives when its time has come; in a topic it waits here, and not in front of those behind it. */
  #check(record: FeedRecord, now: string): Taken['checks'] {
    const { listen } = this.#options
    const read = readRecord(record, listen.messageId)
    if (!read.ok) return []
    const publishedAt = record.at ?? now
    const delayed = record.waits ? Date.parse(publishedAt) + listen.delaySec * SECOND_MS : 0
    const dueAt = new Date(Math.max(delayed, Date.parse(now))).toISOString()
    return [{ messageId: read.messageId, publishedAt, dueAt }]
  }

  #parked(record: FeedRecord): Taken['parked'] {
    const read = readRecord(record, this.#options.listen.messageId)
    if (read.ok) return []
    const { place, headers, body } = record
    return [{ place, reason: read.reason, headers: JSON.stringify(headers), body }]
  }
}
