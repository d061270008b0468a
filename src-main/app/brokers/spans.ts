import { RedriveError } from '../../domain/errors.ts'
import type { PartitionSpan, RecordLog } from '../../ports/topics.ts'

/** What of a topic is read. `partition` null: each of them. */
export type RecordRangeRequest = {
  readonly topic: string
  readonly partition: number | null
} & (
  | {
      readonly kind: 'offsets'
      readonly from: bigint
      /** Not this one any more; null: to the end. */
      readonly to: bigint | null
    }
  | {
      readonly kind: 'times'
      readonly sinceMs: number
      /** Null: to the end. */
      readonly untilMs: number | null
    }
  /** The newest ones, `records` in all. */
  | { readonly kind: 'tail'; readonly records: number }
)

/** Where that lies, as the log stands now. Throws `topic-missing`, `partition-missing`. */
export async function spansOf(
  topics: RecordLog,
  range: RecordRangeRequest,
  signal: AbortSignal,
): Promise<readonly PartitionSpan[]> {
  const { topic, partition } = range
  const all = await topics.partitions(topic, signal)
  if (all === null) throw new RedriveError('topic-missing', 'never', { reason: `no topic '${topic}'` })
  const spans = all.filter((span) => partition === null || span.partition === partition)
  if (spans.length === 0)
    throw new RedriveError('partition-missing', 'never', {
      reason: `${topic} has no partition ${partition ?? 0}`,
    })
  if (range.kind === 'tail') return tails(spans, range.records)
  if (range.kind === 'offsets') return spans.map((span) => cut(span, range.from, range.to))
  const { sinceMs, untilMs } = range
  const begins = beginsOf(await topics.offsetsAt(topic, sinceMs, signal))
  const ends = untilMs === null ? null : beginsOf(await topics.offsetsAt(topic, untilMs, signal))
  return spans.map((span) =>
    cut(span, begins.get(span.partition) ?? span.end, ends?.get(span.partition) ?? null),
  )
}

function beginsOf(spans: readonly PartitionSpan[] | null): ReadonlyMap<number, bigint> {
  return new Map((spans ?? []).map(({ partition, begin }) => [partition, begin]))
}

function cut({ endsLater, ...span }: PartitionSpan, from: bigint, to: bigint | null): PartitionSpan {
  const begin = from < span.begin ? span.begin : from > span.end ? span.end : from
  const isToEnd = to === null || to > span.end
  const end = isToEnd ? span.end : to
  return { ...span, begin, end: end < begin ? begin : end, ...(isToEnd && endsLater ? { endsLater } : {}) }
}

/** The ends of the partitions, `limit` records in all, by `sharesOf`. */
export function tails(spans: readonly PartitionSpan[], limit: number): readonly PartitionSpan[] {
  const shares = sharesOf(spans, limit)
  return spans
    .map((span, index): PartitionSpan => ({ ...span, begin: span.end - BigInt(shares[index] ?? 0) }))
    .sort((one, other) => one.partition - other.partition)
}

/** How many records of each partition are taken, `limit` in all; what a short one leaves goes to the longer ones. */
export function sharesOf(spans: readonly PartitionSpan[], limit: number): readonly number[] {
  const shares = spans.map(() => 0)
  const byLength = spans
    .map((span, index) => ({ size: spanSize(span), index }))
    .sort((a, b) => a.size - b.size)
  let left = limit
  for (const [place, { size, index }] of byLength.entries()) {
    const share = Math.min(size, Math.ceil(left / (byLength.length - place)))
    shares[index] = share
    left -= share
  }
  return shares
}

/** Offsets, of which some may hold no record. */
export function spanSize({ begin, end }: PartitionSpan): number {
  return Number(end - begin)
}
