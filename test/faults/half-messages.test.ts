import { expect, test } from 'vitest'
import { halfMessagesKilled } from './half-messages.ts'
import { isClean, table } from './score.ts'

test.each([
  { driver: 'postgres', count: 500, kills: 10 },
  { driver: 'mysql', count: 200, kills: 5 },
] as const)(
  '$count half messages of $driver, a check service that fails, kill -9 at $kills points: commits once, rollbacks never',
  async ({ driver, count, kills }) => {
    const score = await halfMessagesKilled(count, kills, driver)
    console.log(table([score]))
    expect(score).toMatchObject({
      attempted: (count / 5) * 2,
      acknowledged: (count / 5) * 2,
      lost: 0,
      unexpected: 0,
      duplicated: 0,
      broken: [],
    })
    expect(isClean(score)).toBe(true)
  },
  120_000,
)
