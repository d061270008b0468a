import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { RecordLog } from '../../ports/topics.ts'
import { createChanges } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { readRange } from './reading.ts'
import type { Progress, ReadingEnd, ReadingRequest } from './reading.ts'

/** Readings that are kept in mind; the oldest is ended and forgotten. */
const READINGS_KEPT = 4

export interface Reading extends Progress {
  readonly reading: string
  readonly broker: string
  readonly request: ReadingRequest
  readonly startedAt: string
  readonly found: number
  /** Null: it is under way, or it failed. */
  readonly ended: ReadingEnd | null
  /** Why it failed. What was found until then is kept. */
  readonly error: unknown
}

interface Kept {
  reading: Reading
  readonly records: RecordLetter[]
  readonly stop: AbortController
  running: Promise<void>
}

/** Readings of topics and streams by a person, under way and ended, with what they found; in memory, for this process. */
export class Readings {
  readonly #ports: EnginePorts
  readonly #connections: Connections
  readonly #kept = new Map<string, Kept>()
  /** Of readings only: their progress is no news for other pages. */
  readonly changes = createChanges()

  constructor(ports: EnginePorts, connections: Connections) {
    this.#ports = ports
    this.#connections = connections
  }

  /** Throws `broker-unknown`, and `no-topics` where the broker keeps no log. Whether there is such a topic the reading tells. */
  async start(broker: string, request: ReadingRequest): Promise<Reading> {
    const { topics, streams } = await this.#connections.brokerNamed(broker)
    const log = topics ?? streams
    if (log === undefined) throw new RedriveError('no-topics', 'never', { broker })
    const { ids, clock } = this.#ports
    const reading: Reading = {
      reading: ids.next('reading'),
      broker,
      request,
      startedAt: clock.now().toISOString(),
      scanned: 0,
      total: 0,
      found: 0,
      ended: null,
      error: null,
    }
    const kept = { reading, records: [], stop: new AbortController(), running: Promise.resolve() }
    this.#keep(kept)
    kept.running = this.#run(kept, log)
    return reading
  }

  get(id: string): Reading {
    return this.#of(id).reading
  }

  /** In the order of time; of a tail the newest first. */
  records(id: string): readonly RecordLetter[] {
    const { records, reading } = this.#of(id)
    const sign = reading.request.range.kind === 'tail' ? -1 : 1
    return records.toSorted((one, other) => sign * inOrder(one, other))
  }

  record(id: string, partition: number, offset: bigint): RecordLetter {
    const found = this.#of(id).records.find((one) => one.partition === partition && one.offset === offset)
    if (found !== undefined) return found
    throw new RedriveError('message-not-found', 'never', { id: `${partition}@${offset}` })
  }

  /** What was found until now stays. */
  async cancel(id: string): Promise<Reading> {
    const kept = this.#of(id)
    kept.stop.abort()
    await kept.running
    return kept.reading
  }

  async close(): Promise<void> {
    for (const { stop } of this.#kept.values()) stop.abort()
    await Promise.all([...this.#kept.values()].map(({ running }) => running))
  }

  async #run(kept: Kept, topics: RecordLog): Promise<void> {
    const { signal } = kept.stop
    const set = (part: Partial<Reading>): void => {
      kept.reading = { ...kept.reading, ...part, found: kept.records.length }
      this.changes.bump()
    }
    try {
      const options = {
        topics,
        nowMs: () => this.#ports.clock.now().getTime(),
        onFound: (record: RecordLetter) => void kept.records.push(record),
        onProgress: (progress: Progress) => set(progress),
      }
      set({ ended: await readRange(kept.reading.request, options, signal) })
    } catch (error) {
      set(signal.aborted ? { ended: 'cancelled' } : { error })
    }
  }

  #of(id: string): Kept {
    const found = this.#kept.get(id)
    if (found) return found
    throw new RedriveError('reading-missing', 'never', { reading: id })
  }

  #keep(kept: Kept): void {
    this.#kept.set(kept.reading.reading, kept)
    const [oldest] = this.#kept.values()
    if (this.#kept.size <= READINGS_KEPT || oldest === undefined) return
    oldest.stop.abort()
    this.#kept.delete(oldest.reading.reading)
  }
}

function inOrder(one: RecordLetter, other: RecordLetter): number {
  if (one.at !== other.at) return (one.at ?? '') < (other.at ?? '') ? -1 : 1
  if (one.partition !== other.partition) return one.partition - other.partition
  return one.offset < other.offset ? -1 : 1
}
