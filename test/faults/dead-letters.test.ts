import { expect, test } from 'vitest'
import { deadLettersKilled } from './dead-letters.ts'
import { isClean, table } from './score.ts'

test('dead letters of five causes, redriven with kill -9 on the way: none is in neither place', async () => {
  const score = await deadLettersKilled(40, 1)
  console.log(table([score]))
  expect(score).toMatchObject({ attempted: 200, lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 240_000)
