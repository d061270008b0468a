import { describe, expect, test } from 'vitest'
import { rowsOf, type Row } from '../../src-renderer/features/inbox/list/rows.ts'
import { afterRefresh } from '../../src-renderer/features/inbox/selection.ts'
import { makeMessages } from './support/fake-messages.ts'

const rows: Row[] = rowsOf('shop', makeMessages({ count: 10, nowMs: 0 }))
const chosen = (...indices: number[]): Map<string, Row> =>
  new Map(
    indices.flatMap((index) => (rows[index] === undefined ? [] : [[rows[index].key, rows[index]] as const])),
  )
/** The list goes on below. */
const upTo = (after: readonly Row[]) => ({ rows: after, goesOn: true })
const ids = (map: ReadonlyMap<string, Row>): string[] => [...map.keys()]

describe('the selection after a refresh', () => {
  test('what was sent meanwhile is no longer chosen', () => {
    const after = rows.filter((_, index) => index !== 1)
    expect(ids(afterRefresh(chosen(1, 2), rows, upTo(after)))).toEqual(ids(chosen(2)))
  })

  test('the last of a list that was sent is no longer chosen either', () => {
    const after = { rows: rows.slice(0, 8), goesOn: false }
    expect(ids(afterRefresh(chosen(2, 8, 9), rows, after))).toEqual(ids(chosen(2)))
    expect(ids(afterRefresh(chosen(8, 9), rows, { rows: [], goesOn: false }))).toEqual([])
  })

  test('what lies below the part that was read again stays chosen', () => {
    expect(ids(afterRefresh(chosen(1, 9), rows, upTo(rows.slice(0, 4))))).toEqual(ids(chosen(1, 9)))
  })

  test('an act carries the version that is on the screen now', () => {
    const after = rows.map((row) => ({ ...row, version: 'newer' }))
    expect([...afterRefresh(chosen(3), rows, upTo(after)).values()].map(({ version }) => version)).toEqual([
      'newer',
    ])
  })
})
