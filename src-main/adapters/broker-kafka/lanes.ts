import type { OnOutcome } from '../../ports/broker.ts'
import type { Envelope } from './envelope.ts'
import type { Target } from './target.ts'

/** Kafka takes batches of 1 MiB unless it was told otherwise; larger ones only of a single record. */
const BATCH_BYTES_MAX = 900 * 1024

export interface Item {
  readonly target: Target
  readonly messageId: string
  readonly envelope: Envelope
  readonly answered: OnOutcome
  /** The messages that its signal can still take back. */
  waiting: Set<Item> | null
  sent: boolean
  settled: boolean
}

/** What goes to one partition, in the order of the calls; one batch at a time is under way. */
export interface Lane {
  readonly topic: string
  readonly partition: number
  queue: Item[]
  busy: boolean
  /** Records of the next batch; halved when a batch is refused for what one of its records may be. */
  recordsMax: number
  /** How often in a row the partition was led by somebody else. */
  moves: number
}

export interface Room {
  records: number
  bytes: number
}

/** The next batch of a lane, as far as there is room; a record that is larger than the room goes alone. */
export function takeBatch(lane: Lane, room: Room, idle: boolean): Item[] {
  const batch: Item[] = []
  let bytes = 0
  for (const item of lane.queue) {
    const next = bytes + item.envelope.bytes
    const first = batch.length === 0
    if (batch.length >= Math.min(lane.recordsMax, room.records)) break
    if (next > room.bytes && !(first && idle)) break
    if (next > BATCH_BYTES_MAX && !first) break
    batch.push(item)
    bytes = next
  }
  lane.queue = lane.queue.slice(batch.length)
  room.records -= batch.length
  room.bytes -= bytes
  return batch
}

/** The lanes of a publisher; whoever was served last comes last. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>()
  readonly #recordsMax: number

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax
  }

  add(item: Item, partition: number): void {
    const { topic } = item.target
    const key = `${topic}\0${partition}`
    const lane = this.#lanes.get(key)
    if (lane !== undefined) return void lane.queue.push(item)
    const recordsMax = this.#recordsMax
    this.#lanes.set(key, { topic, partition, queue: [item], busy: false, recordsMax, moves: 0 })
  }

  /** Lanes that have something to send and nothing under way. */
  ready(): Lane[] {
    return [...this.#lanes.values()].filter((lane) => !lane.busy && lane.queue.length > 0)
  }

  served(lane: Lane): void {
    const key = `${lane.topic}\0${lane.partition}`
    this.#lanes.delete(key)
    this.#lanes.set(key, lane)
  }

  /** A batch was stored: larger ones may be tried again. */
  grow(lane: Lane): void {
    lane.recordsMax = Math.min(this.#recordsMax, lane.recordsMax * 2)
    lane.moves = 0
  }

  /** Drops what was aborted. */
  dropSettled(): void {
    for (const lane of this.#lanes.values()) lane.queue = lane.queue.filter(({ settled }) => !settled)
  }

  takeAll(): Item[] {
    const all = [...this.#lanes.values()].flatMap((lane) => lane.queue)
    for (const lane of this.#lanes.values()) lane.queue = []
    return all
  }

  get empty(): boolean {
    return [...this.#lanes.values()].every((lane) => lane.queue.length === 0)
  }
}
