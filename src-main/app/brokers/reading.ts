import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import { recordMatcher } from '../../domain/record-search.ts'
import type { RecordSearch } from '../../domain/record-search.ts'
import type { PartitionSpan, RecordLog, RecordPage } from '../../ports/topics.ts'
import { sharesOf, spanSize, spansOf } from './spans.ts'
import type { RecordRangeRequest } from './spans.ts'

/** Records that one reading finds at most. */
export const FOUND_MAX = 1_000
/** Offsets that one reading passes at most. */
export const SCANNED_MAX = 10_000_000
/** What one reading keeps of records that it found. */
export const KEPT_BYTES_MAX = 16 * 1024 * 1024
/** A reading ends after this time, wherever it is. */
export const READING_MS_MAX = 10 * 60_000

/** What a record costs beside its bytes. */
const RECORD_BYTES = 200

/** Why a reading came to its end. `complete` alone says that everything of the range was seen; `end-moving`: of what there was
 * when the end could be told. */
export type ReadingEnd =
  'complete' | 'end-moving' | 'found-limit' | 'scan-limit' | 'bytes-limit' | 'time-limit' | 'cancelled'

export interface ReadingRequest {
  readonly range: RecordRangeRequest
  /** Null: every record is wanted. */
  readonly search: RecordSearch | null
  /** Records, at most FOUND_MAX. */
  readonly limit: number
}

export interface Progress {
  /** Offsets that were passed, and that there are; of some there is no record. */
  readonly scanned: number
  readonly total: number
}

export interface ReadingOptions {
  readonly topics: RecordLog
  readonly nowMs: () => number
  readonly onFound: (record: RecordLetter) => void
  readonly onProgress: (progress: Progress) => void
}

interface Lane {
  readonly end: bigint
  readonly pages: AsyncIterator<RecordPage>
  /** Records that it may still give. */
  left: number
  at: bigint
}

/**
 * Reads a range page by page, the partitions in turn, until everything was seen or a limit is reached. Leaves nothing behind.
 * Throws RedriveError.
 */
export async function readRange(
  request: ReadingRequest,
  { topics, nowMs, onFound, onProgress }: ReadingOptions,
  signal: AbortSignal,
): Promise<ReadingEnd> {
  const { range, search } = request
  const limit = Math.min(request.limit, FOUND_MAX)
  // Without a search the newest ones are those that are shown.
  const asked =
    range.kind === 'tail' && search === null ? { ...range, records: Math.min(range.records, limit) } : range
  const spans = await spansOf(topics, asked, signal)
  const total = spans.reduce((sum, span) => sum + spanSize(span), 0)
  const quotas = search === null ? sharesOf(spans, limit) : spans.map(() => limit)
  const lanes = spans.map((span, index) =>
    laneOf(span, quotas[index] ?? 0, topics.read({ topic: range.topic, ...span }, signal)),
  )
  const whole: ReadingEnd = spans.some(({ endsLater }) => endsLater) ? 'end-moving' : 'complete'
  const wanted = search === null ? () => true : recordMatcher(search)
  const untilMs = nowMs() + READING_MS_MAX
  let [scanned, found, bytes] = [0, 0, 0]
  const passed = (lane: Lane, to: bigint): void => {
    scanned += Number(to - lane.at)
    lane.at = to
    onProgress({ scanned, total })
  }
  const take = (lane: Lane, { records, next }: RecordPage): void => {
    for (const record of records) {
      if (!wanted(record)) continue
      onFound(record)
      found += 1
      lane.left -= 1
      bytes += bytesOf(record)
      if (lane.left === 0 || found === limit || bytes > KEPT_BYTES_MAX)
        return passed(lane, record.offset + 1n)
    }
    passed(lane, next)
  }
  onProgress({ scanned, total })
  try {
    for (let open = lanes.filter(isOpen); open.length > 0; open = open.filter(isOpen)) {
      for (const lane of open) {
        const { done, value } = await lane.pages.next()
        // The log ends before the range does: what was missing is not there to be seen.
        if (done === true) passed(lane, lane.end)
        else take(lane, value)
        if (scanned >= total) return whole
        if (found === limit) return 'found-limit'
        if (bytes > KEPT_BYTES_MAX) return 'bytes-limit'
        if (scanned >= SCANNED_MAX) return 'scan-limit'
        if (nowMs() > untilMs) return 'time-limit'
      }
    }
    return scanned < total ? 'found-limit' : whole
  } finally {
    // One that is not read to its end may hold a connection.
    await Promise.all(lanes.map(async ({ pages }) => await pages.return?.()))
  }
}

function isOpen({ at, end, left }: Lane): boolean {
  return at < end && left > 0
}

function laneOf(span: PartitionSpan, left: number, pages: AsyncIterable<RecordPage>): Lane {
  return { end: span.end, at: span.begin, left, pages: pages[Symbol.asyncIterator]() }
}

function bytesOf({ key, value, headers }: RecordLetter): number {
  const ofHeaders = headers.reduce((sum, [name, one]) => sum + name.length + (one?.length ?? 0), 0)
  return RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders
}
