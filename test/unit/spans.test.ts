import fc from 'fast-check'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src-main/adapters/store-sqlite/database.ts'
import { rangesOf, untouched } from '../../src-main/adapters/store-rows/spans.ts'
import type { Range, SpanFacts } from '../../src-main/adapters/store-rows/spans.ts'
import { openSpans } from '../../src-main/adapters/store-sqlite/spans.ts'
import { itemStates } from '../../src-main/domain/job.ts'
import type { ItemState } from '../../src-main/domain/job.ts'

const ITEMS = 40
const OTHER_JOB = 2

function open() {
  const db = openDatabase(join(mkdtempSync(join(tmpdir(), 'redrive-spans-')), 'redrive.db'))
  // The spans alone: no job and no plan is behind them.
  db.pragma('foreign_keys = off')
  const rows = db.prepare<[number], Range & { state: ItemState; version: string | null; at: string }>(
    `SELECT first_seq AS first, last_seq AS last, state, version, updated_at AS at FROM job_spans
     WHERE job_key = ? ORDER BY first_seq`,
  )
  return { db, spans: openSpans(db), rows: (jobKey: number) => rows.all(jobKey) }
}

interface Item {
  readonly state: ItemState
  readonly version: string | null
  readonly at: string
}

/** The spans read as the array that they stand for; every item has to be in exactly one. */
function expand(rows: readonly (Range & Item)[]): Item[] {
  const items: Item[] = []
  for (const { first, last, state, version, at } of rows) {
    expect(first).toBe(items.length + 1)
    expect(last).toBeGreaterThanOrEqual(first)
    for (let seq = first; seq <= last; seq += 1) items.push({ state, version, at })
  }
  return items
}

const change = fc.record({
  first: fc.integer({ min: 1, max: ITEMS + 2 }),
  length: fc.integer({ min: 1, max: ITEMS }),
  /** Items in one of these states take the change; another one refuses it all. */
  from: fc.subarray([...itemStates], { minLength: 1 }),
  to: fc.constantFrom(...itemStates),
  version: fc.option(fc.constantFrom('a', 'b')),
})

test('any sequence of changes does to spans what it does to an array of items; a refusal changes nothing', () => {
  const { db, spans, rows } = open()
  let jobKey = OTHER_JOB
  spans.add(OTHER_JOB, { first: 1, last: ITEMS }, untouched, 'start')
  const other = rows(OTHER_JOB)
  let refusals = 0
  let splits = 0
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.nat(ITEMS), (changes, grown) => {
      jobKey += 1
      const count = ITEMS - grown
      spans.add(jobKey, { first: 1, last: ITEMS - grown || 1 }, untouched, 'start')
      let model: Item[] = Array.from({ length: count || 1 }, () => ({
        state: 'planned',
        version: null,
        at: 'start',
      }))
      for (const [index, { first, length, from, to, version }] of changes.entries()) {
        const last = first + length - 1
        const at = String(index)
        const touched = model.slice(first - 1, last)
        const fits = touched.length === length && touched.every(({ state }) => from.includes(state))
        let seen = 0
        const step = (facts: SpanFacts, neighbours: number): SpanFacts | null => {
          seen += neighbours
          return from.includes(facts.state) ? { ...facts, state: to, version } : null
        }
        const undone = new Error('undone')
        const changed = (): boolean => {
          let answer = false
          const work = db.transaction(() => {
            answer = spans.change(jobKey, { first, last }, at, step)
            if (!answer) throw undone
          })
          try {
            work()
          } catch (error) {
            expect(error).toBe(undone)
          }
          return answer
        }
        expect(changed()).toBe(fits)
        if (fits) {
          expect(seen).toBe(length)
          model = model.map((item, place) =>
            place + 1 >= first && place + 1 <= last ? { state: to, version, at } : item,
          )
        } else refusals += 1
        expect(expand(rows(jobKey))).toEqual(model)
      }
      splits = Math.max(splits, rows(jobKey).length)
    }),
    { numRuns: 150 },
  )
  expect(refusals).toBeGreaterThan(100)
  expect(splits).toBeGreaterThan(5)
  expect(rows(OTHER_JOB)).toEqual(other)
  db.close()
})

test('a batch moves as one row, and what is beside it keeps its time', () => {
  const { db, spans, rows } = open()
  spans.add(1, { first: 1, last: 1_000_000 }, untouched, 't0')
  const to =
    (state: ItemState) =>
    (facts: SpanFacts): SpanFacts => ({ ...facts, state })
  expect(spans.change(1, { first: 501, last: 1_500 }, 't1', to('claiming'))).toBe(true)
  expect(rows(1)).toMatchObject([
    { first: 1, last: 500, state: 'planned', at: 't0' },
    { first: 501, last: 1_500, state: 'claiming', at: 't1' },
    { first: 1_501, last: 1_000_000, state: 'planned', at: 't0' },
  ])
  // A job that grows gets its next items behind the last.
  spans.add(1, { first: 1_000_001, last: 1_000_003 }, { ...untouched, state: 'publishing' }, 't2')
  expect(spans.change(1, { first: 1_000_000, last: 1_000_004 }, 't3', to('done'))).toBe(false)
  db.close()
})

test('neighbours make ranges, in whatever order they come', () => {
  expect(rangesOf([])).toEqual([])
  expect(rangesOf([7])).toEqual([{ first: 7, last: 7 }])
  expect(rangesOf([3, 1, 2, 9, 8, 5])).toEqual([
    { first: 1, last: 3 },
    { first: 5, last: 5 },
    { first: 8, last: 9 },
  ])
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), (seqs) => {
      const ranges = rangesOf(seqs)
      const all = ranges.flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      )
      expect(all).toEqual([...seqs].sort((a, b) => a - b))
      for (const [index, { first }] of ranges.entries()) {
        if (index > 0) expect(first).toBeGreaterThan((ranges[index - 1]?.last ?? 0) + 1)
      }
    }),
  )
})
