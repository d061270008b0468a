import { RedriveError } from '../../domain/errors.ts'
import { withdrawn } from '../../domain/outcome.ts'
import type { OutgoingMessage, PublishOutcome } from '../../domain/outcome.ts'
import { plain } from '../../domain/text.ts'
import { PUBLISH_WINDOW_MAX } from '../../ports/broker.ts'
import type { OnOutcome, Publisher } from '../../ports/broker.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { reasonOf } from './classify.ts'
import type { Cluster } from './cluster.ts'
import { refused, seal, unknown } from './envelope.ts'
import type { HeaderNames } from './envelope.ts'
import { Lanes, takeBatch } from './lanes.ts'
import type { Item, Lane, Room } from './lanes.ts'
import { partitionOf } from './murmur2.ts'
import { targetOf } from './target.ts'
import { isRefused, Topics } from './topics.ts'
import { verdictOf } from './verdict.ts'
import { within } from './waiting.ts'
import { askProduce } from './produce.ts'

/** Bytes without an answer; a single larger message still goes out, alone. */
const WINDOW_BYTES_MAX = 32 * 1024 * 1024
/** A partition that has no leader, or another one, is asked for again: elections take a moment. */
const MOVES_MAX = 8
const MOVE_WAIT_MS = 250

export interface PublisherOptions {
  readonly clock: Clock
  readonly log: Log
  readonly confirmTimeoutMs: number
  readonly headerNames: HeaderNames
  /** Number of the codec. */
  readonly compression: number
  /** Called once, when it is over. */
  readonly onOver: (publisher: KafkaPublisher) => void
}

interface Batch {
  readonly lane: Lane
  readonly items: readonly Item[]
}

const never = new AbortController().signal

/**
 * One connection of its own to the cluster, and per partition one batch at a time.
 *
 *   waiting ──▶ sent ──▶ settled    confirmed (stored by all replicas in sync), refused or returned (not stored),
 *      ▲          │                 unknown (no answer in time, or the connection is gone)
 *      └──────────┤                 not stored, and goes on: the batch was too large, or its leader has moved
 *      └──────────┴──▶ settled      refused: nothing was sent
 *
 * A request that may have been received is never sent again: not by a retry, not by a sequence number that would hide one.
 * With the first of them the publisher is over.
 */
export class KafkaPublisher implements Publisher {
  readonly #cluster: Cluster
  readonly #options: PublisherOptions
  readonly #topics: Topics
  readonly #lanes = new Lanes(PUBLISH_WINDOW_MAX)
  /** Their topic has been asked for. */
  #unplaced: Item[] = []
  readonly #withdrawable = new WeakMap<AbortSignal, Set<Item>>()
  /** Aborted when it is over, with the reason. */
  readonly #stop = new AbortController()
  #outstanding = 0
  #outstandingBytes = 0
  #pumping = false
  /** Why nothing is taken any more. */
  #closed: string | null = null
  /** Why nothing is sent any more. */
  #over: string | null = null
  #closing: Promise<void> | null = null
  #onIdle: (() => void) | null = null

  constructor(cluster: Cluster, options: PublisherOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#topics = new Topics({
      clock: options.clock,
      ask: (topics) => cluster.metadata(topics, never),
      onAnswer: () => this.#place(),
      onFailure: (error) => this.#end(reasonOf(error)),
    })
    void cluster.ended.then((error) => this.#end(plain(error.detail['reason'] ?? error.code)))
  }

  send(message: OutgoingMessage, signal: AbortSignal, answered: OnOutcome): void {
    if (signal.aborted) return answered(withdrawn)
    if (this.#closed !== null) return answered(refused('channel-closed', this.#closed))
    const target = targetOf(message.destination)
    const envelope = seal(message, target, this.#options.headerNames)
    if ('outcome' in envelope) return answered(envelope)
    const { messageId } = message
    const item: Item = { target, messageId, envelope, answered, waiting: null, sent: false, settled: false }
    this.#placeOne(item)
    this.#pumpSoon()
    if (!item.settled) this.#withdrawOn(signal, item)
  }

  /** One listener for all messages of a signal: Node looks through all of them to add another. */
  #withdrawOn(signal: AbortSignal, item: Item): void {
    const known = this.#withdrawable.get(signal)
    const waiting = known ?? new Set<Item>()
    item.waiting = waiting.add(item)
    if (known !== undefined) return
    this.#withdrawable.set(signal, waiting)
    const withdraw = (): void => {
      for (const item of waiting) {
        if (item.sent || item.settled) continue
        item.settled = true
        item.answered(withdrawn)
      }
      this.#unplaced = this.#unplaced.filter(({ settled }) => !settled)
      this.#lanes.dropSettled()
      this.#reportIdle()
    }
    signal.addEventListener('abort', withdraw, { once: true })
    this.#stop.signal.addEventListener('abort', () => signal.removeEventListener('abort', withdraw))
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  #place(): void {
    const waiting = this.#unplaced
    this.#unplaced = []
    for (const item of waiting) this.#placeOne(item)
    this.#pumpSoon()
    this.#reportIdle()
  }

  #placeOne(item: Item): void {
    const { topic, partition } = item.target
    const standing = this.#topics.of(topic)
    if (standing === 'wait') return void this.#unplaced.push(item)
    if (isRefused(standing)) return this.#settle(item, standing)
    // Without a key the id decides, so that a second attempt goes where the first one went.
    const { key } = item.envelope.record
    const bytes = typeof key === 'object' && key !== null ? key : Buffer.from(key ?? item.messageId)
    const chosen = partition ?? (standing.size === 0 ? 0 : partitionOf(bytes, standing.size))
    if (standing.has(chosen)) return this.#lanes.add(item, chosen)
    const reason = `the topic '${topic}' has ${standing.size} partitions, none with the number ${chosen}`
    this.#settle(item, { outcome: 'returned', code: 'partition-missing', reason })
  }

  /** What is called in one go goes out in one batch. */
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#over !== null) return this.#refuseWaiting(this.#over)
    const room: Room = {
      records: PUBLISH_WINDOW_MAX - this.#outstanding,
      bytes: WINDOW_BYTES_MAX - this.#outstandingBytes,
    }
    const byLeader = new Map<number, Batch[]>()
    for (const lane of this.#lanes.ready()) {
      const leader = this.#topics.leaderOf(lane.topic, lane.partition)
      if (leader === null) {
        void this.#moved(lane, [], refused('broker-refused', 'the partition has no leader'))
        continue
      }
      const items = takeBatch(lane, room, this.#outstanding === 0)
      if (items.length === 0) continue
      this.#begin(lane, items)
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), { lane, items }])
    }
    for (const [leader, batches] of byLeader) void this.#send(leader, batches)
  }

  #begin(lane: Lane, items: readonly Item[]): void {
    lane.busy = true
    this.#lanes.served(lane)
    for (const item of items) {
      item.sent = true
      item.waiting?.delete(item)
      this.#outstanding += 1
      this.#outstandingBytes += item.envelope.bytes
    }
  }

  #finish(items: readonly Item[]): void {
    for (const item of items) {
      this.#outstanding -= 1
      this.#outstandingBytes -= item.envelope.bytes
    }
  }

  /** Never rejects. */
  async #send(leader: number, batches: readonly Batch[]): Promise<void> {
    const items = batches.flatMap((batch) => batch.items)
    const node = await this.#cluster.node(leader, never).catch((error: unknown) => reasonOf(error))
    if (typeof node === 'string') {
      // Not a byte of them has gone out.
      this.#finish(items)
      for (const item of items) this.#settle(item, refused('channel-closed', node))
      return this.#end(node)
    }
    const { confirmTimeoutMs, compression, clock } = this.#options
    const topics = byTopic(batches)
    const work = askProduce(node, { compression, timeoutMs: confirmTimeoutMs, topics })
    try {
      const onTimeout = (): Error =>
        new RedriveError('confirm-timeout', 'unknown-effect', {
          reason: `no answer within ${confirmTimeoutMs} ms`,
        })
      const wait = { work, timeoutMs: confirmTimeoutMs, clock, onTimeout }
      const produced = await within(wait, this.#stop.signal)
      this.#finish(items)
      for (const batch of batches) this.#answered(batch, produced)
    } catch (error) {
      this.#finish(items)
      const late = error instanceof RedriveError && error.code === 'confirm-timeout'
      const reason =
        error instanceof RedriveError ? plain(error.detail['reason'] ?? error.code) : reasonOf(error)
      // Whatever it was, it was after the request may have been written.
      for (const item of items)
        this.#settle(item, unknown(late ? 'confirm-timeout' : 'channel-closed', reason))
      this.#end(reason)
    }
    this.#pumpSoon()
    this.#reportIdle()
  }

  #answered({ lane, items }: Batch, produced: Awaited<ReturnType<typeof askProduce>>): void {
    const rows = produced.topics.filter(({ topicName }) => topicName === lane.topic)
    const row = rows
      .flatMap(({ partitions }) => partitions)
      .find(({ partition }) => partition === lane.partition)
    const verdict =
      row === undefined
        ? ({ is: 'settled', outcome: unknown('broker-failed', 'no result for the partition') } as const)
        : verdictOf(row.errorCode, row.baseOffset)
    if (verdict.is === 'elsewhere') return void this.#moved(lane, items, verdict.outcome)
    lane.busy = false
    if (verdict.is === 'divisible' && items.length > 1) {
      lane.recordsMax = Math.floor(items.length / 2)
      return this.#putBack(lane, items)
    }
    if (verdict.outcome.outcome === 'confirmed') this.#lanes.grow(lane)
    else this.#topics.askAgain(lane.topic)
    for (const item of items) this.#settle(item, verdict.outcome)
  }

  /** Nothing was stored: it waits until the cluster has settled who leads the partition. */
  async #moved(lane: Lane, items: readonly Item[], outcome: PublishOutcome): Promise<void> {
    lane.busy = true
    lane.moves += 1
    if (lane.moves > MOVES_MAX) {
      lane.moves = 0
      for (const item of [...items, ...lane.queue.splice(0)]) this.#settle(item, outcome)
    } else {
      this.#putBack(lane, items)
      await this.#options.clock.sleep(MOVE_WAIT_MS, never)
      this.#topics.askAgain(lane.topic)
    }
    lane.busy = false
    this.#pumpSoon()
  }

  #putBack(lane: Lane, items: readonly Item[]): void {
    for (const item of items) {
      item.sent = false
      item.waiting?.add(item)
    }
    lane.queue = [...items, ...lane.queue]
  }

  #settle(item: Item, outcome: PublishOutcome): void {
    if (item.settled) return
    item.settled = true
    item.waiting?.delete(item)
    item.answered(outcome)
    this.#reportIdle()
  }

  /** The connection is gone, or holds a request whose answer nobody has heard: it is not used again. */
  #end(reason: string): void {
    if (this.#over !== null) return
    this.#over = reason
    this.#closed ??= reason
    this.#cluster.hangUp()
    this.#stop.abort(new Error(reason))
    this.#refuseWaiting(reason)
    this.#options.onOver(this)
  }

  #refuseWaiting(reason: string): void {
    const waiting = [...this.#unplaced.splice(0), ...this.#lanes.takeAll()]
    for (const item of waiting) this.#settle(item, refused('channel-closed', reason))
    this.#reportIdle()
  }

  #reportIdle(): void {
    if (this.#outstanding === 0 && this.#unplaced.length === 0 && this.#lanes.empty) this.#onIdle?.()
  }

  async #shutDown(): Promise<void> {
    const { clock, confirmTimeoutMs } = this.#options
    this.#closed ??= 'the publisher is closed'
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    this.#reportIdle()
    const onTimeout = (): Error => new Error('not idle in time')
    await within({ work: idle, timeoutMs: confirmTimeoutMs, clock, onTimeout }, never).catch(() => undefined)
    this.#end('the publisher is closed')
  }
}

function byTopic(batches: readonly Batch[]): Parameters<typeof askProduce>[1]['topics'] {
  const groups = Map.groupBy(batches, ({ lane }) => lane.topic)
  return [...groups].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ lane, items }) => ({
      partition: lane.partition,
      messages: items.map((item) => item.envelope.record),
    })),
  }))
}
