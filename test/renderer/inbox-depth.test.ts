import { expect, test } from 'vitest'
import { drawnAgain, NO_LINES } from '../../src-renderer/features/inbox/list/lines.ts'
import { keptTop, movedTo } from '../../src-renderer/features/inbox/list/kept-place.ts'
import { rowsOf, type Row } from '../../src-renderer/features/inbox/list/rows.ts'
import {
  joins,
  NOTHING_LOADED,
  putIn,
  staleIn,
  type Loaded,
  type PageRead,
} from '../../src-renderer/features/inbox/list/stretches.ts'
import { makeMessages } from './support/fake-messages.ts'

const PAGE = 4
const ALL = rowsOf('shop', makeMessages({ count: 120, nowMs: 0 }))

/** A table whose rows come and go, read by position as the engine reads: the cursor is the place of the last row that was read. */
function table(shown: readonly number[]) {
  const rows = shown.toSorted((a, b) => a - b)
  return (from: string | null): PageRead => {
    const after = rows.filter((at) => from === null || at > Number(from))
    const page = after.slice(0, PAGE)
    const found = page.flatMap((at): Row[] => (ALL[at] === undefined ? [] : [ALL[at]]))
    return { from, rows: found, next: after.length > PAGE ? String(page.at(-1)) : null }
  }
}

const keys = ({ rows }: { readonly rows: readonly Row[] }): string[] => rows.map(({ key }) => key)

function readAll(read: (from: string | null) => PageRead, pagesMax = 100): Loaded {
  let loaded = putIn(NOTHING_LOADED, [read(null)], 1)
  for (let page = 1; page < pagesMax && loaded.next !== null; page += 1)
    loaded = putIn(loaded, [read(loaded.next)], 1)
  return loaded
}

/** As a lane reads: on until what is loaded joins, or the end. */
function pagesFrom(
  loaded: Loaded,
  read: (from: string | null) => PageRead,
  asked: { readonly from: string | null; readonly pages: number },
): PageRead[] {
  const pages = [read(asked.from)]
  for (let next = pages[0]?.next ?? null; next !== null; next = pages.at(-1)?.next ?? null) {
    if (pages.length >= asked.pages + 2 || (pages.length >= asked.pages && joins(loaded, pages))) break
    pages.push(read(next))
  }
  return pages
}

/** The same numbers each time. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

test('whoever had scrolled below a thousand rows was thrown back at every news: the depth stays', () => {
  const before = readAll(table(Array.from({ length: 60 }, (_, at) => at + 20)), 10)
  const withNews = table(Array.from({ length: 70 }, (_, at) => at + 10))
  const first = withNews(null)
  const second = withNews(first.next)
  const third = withNews(second.next)
  const after = putIn(before, [first, second, third], 2)
  expect(keys(after)).toEqual(ALL.slice(10, 60).map(({ key }) => key))
  expect(after.next).toBe(before.next)
})

test('nothing is known of what lies between: more came in than was read, and the list ends there', () => {
  const before = readAll(table(Array.from({ length: 40 }, (_, at) => at + 60)))
  const read = table(Array.from({ length: 100 }, (_, at) => at))
  const after = putIn(before, [read(null)], 2)
  expect(keys(after)).toEqual(ALL.slice(0, PAGE).map(({ key }) => key))
  expect(after.next).not.toBeNull()
})

test('rows that come and go while pages are read again: at the end the list is the table, each row once', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = chance(seed)
    const some = (part: number): number[] => ALL.flatMap((_, at) => (random() < part ? [at] : []))
    let shown = some(0.4)
    let loaded = readAll(table(shown), 1 + Math.floor(random() * 12))
    let round = 1
    for (let step = 0; step < 6; step += 1) {
      const gone = new Set(some(0.15))
      shown = [...new Set([...shown.filter((at) => !gone.has(at)), ...some(0.1)])]
      const read = table(shown)
      round += 1
      loaded = putIn(
        loaded,
        pagesFrom(loaded, read, { from: null, pages: 1 + Math.floor(random() * 3) }),
        round,
      )
      expect(new Set(keys(loaded)).size).toBe(loaded.rows.length)
      // As far down as somebody looks, all is read again in the end.
      const until = Math.floor(random() * loaded.rows.length)
      for (
        let stale = staleIn(loaded, [0, until], round);
        stale !== undefined;
        stale = staleIn(loaded, [0, until], round)
      )
        loaded = putIn(loaded, pagesFrom(loaded, read, { from: stale.from, pages: 1 }), round)
      const truth = shown.toSorted((a, b) => a - b).map((at) => ALL[at]?.key)
      const looked = Math.min(until + 1, loaded.rows.length)
      expect(keys(loaded).slice(0, looked), `seed ${seed}, step ${step}`).toEqual(truth.slice(0, looked))
      if (loaded.next !== null && random() < 0.5) loaded = putIn(loaded, [read(loaded.next)], round)
    }
    for (
      let stale = staleIn(loaded, [0, 999], 99);
      stale !== undefined;
      stale = staleIn(loaded, [0, 999], 99)
    )
      loaded = putIn(loaded, pagesFrom(loaded, table(shown), { from: stale.from, pages: 1 }), 99)
    while (loaded.next !== null) loaded = putIn(loaded, [table(shown)(loaded.next)], 99)
    expect(keys(loaded), `seed ${seed}`).toEqual(shown.toSorted((a, b) => a - b).map((at) => ALL[at]?.key))
  }
})

test('a line that stays in sight keeps its slot, its place and its row; what is above it moves the origin alone', () => {
  const before = drawnAgain(NO_LINES, ALL.slice(10, 40), 0)
  const copies = ALL.slice(0, 30).map((row) => ({ ...row }))
  const after = drawnAgain(before, copies, 0)
  expect(after.origin).toBe(10)
  const old = new Map(before.lines.map((line) => [line.row.key, line]))
  for (const { index, slot, place, row } of after.lines.slice(10)) {
    expect(row).toBe(old.get(row.key)?.row)
    expect({ slot, place }).toEqual({ slot: old.get(row.key)?.slot, place: old.get(row.key)?.place })
    expect(place + after.origin).toBe(index)
  }
  expect(new Set(after.lines.map(({ slot }) => slot)).size).toBe(30)
  const changed = copies.map((row, at) => (at === 12 ? { ...row, attempts: 99 } : row))
  expect(drawnAgain(after, changed, 0).lines[12]?.row.attempts).toBe(99)
})

test('a list that shows other rows, fewer or none, is drawn whole', () => {
  const before = drawnAgain(NO_LINES, ALL.slice(0, 30), 0)
  const other = drawnAgain(before, ALL.slice(60, 70), 60)
  expect(other.lines.map(({ place }) => place + other.origin)).toEqual(
    Array.from({ length: 10 }, (_, at) => 60 + at),
  )
  expect(new Set(other.lines.map(({ slot }) => slot))).toEqual(
    new Set(Array.from({ length: 10 }, (_, at) => at)),
  )
  expect(drawnAgain(before, [], 0).lines).toEqual([])
})

test('the cursor stays with its message when others come in above it, and hands on when it is gone', () => {
  const before = ALL.slice(10, 40)
  expect(movedTo(before, ALL.slice(0, 40), 3)).toBe(13)
  expect(movedTo(before, before.toSpliced(3, 2), 3)).toBe(3)
  expect(movedTo(before, before.slice(0, 5), 20)).toBe(4)
  expect(movedTo(before, [], 2)).toBe(0)
})

test('a cursor that is in sight stays in sight, and whoever has scrolled down reads on at the same message', () => {
  const rows = ALL.slice(20, 80)
  const withNew = ALL.slice(10, 80)
  // At the top: the new ones are seen, unless the cursor would be lost.
  expect(keptTop({ rows, at: 3, top: 0, view: 900 }, { rows: withNew, at: 13, view: 900 }, 30)).toBe(0)
  expect(keptTop({ rows, at: 3, top: 0, view: 300 }, { rows: withNew, at: 13, view: 300 }, 30)).toBe(120)
  expect(keptTop({ rows, at: 0, top: 600, view: 300 }, { rows: withNew, at: 10, view: 300 }, 30)).toBe(900)
  expect(keptTop({ rows, at: 25, top: 600, view: 300 }, { rows: withNew, at: 35, view: 300 }, 30)).toBe(900)
  // A bar takes room below.
  expect(keptTop({ rows, at: 9, top: 0, view: 300 }, { rows, at: 9, view: 240 }, 30)).toBe(60)
  expect(keptTop({ rows, at: 50, top: 0, view: 300 }, { rows, at: 50, view: 240 }, 30)).toBe(0)
})
