import { RedriveError } from '../../domain/errors.ts'
import type { Order } from './cursor.ts'

/** Ids of the first slice. */
export const SLICE_IDS_START = 50_000
const SLICE_IDS_MIN = 500
/** Half of all bigints: ids that are spread over all of them are still walked in some dozen steps. */
const SLICE_IDS_MAX = 2n ** 62n
/** The server ends a slice after this; it is then tried again with fewer ids. */
export const SLICE_TIMEOUT_MS = 35
const SLICE_SLOW_MS = 18
const SLICE_QUICK_MS = 9
const SLICE_IDLE_MS = 3

/** Both ends belong to it. */
export interface IdRange {
  readonly from: string
  readonly to: string
}

export interface SliceJob<Result> {
  readonly order: Order
  /** Last id already done; null: none. */
  readonly after: string | null
  /** May be passed by one smallest slice: every call gets further. */
  readonly budgetMs: number
  /** Smallest and largest id; null: the table is empty. */
  edges(timeoutMs: number): Promise<{ readonly min: string; readonly max: string } | null>
  /** Must reject with RedriveError `query-timeout` where the limit ran out. */
  slice(range: IdRange, timeoutMs: number): Promise<Result>
  /** True: enough. */
  take(result: Result): boolean
}

export type SliceEnd =
  | { readonly end: 'all' | 'enough' }
  /** `after`: last id that was looked at, null where not even the first slice was done. */
  | { readonly end: 'budget'; readonly after: string | null }

/**
 * Walks the table in ranges of ids, each a statement of its own that ends quickly, so that no long statement holds
 * back vacuum or occupies the server. Ranges grow over gaps and shrink in dense or slow regions.
 */
export async function inSlices<Result>(job: SliceJob<Result>): Promise<SliceEnd> {
  const startedAt = performance.now()
  const left = (): number => job.budgetMs - (performance.now() - startedAt)
  const edges = await orTimeout(job.edges(Math.max(SLICE_TIMEOUT_MS, left())))
  if (edges === 'timeout') return { end: 'budget', after: job.after }
  return edges === null ? { end: 'all' } : walk(job, edges, left)
}

async function walk<Result>(
  job: SliceJob<Result>,
  edges: { readonly min: string; readonly max: string },
  left: () => number,
): Promise<SliceEnd> {
  const newest = job.order === 'newest'
  const min = BigInt(edges.min)
  const max = BigInt(edges.max)
  let ids = BigInt(SLICE_IDS_START)
  // The next id to look at, and the last one of all.
  let next = firstId(job, newest ? max : min)
  const last = newest ? min : max
  let after = job.after
  while (newest ? next >= last : next <= last) {
    if (left() <= 0) {
      if (after !== job.after || ids <= BigInt(SLICE_IDS_MIN)) return { end: 'budget', after }
      // Nothing done yet: the next call would begin like this one and get no further either.
      ids = BigInt(SLICE_IDS_MIN)
    }
    const range = rangeOf(next, ids, last, newest)
    // A slice that cannot be made smaller may take what is left.
    const smallest = ids <= BigInt(SLICE_IDS_MIN)
    const sliceStartedAt = performance.now()
    const result = await orTimeout(
      job.slice(range, smallest ? Math.max(left(), SLICE_TIMEOUT_MS) : SLICE_TIMEOUT_MS),
    )
    if (result === 'timeout') {
      if (smallest) return { end: 'budget', after }
      ids = afterTimeout(ids)
      continue
    }
    if (job.take(result)) return { end: 'enough' }
    after = newest ? range.from : range.to
    next = BigInt(after) + (newest ? -1n : 1n)
    ids = adapted(ids, performance.now() - sliceStartedAt)
  }
  return { end: 'all' }
}

function rangeOf(next: bigint, ids: bigint, last: bigint, newest: boolean): IdRange {
  const end = newest ? next - ids + 1n : next + ids - 1n
  const clamped = newest === end < last ? last : end
  return newest ? { from: String(clamped), to: String(next) } : { from: String(next), to: String(clamped) }
}

function firstId(job: { order: Order; after: string | null }, edge: bigint): bigint {
  if (job.after === null) return edge
  const after = BigInt(job.after)
  if (job.order === 'newest') return after - 1n < edge ? after - 1n : edge
  return after + 1n > edge ? after + 1n : edge
}

function adapted(ids: bigint, tookMs: number): bigint {
  if (tookMs > SLICE_SLOW_MS) return atLeast(ids / 2n, BigInt(SLICE_IDS_MIN))
  if (tookMs > SLICE_QUICK_MS) return ids
  const grown = tookMs > SLICE_IDLE_MS ? (ids * 3n) / 2n : ids * 4n
  return grown > SLICE_IDS_MAX ? SLICE_IDS_MAX : grown
}

/** A slice that grew over a gap and met a dense region begins anew; another one is made smaller. */
function afterTimeout(ids: bigint): bigint {
  const start = BigInt(SLICE_IDS_START)
  return ids > start ? start : atLeast(ids / 4n, BigInt(SLICE_IDS_MIN))
}

function atLeast(ids: bigint, least: bigint): bigint {
  return ids < least ? least : ids
}

/** A statement that ran out of its time, as a value. */
export async function orTimeout<Result>(running: Promise<Result>): Promise<Result | 'timeout'> {
  try {
    return await running
  } catch (error) {
    if (error instanceof RedriveError && error.code === 'query-timeout') return 'timeout'
    throw error
  }
}
