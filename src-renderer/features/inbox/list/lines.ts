import { computed, onScopeDispose, ref, watch, type ComputedRef } from 'vue'
import type { Row } from './rows.ts'

/** So long after the last change the lines stand still. */
const AT_REST_MS = 150

/** A row that is in sight, and where it is drawn. */
export interface Line {
  /** Which element draws it. */
  readonly slot: number
  /** Lines below the origin. */
  readonly place: number
  readonly index: number
  readonly row: Row
}

export interface Lines {
  /** Index of the place 0: rows that come in above move it, and no line. */
  readonly origin: number
  /** In the order of the list. */
  readonly lines: readonly Line[]
}

export const NO_LINES: Lines = { origin: 0, lines: [] }

/**
 * Draws as little anew as can be: a row keeps its slot and its place as long as it is in sight, one that comes into sight takes
 * the slot of one that has left, and a row that was read again and is as it was stays the same object.
 */
export function drawnAgain(before: Lines, rows: readonly Row[], first: number): Lines {
  const old = new Map(before.lines.map((line) => [line.row.key, line]))
  const kept = rows.map(({ key }) => {
    const line = old.get(key)
    // A key that is there twice has one slot.
    old.delete(key)
    return line !== undefined && line.slot < rows.length ? line : undefined
  })
  const taken = new Set(kept.map((line) => line?.slot))
  const free = rows.map((_, slot) => slot).filter((slot) => !taken.has(slot))
  const still = kept.findIndex((line) => line !== undefined)
  const origin = first + Math.max(0, still) - (kept[still]?.place ?? 0)
  const lines = rows.map((row, at) => {
    const line = kept[at]
    const where = { index: first + at, place: first + at - origin }
    if (line === undefined) return { slot: free.shift() ?? at, ...where, row }
    return { slot: line.slot, ...where, row: isSame(line.row, row) ? line.row : row }
  })
  return { origin, lines }
}

function isSame(a: Row, b: Row): boolean {
  if (a === b) return true
  const keys = Object.keys(a) as (keyof Row)[]
  return keys.length === Object.keys(b).length && keys.every((key) => isEqual(a[key], b[key]))
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b))
}

export interface DrawnLines {
  readonly origin: ComputedRef<number>
  /** As they stand in the page; `told` is the index that is said of each. */
  readonly lines: ComputedRef<readonly (Line & { readonly told: number })[]>
}

/**
 * The lines as the page has them. At rest their order is the list's, and each says its index, for whoever has the page read to
 * him; while they change, both stay as they are: a line that is put elsewhere in the page is laid out anew.
 */
export function useLines(rows: () => readonly Row[], first: () => number): DrawnLines {
  const atRest = ref(true)
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  const drawn = computed<Lines>((before) => drawnAgain(before ?? NO_LINES, rows(), first()))
  watch(drawn, () => {
    atRest.value = false
    clearTimeout(timer)
    timer = setTimeout(() => {
      atRest.value = true
    }, AT_REST_MS)
  })
  return {
    origin: computed(() => drawn.value.origin),
    lines: computed((before) => {
      const lines = drawn.value.lines
      if (atRest.value || before === undefined) return lines.map((line) => ({ ...line, told: line.index }))
      const order = new Map(before.map(({ slot, told }, at) => [slot, { at, told }]))
      const placed = lines.map((line) => ({
        line,
        ...(order.get(line.slot) ?? { at: line.slot, told: line.index }),
      }))
      return placed.toSorted((a, b) => a.at - b.at).map(({ line, told }) => ({ ...line, told }))
    }),
  }
}
