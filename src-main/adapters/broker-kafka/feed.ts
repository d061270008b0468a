import { RedriveError } from '../../domain/errors.ts'
import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import type { Feed, FeedOptions, FeedRecord } from '../../ports/feeds.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { PartitionSpan } from '../../ports/topics.ts'
import { classify } from './classify.ts'
import type { TopicReader } from './topic-reader.ts'

/** Between two questions for new records where there were none. */
const IDLE_MS = 200

export interface KafkaFeedOptions extends FeedOptions {
  readonly reader: TopicReader
  readonly clock: Clock
  readonly commit: (positions: ReadonlyMap<number, bigint>, signal: AbortSignal) => Promise<void>
}

/** Waits until each partition has been handled up to its offset. */
interface Goal {
  readonly ends: ReadonlyMap<number, bigint>
  readonly resolve: () => void
}

/**
 * Reads every partition by offsets that whoever handles the records keeps, with them, in one transaction: no rebalance takes
 * a partition away, and none is behind what was handled. What is committed to the group says so to others; nothing is read by it.
 */
export class KafkaFeed implements Feed {
  readonly #options: KafkaFeedOptions
  readonly #stop = new AbortController()
  readonly #positions: Map<number, bigint>
  readonly #committed = new Map<number, bigint>()
  readonly #goals = new Set<Goal>()
  readonly ended: Promise<void>

  constructor(options: KafkaFeedOptions) {
    this.#options = options
    this.#positions = new Map(options.positions)
    this.ended = this.#run()
    this.ended.catch(() => undefined)
  }

  async reached(signal: AbortSignal): Promise<void> {
    const ends = new Map((await this.#spans(signal)).map(({ partition, end }) => [partition, end]))
    const { promise, resolve } = Promise.withResolvers<void>()
    const goal: Goal = { ends, resolve }
    this.#goals.add(goal)
    this.#answerGoals()
    const over = this.ended.then((): never => {
      throw new RedriveError('connection-lost', 'later', {
        server: 'the broker',
        reason: 'closed by Redrive',
      })
    })
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    )
    try {
      await Promise.race([promise, over, aborted])
    } finally {
      this.#goals.delete(goal)
    }
  }

  async behind(signal: AbortSignal): Promise<number> {
    const spans = await this.#spans(signal)
    return spans.reduce((sum, span) => sum + Number(span.end - this.#from(span)), 0)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.ended.catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    const stop = this.#stop.signal
    try {
      while (!stop.aborted) {
        const moved = await this.#round(stop)
        await this.#commit(stop)
        if (!moved) await clock.sleep(IDLE_MS, stop)
      }
    } catch (error) {
      if (!stop.aborted) throw classify(error, {}, false)
    }
  }

  /** Every partition once, up to the end that it has now. */
  async #round(signal: AbortSignal): Promise<boolean> {
    let moved = false
    for (const span of await this.#spans(signal)) {
      const begin = this.#from(span)
      if (begin >= span.end) continue
      moved = true
      await this.#partition(span, begin, signal)
    }
    return moved
  }

  async #partition({ partition, end }: PartitionSpan, begin: bigint, signal: AbortSignal): Promise<void> {
    const { reader, place: topic, handle, prefetch } = this.#options
    for await (const { records, next } of reader.read({ topic, partition, begin, end }, signal)) {
      for (let at = 0; at < records.length; at += prefetch) {
        const batch = records.slice(at, at + prefetch)
        const after = (batch.at(-1)?.offset ?? 0n) + 1n
        await handle({ records: batch.map(recordOf), position: { partition, next: after } })
        this.#moved(partition, after)
        signal.throwIfAborted()
      }
      this.#moved(partition, next)
    }
    // Offsets may have holes at the end: nothing more is in the range.
    this.#moved(partition, end)
  }

  #moved(partition: number, to: bigint): void {
    this.#positions.set(partition, to)
    this.#answerGoals()
  }

  /** A place beyond the end, or before the beginning, is of a topic that was made anew or cut: then it begins. */
  #from({ partition, begin, end }: PartitionSpan): bigint {
    const at = this.#positions.get(partition) ?? begin
    return at < begin || at > end ? begin : at
  }

  async #commit(signal: AbortSignal): Promise<void> {
    const fresh = new Map([...this.#positions].filter(([key, at]) => this.#committed.get(key) !== at))
    if (fresh.size === 0) return
    await this.#options.commit(fresh, signal)
    for (const [partition, at] of fresh) this.#committed.set(partition, at)
  }

  async #spans(signal: AbortSignal): Promise<readonly PartitionSpan[]> {
    const { reader, place } = this.#options
    const spans = await reader.partitions(place, signal)
    if (spans === null) throw new RedriveError('topic-missing', 'never', { reason: `no topic '${place}'` })
    return spans
  }

  #answerGoals(): void {
    for (const goal of this.#goals) {
      const isThere = [...goal.ends].every(
        ([partition, end]) => (this.#positions.get(partition) ?? 0n) >= end,
      )
      if (isThere) goal.resolve()
    }
  }
}

function recordOf({ topic, partition, offset, messageId, headers, value, at }: RecordLetter): FeedRecord {
  const texts = headers.map(([name, bytes]) => [name, Buffer.from(bytes ?? []).toString()] as const)
  const place = `${topic}/${partition}@${offset}`
  return {
    place,
    messageId,
    headers: Object.fromEntries(texts),
    body: value ?? new Uint8Array(),
    at,
    waits: true,
  }
}
