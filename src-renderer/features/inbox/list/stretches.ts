import type { Row } from './rows.ts'

/** One answer of the engine: the rows from a cursor on. */
export interface PageRead {
  /** Null: from the beginning. */
  readonly from: string | null
  readonly rows: readonly Row[]
  /** Null: the list ends here. */
  readonly next: string | null
}

/** Rows that were read together, and can be again. */
interface Stretch {
  readonly from: string | null
  /** Index of its first row. */
  readonly at: number
  /** Which refresh of the list has read it. */
  readonly round: number
}

/** As much of a list as was read, from its beginning on without a hole. */
export interface Loaded {
  readonly rows: readonly Row[]
  readonly stretches: readonly Stretch[]
  /** Where it goes on below what is loaded. Null: nowhere. */
  readonly next: string | null
}

export const NOTHING_LOADED: Loaded = { rows: [], stretches: [], next: null }

/**
 * Puts pages, each read on from the one before, in the place of what had been read from there. Rows that came or went do not
 * matter: what lies below the last row of the pages stays. Where that row was not known (`joins`), nobody can say what lies
 * between: the list then ends with the pages.
 */
export function putIn(loaded: Loaded, pages: readonly PageRead[], round: number): Loaded {
  const begin = beginOf(loaded, pages)
  if (begin === null) return loaded
  const found = pages.flatMap(({ rows }) => rows)
  const next = pages.at(-1)?.next ?? null
  const end = next === null ? loaded.rows.length : endOf(loaded.rows, begin, found)
  const by = begin + found.length - end
  const read = [...loaded.stretches.filter(({ at }) => at < begin), ...stretchesOf(pages, begin, round)]
  const rows = loaded.rows.toSpliced(begin, end - begin, ...found)
  if (end === loaded.rows.length) return { rows, stretches: read, next }
  // It begins where the pages end, also where another had begun just there: they may have brought rows before its first.
  const rest = loaded.stretches.findLast(({ at }) => at <= end)
  const below = loaded.stretches
    .filter(({ at }) => at > end)
    .map((stretch) => ({ ...stretch, at: stretch.at + by }))
  return {
    rows,
    stretches: [...read, { from: next, at: end + by, round: rest?.round ?? round }, ...below],
    next: loaded.next,
  }
}

/** What is loaded below goes on where the pages end, or nothing is loaded there. */
export function joins(loaded: Loaded, pages: readonly PageRead[]): boolean {
  const begin = beginOf(loaded, pages)
  if (begin === null || begin === loaded.rows.length || pages.at(-1)?.next === null) return true
  const lowest = loaded.rows.at(-1)?.id
  if (pages.some(({ rows }) => rows.some(({ id }) => id === lowest))) return true
  const last = pages.findLast(({ rows }) => rows.length > 0)?.rows.at(-1)?.id
  return indexOf(loaded.rows, begin, last) !== null
}

/** The first stretch with rows from `first` to `last` (indexes) that was not read since the round began; undefined: there is none. */
export function staleIn(
  { stretches, rows }: Loaded,
  [first, last]: readonly [number, number],
  round: number,
): Stretch | undefined {
  return stretches.find((stretch, index) => {
    const end = stretches[index + 1]?.at ?? rows.length
    return stretch.round < round && stretch.at <= last && end > first
  })
}

function beginOf({ rows, stretches, next }: Loaded, [first]: readonly PageRead[]): number | null {
  if (first === undefined) return null
  if (first.from === null) return 0
  return stretches.find(({ from }) => from === first.from)?.at ?? (first.from === next ? rows.length : null)
}

/** Index after the last row that was found; the end of all where it was not known. */
function endOf(rows: readonly Row[], begin: number, found: readonly Row[]): number {
  const at = indexOf(rows, begin, found.at(-1)?.id)
  return at === null ? rows.length : at + 1
}

function indexOf(rows: readonly Row[], begin: number, id: string | undefined): number | null {
  for (let at = begin; at < rows.length; at += 1) if (rows[at]?.id === id) return at
  return null
}

function stretchesOf(pages: readonly PageRead[], begin: number, round: number): Stretch[] {
  let at = begin
  return pages.flatMap(({ from, rows }) => {
    const stretch = { from, at, round }
    at += rows.length
    return rows.length === 0 ? [] : [stretch]
  })
}
