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

/** Keys act on the row at the cursor: when the list is read again the cursor stays with its message, and not with its line. */
export function useKeptCursor(rows: () => readonly Row[], at: Ref<number>): void {
  watch(
    rows,
    (after, before) => {
      if (before[at.value]?.key !== after[at.value]?.key) at.value = movedTo(before, after, at.value)
    },
    // Before anything else hears of the rows: no key may meet them with the cursor of the old ones.
    { flush: 'sync' },
  )
}

interface Scrolled {
  readonly scroller: Readonly<Ref<HTMLElement | null>>
  /** Pixels, as they were heard last: to ask the element makes the browser lay everything out. */
  readonly top: Readonly<Ref<number>>
  readonly rowPx: number
}

/** Whoever has scrolled down reads on at the same message, whatever came in above it. */
export function useKeptScroll(rows: () => readonly Row[], { scroller, top, rowPx }: Scrolled): void {
  watch(
    rows,
    (after, before) => {
      const index = Math.floor(top.value / rowPx)
      if (index === 0 || before[index] === undefined || before[index].key === after[index]?.key) return
      if (scroller.value !== null) scroller.value.scrollTop += (movedTo(before, after, index) - index) * rowPx
    },
    { flush: 'post' },
  )
}
