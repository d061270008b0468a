import { watch, type Ref } from 'vue'
import type { Row } from './rows.ts'

/** Rows after one that is gone, of which the first that is still there takes its place. */
const NEIGHBOURS_MAX = 50

/** Where the row at `index` stands after the list was read again; one that is gone hands its place to the row after it. */
export function movedTo(before: readonly Row[], after: readonly Row[], index: number): number {
  for (const { key } of before.slice(index, index + NEIGHBOURS_MAX)) {
    const at = after[index]?.key === key ? index : after.findIndex((row) => row.key === key)
    if (at >= 0) return at
  }
  return Math.max(0, Math.min(index, after.length - 1))
}

/**
 * Keys act on the row at the cursor: when the list is read again the cursor stays with its message, and not with its line. Where
 * nobody has taken it up (`isFree`) it stays at the top, with the newest.
 */
export function useKeptCursor(rows: () => readonly Row[], at: Ref<number>, isFree: () => boolean): void {
  watch(
    rows,
    (after, before) => {
      if (at.value === 0 && isFree()) return
      if (before[at.value]?.key !== after[at.value]?.key) at.value = movedTo(before, after, at.value)
    },
    // Before anything else hears of the rows: no key may meet them with the cursor of the old ones.
    { flush: 'sync' },
  )
}

/** What is in sight of a list. */
export interface Sighted {
  readonly rows: readonly Row[]
  /** Index of the cursor. */
  readonly at: number
  /** Pixels above what is in sight, and of that. */
  readonly top: number
  readonly view: number
}

/**
 * How far to scroll when other rows are there, or less room: whoever has scrolled down reads on at the same message, whatever
 * came in above it, and a cursor that was in sight still is.
 */
export function keptTop(before: Sighted, after: Omit<Sighted, 'top'>, rowPx: number): number {
  const first = Math.floor(before.top / rowPx)
  const stays = first === 0 || before.rows === after.rows || before.rows[first] === undefined
  const top = stays ? before.top : before.top + (movedTo(before.rows, after.rows, first) - first) * rowPx
  const start = before.at * rowPx
  const wasInSight = start + rowPx > before.top && start < before.top + before.view
  if (!wasInSight) return top
  return Math.max(Math.min(top, after.at * rowPx), (after.at + 1) * rowPx - after.view)
}
