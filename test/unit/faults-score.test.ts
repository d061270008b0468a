import { expect, test } from 'vitest'
import { isClean, scoreOf, sumOf, table } from '../faults/score.ts'

const sent = { attempted: ['a', 'b'], acknowledged: ['a', 'b'], delivered: ['a', 'b'], unknown: 0 }

test('the report calls clean what lost nothing, invented nothing and doubled no more than was unknown', () => {
  expect(isClean(scoreOf('well', sent))).toBe(true)
  expect(isClean(scoreOf('lost', { ...sent, delivered: ['a'] }))).toBe(false)
  expect(isClean(scoreOf('unexpected', { ...sent, delivered: ['a', 'b', 'c'] }))).toBe(false)
  const doubled = { ...sent, delivered: ['a', 'a', 'b'] }
  expect(isClean(scoreOf('doubled', doubled))).toBe(false)
  expect(isClean(scoreOf('doubled, but unknown', { ...doubled, unknown: 1 }))).toBe(true)
  expect(
    isClean(scoreOf('nothing attempted', { ...sent, attempted: [], acknowledged: [], delivered: [] })),
  ).toBe(false)
  expect(isClean(scoreOf('something else', { ...sent, broken: ['a chain is out of order'] }))).toBe(false)
})

test('a sum keeps what was broken, with its scenario', () => {
  const sum = sumOf('all', [scoreOf('one', sent), scoreOf('two', { ...sent, unknown: 3, broken: ['late'] })])
  expect(sum).toMatchObject({ attempted: 4, acknowledged: 4, unknown: 3, broken: ['two: late'] })
  expect(table([sum])).toContain('BROKEN two: late')
})
