import { ALIAS } from './frame.ts'
import type { LookParts } from './parts.ts'
import { orTimeout, SLICE_TIMEOUT_MS } from './slices.ts'
import type { SliceEnd } from './slices.ts'
import type { SliceLook } from './slice-look.ts'

/** Rows of the first slice. */
const SLICE_ROWS_START = 5_000
const SLICE_ROWS_MIN = 100
const SLICE_ROWS_MAX = 500_000
const SLICE_SLOW_MS = 18
const SLICE_QUICK_MS = 9

/**
 * Along a key that is no whole number: the index of the key tells where the next so many rows end, then only those are
 * looked at. Each is a statement of its own that ends quickly.
 */
export async function inKeySlices<Result>(
  parts: LookParts,
  look: SliceLook<Result>,
  signal: AbortSignal,
): Promise<SliceEnd> {
  const startedAt = performance.now()
  const left = (): number => look.budgetMs - (performance.now() - startedAt)
  let rows = SLICE_ROWS_START
  let { after } = look
  for (;;) {
    if (left() <= 0) {
      if (after !== look.after || rows <= SLICE_ROWS_MIN) return { end: 'budget', after }
      // Nothing done yet: the next call would begin like this one and get no further either.
      rows = SLICE_ROWS_MIN
    }
    const smallest = rows <= SLICE_ROWS_MIN
    const timeoutMs = smallest ? Math.max(left(), SLICE_TIMEOUT_MS) : SLICE_TIMEOUT_MS
    const sliceStartedAt = performance.now()
    const done = await orTimeout(oneSlice(parts, look, { after, rows, timeoutMs }, signal))
    if (done === 'timeout') {
      if (smallest) return { end: 'budget', after }
      rows = Math.max(SLICE_ROWS_MIN, Math.floor(rows / 4))
      continue
    }
    if (look.take(done.result)) return { end: 'enough' }
    if (done.end === null) return { end: 'all' }
    after = done.end
    rows = adapted(rows, performance.now() - sliceStartedAt)
  }
}

/** `end`: the last place of the slice; null: the table ends within it. */
async function oneSlice<Result>(
  { session, sql }: LookParts,
  look: SliceLook<Result>,
  { after, rows, timeoutMs }: { after: string | null; rows: number; timeoutMs: number },
  signal: AbortSignal,
): Promise<{ readonly result: Result; readonly end: string | null }> {
  const params = sql.newParams()
  const newest = look.order === 'newest'
  const bound = after === null ? 'true' : sql.walk.bound(ALIAS, newest ? '<' : '>', after, params)
  const text =
    `select ${sql.walk.list(ALIAS)} from ${sql.table} ${ALIAS} where ${bound} ` +
    `order by ${sql.walk.orderOf(ALIAS, newest)} limit 1 offset ${rows - 1}`
  const [last] = await session.read({ text, values: params.values }, timeoutMs, signal)
  const end = last === undefined ? null : sql.walk.placeOf(last)
  const range = newest ? { from: end, to: null, after } : { from: null, to: end, after }
  return { result: await look.slice(range, timeoutMs), end }
}

function adapted(rows: number, tookMs: number): number {
  if (tookMs > SLICE_SLOW_MS) return Math.max(SLICE_ROWS_MIN, Math.floor(rows / 2))
  return tookMs > SLICE_QUICK_MS ? rows : Math.min(SLICE_ROWS_MAX, rows * 2)
}
