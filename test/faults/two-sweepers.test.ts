import { expect, test } from 'vitest'
import { isClean, table } from './score.ts'
import { twoSweepersAndRelay } from './two-sweepers.ts'

test('two consoles and a relay on 5,000 due rows: each row is published exactly once per claim', async () => {
  const score = await twoSweepersAndRelay(5_000, 60_000)
  console.log(table([score]))
  expect(score).toMatchObject({ attempted: 5_000, lost: 0, unexpected: 0, duplicated: 0, broken: [] })
  expect(score.acknowledged).toBe(4_950)
  expect(isClean(score)).toBe(true)
}, 120_000)
