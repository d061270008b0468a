import { expect, test } from 'vitest'
import { isClean, table } from './score.ts'
import { teamKilled } from './team.ts'

test('two consoles and three agents on one store, one killed every few seconds: nothing lost, every item settled once', async () => {
  const score = await teamKilled(10_000, { killEveryMs: 2_000, timeoutMs: 300_000 })
  console.log(table([score]))
  expect(score).toMatchObject({ attempted: 10_000, lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 400_000)
