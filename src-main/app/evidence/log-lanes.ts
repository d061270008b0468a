import { recordDigest } from '../../domain/dead-letter/record-letter.ts'
import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { PartitionSpan, RecordLog } from '../../ports/topics.ts'

/** Partitions that are read at a time. */
const READ_AT_ONCE = 8

/** What of one partition has been read: from `begin` up to and without `next`. */
interface Lane {
  begin: bigint
  next: bigint
  /** The last record, to be met again; null: none was read. */
  last: { readonly offset: bigint; readonly identity: string } | null
}

export interface LogPlace {
  readonly log: RecordLog
  readonly topic: string
}

/** Thrown where what was read is not what stands there now: the log was made anew, or lost records while it was read. */
export class LogChanged extends Error {}

/** How far each partition of a log was read. Hands every record out once. */
export class LogLanes {
  readonly #lanes = new Map<number, Lane>()
  readonly #take: (record: RecordLetter) => void
  /** Partitions of which something was handed out that does not count as read yet. */
  readonly #tearing = new Set<number>()
  /** First offsets of what was read since it was last seen that nothing of it had gone before. */
  readonly #unsure = new Map<number, bigint>()
  #isWhole = false

  constructor(take: (record: RecordLetter) => void) {
    this.#take = take
  }

  /** False: no reading came to its end so far. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** Offsets between the begin and the end of what was read. */
  get size(): number {
    return [...this.#lanes.values()].reduce((sum, { begin, next }) => sum + Number(next - begin), 0)
  }

  /** Offsets that stand behind what was read, of a log that ends so. */
  ahead(spans: readonly PartitionSpan[]): number {
    return spans.reduce((sum, { partition, begin, end }) => {
      const next = this.#lanes.get(partition)?.next ?? (this.#isWhole ? begin : end)
      return sum + Number(end - next)
    }, 0)
  }

  /** Something was handed out of what does not count as read: nothing of this is of use any more. */
  get torn(): boolean {
    return this.#tearing.size > 0
  }

  /** Nothing was read of a partition by which it could be known again. */
  get isUnknown(): boolean {
    return [...this.#lanes.values()].some(({ last, next }) => last === null && next > 0n)
  }

  /** False: a log in which these would be the begins is not the one that was read. */
  couldBegin(spans: readonly PartitionSpan[]): boolean {
    return spans.every(({ partition, begin }) => begin >= (this.#lanes.get(partition)?.begin ?? 0n))
  }

  /** A partition that came since the last reading has lost records already. */
  missed(spans: readonly PartitionSpan[]): boolean {
    return this.#isWhole && spans.some(({ partition, begin }) => begin > 0n && !this.#lanes.has(partition))
  }

  /** As far back as was read; a partition that was not there then, from its begin on. */
  kept(spans: readonly PartitionSpan[]): readonly PartitionSpan[] {
    return spans.map((span) => ({ ...span, begin: this.#lanes.get(span.partition)?.begin ?? span.begin }))
  }

  /**
   * Reads what is missing between where each of `spans` begins and where it ends. Throws `LogChanged`, after which nothing of
   * this is of use; after another error it can be read on, unless it is `torn`.
   */
  async read(place: LogPlace, spans: readonly PartitionSpan[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < spans.length; at += READ_AT_ONCE) {
      const some = spans.slice(at, at + READ_AT_ONCE)
      // Each to its end: one that went on beside the next call would hand out the same records.
      const ended = await Promise.allSettled(some.map((span) => this.#readOne(place, span, signal)))
      for (const one of ended) if (one.status === 'rejected') throw one.reason
    }
    await requireUntouched(place, this.#unsure, signal)
    this.#unsure.clear()
    this.#isWhole = true
  }

  async #readOne(
    { log, topic }: LogPlace,
    { partition, begin, end }: PartitionSpan,
    signal: AbortSignal,
  ): Promise<void> {
    const lane: Lane = this.#lanes.get(partition) ?? { begin, next: begin, last: null }
    this.#lanes.set(partition, lane)
    if (lane.next > end) throw new LogChanged(`${topic}/${partition} is shorter than it was`)
    if (begin < lane.begin) {
      this.#noteFrom(partition, begin)
      this.#tearing.add(partition)
      const before = { topic, partition, begin, end: lane.begin }
      let last: Lane['last'] = null
      let read = begin
      for await (const { records, next } of log.read(before, signal)) {
        records.forEach(this.#take)
        last = metOf(records) ?? last
        read = next
      }
      if (read < lane.begin) throw new LogChanged(`${topic}/${partition} ended while it was read`)
      lane.begin = begin
      lane.last ??= last
      this.#tearing.delete(partition)
    }
    if (lane.next < end) this.#noteFrom(partition, lane.next)
    await this.#readOn({ log, topic }, { partition, lane, end }, signal)
  }

  #noteFrom(partition: number, offset: bigint): void {
    const known = this.#unsure.get(partition)
    if (known === undefined || offset < known) this.#unsure.set(partition, offset)
  }

  async #readOn(
    { log, topic }: LogPlace,
    { partition, lane, end }: { readonly partition: number; readonly lane: Lane; readonly end: bigint },
    signal: AbortSignal,
  ): Promise<void> {
    let known = lane.last
    const range = { topic, partition, begin: known?.offset ?? lane.next, end }
    if (range.begin >= end) return
    for await (const { records, next } of log.read(range, signal)) {
      const fresh = known === null ? records : behind(known, records, `${topic}/${partition}`)
      if (records.length > 0) known = null
      fresh.forEach(this.#take)
      lane.last = metOf(records) ?? lane.last
      if (next > lane.next) lane.next = next
    }
    if (known !== null || lane.next < end)
      throw new LogChanged(`${topic}/${partition} ended while it was read`)
  }
}

/** What comes after the record that was the last one, which must be met first. */
function behind(
  known: NonNullable<Lane['last']>,
  records: readonly RecordLetter[],
  where: string,
): readonly RecordLetter[] {
  const [first, ...rest] = records
  if (first !== undefined && (first.offset !== known.offset || identityOf(first) !== known.identity))
    throw new LogChanged(`${where} is another log than before`)
  return rest
}

function metOf(records: readonly RecordLetter[]): Lane['last'] {
  const last = records.at(-1)
  return last === undefined ? null : { offset: last.offset, identity: identityOf(last) }
}

/** Two records at the same offset that differ in it are of two logs. */
function identityOf(record: RecordLetter): string {
  return JSON.stringify([recordDigest(record), record.at, record.messageId])
}

/** What retention took away while it was being read was passed over in silence. */
async function requireUntouched(
  { log, topic }: LogPlace,
  lowest: ReadonlyMap<number, bigint>,
  signal: AbortSignal,
): Promise<void> {
  if (lowest.size === 0) return
  const now = await requireSpans(log.partitions(topic, signal), topic)
  const begins = new Map(now.map(({ partition, begin }) => [partition, begin]))
  for (const [partition, read] of lowest) {
    const begin = begins.get(partition)
    if (begin === undefined || begin > read)
      throw new LogChanged(`${topic}/${partition} lost records while it was read`)
  }
}

/** Throws `topic-missing` where there is none. */
export async function requireSpans(
  asked: Promise<readonly PartitionSpan[] | null>,
  topic: string,
): Promise<readonly PartitionSpan[]> {
  const spans = await asked
  if (spans === null) throw new RedriveError('topic-missing', 'never', { reason: `no topic '${topic}'` })
  return spans
}
