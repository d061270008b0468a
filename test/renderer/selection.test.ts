import { describe, expect, test } from 'vitest'
import { rowsOf, type Row } from '../../src-renderer/features/inbox/rows.ts'
import { afterRefresh } from '../../src-renderer/features/inbox/selection.ts'
import { makeMessages } from './support/fake-messages.ts'

const rows: Row[] = rowsOf('shop', makeMessages({ count: 10, nowMs: 0 }))
const chosen = (...indices: number[]): Map<string, Row> =>
  new Map(
    indices.flatMap((index) => (rows[index] === undefined ? [] : [[rows[index].key, rows[index]] as const])),
  )
const ids = (map: ReadonlyMap<string, Row>): string[] => [...map.keys()]

describe('the selection after a refresh', () => {
  test('what was sent meanwhile is no longer chosen', () => {
    const after = rows.filter((_, index) => index !== 1)
    expect(ids(afterRefresh(chosen(1, 2), rows, after))).toEqual(ids(chosen(2)))
  })

  test('what lies below the part that was read again stays chosen', () => {
    expect(ids(afterRefresh(chosen(1, 9), rows, rows.slice(0, 4)))).toEqual(ids(chosen(1, 9)))
  })

  test('an act carries the version that is on the screen now', () => {
    const after = rows.map((row) => ({ ...row, version: 'newer' }))
    expect([...afterRefresh(chosen(3), rows, after).values()].map(({ version }) => version)).toEqual([
      'newer',
    ])
  })
})
