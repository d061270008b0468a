import type { RecordLetter } from '../../src-main/domain/dead-letter/record-letter.ts'
import type { PartitionSpan, RecordLog, RecordPage, RecordRange } from '../../src-main/ports/topics.ts'

export interface KeptRecord {
  readonly id: string | null
  readonly atMs: number | null
  readonly key?: string
  /** Null: none, as of a tombstone. */
  readonly value?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

const PAGE_RECORDS = 2

/** A log in memory that can be cut, made anew, and fail while it is read. */
export class KeptLog implements RecordLog {
  readonly topic = 'orders.consumed'
  #partitions: { begin: number; records: RecordLetter[] }[]
  /** Pages that are still given before a reading fails; null: it does not. */
  failsAfter: number | null = null
  /** Pages after which one reading is over in silence, as where a log ends before its range; null: none. */
  endsAfter: number | null = null
  /** Records that were handed out. */
  given = 0
  /** Called before each page. */
  onPage: () => void = () => undefined

  constructor(partitions = 1) {
    this.#partitions = Array.from({ length: partitions }, () => ({ begin: 0, records: [] }))
  }

  add(partition: number, { id, atMs, key, value = '{}', headers = {} }: KeptRecord): void {
    const kept = this.#partitions[partition]!
    kept.records.push({
      kind: 'record',
      topic: this.topic,
      partition,
      offset: BigInt(kept.begin + kept.records.length),
      at: atMs === null ? null : new Date(atMs).toISOString(),
      messageId: id,
      type: null,
      key: key === undefined ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: Object.entries(headers).map(([name, one]) => [name, Buffer.from(one)]),
    })
  }

  /** Removes the oldest ones. */
  cut(partition: number, count: number): void {
    const kept = this.#partitions[partition]!
    kept.begin += kept.records.splice(0, count).length
  }

  /** The same name, and nothing of what was there. */
  makeAnew(): void {
    this.#partitions = this.#partitions.map(() => ({ begin: 0, records: [] }))
  }

  grow(): void {
    this.#partitions.push({ begin: 0, records: [] })
  }

  length(partition: number): number {
    return this.#partitions[partition]!.records.length
  }

  /** Partitions. */
  get count(): number {
    return this.#partitions.length
  }

  async partitions(topic: string): Promise<readonly PartitionSpan[] | null> {
    if (topic !== this.topic) return null
    return this.#partitions.map(({ begin, records }, partition) => ({
      partition,
      begin: BigInt(begin),
      end: BigInt(begin + records.length),
    }))
  }

  async offsetsAt(topic: string, atMs: number): Promise<readonly PartitionSpan[] | null> {
    const spans = await this.partitions(topic)
    return (
      spans?.map((span) => {
        const { records } = this.#partitions[span.partition]!
        const first = records.find(({ at }) => at !== null && Date.parse(at) >= atMs)
        return { ...span, begin: first?.offset ?? span.end }
      }) ?? null
    )
  }

  async *read({ partition, begin, end }: RecordRange, signal: AbortSignal): AsyncGenerator<RecordPage> {
    for (let at = begin; at < end;) {
      this.onPage()
      signal.throwIfAborted()
      if (this.failsAfter === 0) throw new Error('the connection broke')
      if (this.failsAfter !== null) this.failsAfter -= 1
      if (this.endsAfter === 0) {
        this.endsAfter = null
        return
      }
      if (this.endsAfter !== null) this.endsAfter -= 1
      const records = this.#partitions
        [partition]!.records.filter(({ offset }) => offset >= at && offset < end)
        .slice(0, PAGE_RECORDS)
      const last = records.at(-1)
      if (last === undefined) return
      at = last.offset + 1n
      this.given += records.length
      yield { records, next: at < end ? at : end }
    }
  }
}
