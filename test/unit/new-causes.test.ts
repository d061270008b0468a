import { expect, test } from 'vitest'
import { NEW_CAUSES_MAX, newCauses } from '../../src-main/domain/new-causes.ts'

const nowMs = Date.parse('2026-03-01T12:00:00Z')
const group = (key: string, count: number, ageHours: number | null) => ({
  key,
  count,
  oldestCreatedAt: ageHours === null ? null : new Date(nowMs - ageHours * 3_600_000).toISOString(),
})
const found = (...groups: readonly ReturnType<typeof group>[]) =>
  newCauses(groups, nowMs).map(({ cause, count }) => [cause, count])

test('a cause is new that no message older than a day has, whatever differs from message to message', () => {
  expect(
    found(
      group('confirm timeout after 30000 ms', 3, 2),
      group('confirm timeout after 45000 ms', 4, 5),
      group('connection reset by peer', 90, 30),
      group('order 17 not found', 1, 3),
      group('order 18 not found', 1, 25),
    ),
  ).toEqual([['confirm timeout after <n> ms', 7]])
})

test('one of unknown age or without a text is not called new, and only the largest are told', () => {
  expect(found(group('no age', 5, null), group('', 9, 1))).toEqual([])
  const letters = [...'abcdefgh']
  expect(found(...letters.map((letter, at) => group(`failed because of ${letter}`, at + 1, 1)))).toEqual(
    letters
      .toReversed()
      .slice(0, NEW_CAUSES_MAX)
      .map((letter, at) => [`failed because of ${letter}`, letters.length - at]),
  )
})
