import type { Message } from '../../../../src-preload/contract/messages.ts'

/** A message where it comes from: the ids of two sources may be the same. */
export interface Row extends Message {
  readonly source: string
  readonly key: string
}

export function rowKey(source: string, id: string): string {
  return `${source}/${id}`
}

export function rowsOf(source: string, messages: readonly Message[]): Row[] {
  return messages.map((message) => ({ ...message, source, key: rowKey(source, message.id) }))
}

/** Null also where no key is given: then a long list is not gone through. */
export function rowOf(rows: readonly Row[], key: string | null): Row | null {
  return key === null ? null : (rows.find((row) => row.key === key) ?? null)
}

export interface LaneRows {
  readonly rows: readonly Row[]
  /** Its list goes on below, in order: what is older than its last row may still come from here. */
  readonly goesOn: boolean
}

export interface MergedRows {
  readonly rows: readonly Row[]
  /** Lanes that have to be read on before any more can be said. */
  readonly waitsFor: readonly number[]
}

/** So few rows left in a lane: it is read on together with the one that is waited for. */
const SPARE_ROWS = 50

/**
 * The lists of several sources as one, by the time of storing. Each source's own order is kept. It ends where the first
 * list that goes on has no more rows: what is shown below that could have to move later.
 */
export function mergedRows(lanes: readonly LaneRows[], order: 'newest' | 'oldest'): MergedRows {
  const [only] = lanes
  if (lanes.length === 1 && only !== undefined) return { rows: only.rows, waitsFor: only.goesOn ? [0] : [] }
  const heads = lanes.map((lane) => ({ at: 0, time: timeOf(lane.rows[0], null), ...lane }))
  const rows: Row[] = []
  const sooner = (a: number, b: number): boolean => (order === 'newest' ? a > b : a < b)
  for (;;) {
    if (heads.some(({ at, rows: of, goesOn }) => goesOn && at >= of.length)) break
    let next: (typeof heads)[number] | null = null
    for (const head of heads)
      if (head.at < head.rows.length && (next === null || sooner(head.time, next.time))) next = head
    const row = next?.rows[next.at]
    if (next === null || row === undefined) break
    rows.push(row)
    next.at += 1
    next.time = timeOf(next.rows[next.at], next.time)
  }
  const waitsFor = heads.flatMap(({ at, rows: of, goesOn }, lane) =>
    goesOn && of.length - at < SPARE_ROWS ? [lane] : [],
  )
  return { rows, waitsFor }
}

/** A row without a time stands with the one before it. */
function timeOf(row: Row | undefined, before: number | null): number {
  const createdAt = row?.createdAt ?? null
  return createdAt === null ? (before ?? 0) : Date.parse(createdAt)
}
