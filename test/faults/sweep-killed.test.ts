import { expect, test } from 'vitest'
import { killAtEveryPoint } from './kill-points.ts'
import { isClean, table } from './score.ts'

/** Every point of both kinds of sources: npm run faults. */
test.each([
  { driver: 'postgres', stride: 4 },
  { driver: 'mysql', stride: 6 },
] as const)(
  'kill -9 at journal points of a sweep on $driver, every $stride: rows are given back or unknown, nothing lost, chains in order',
  async ({ driver, stride }) => {
    const { points, score } = await killAtEveryPoint('sweep', { count: 24, stride, driver })
    console.log(table([score]))
    // The loop is worth nothing if it never killed anything, or never between a publish and its answer.
    expect(points).toBeGreaterThan(8)
    expect(score).toMatchObject({ lost: 0, unexpected: 0, duplicated: 0, broken: [] })
    expect(score.unknown).toBeGreaterThan(0)
    expect(isClean(score)).toBe(true)
  },
  300_000,
)

test('kill -9 at journal points of a bulk resend on mysql, every 10: nothing lost, nothing sent twice', async () => {
  const { points, score } = await killAtEveryPoint('careful resend', {
    count: 24,
    stride: 10,
    driver: 'mysql',
  })
  console.log(table([score]))
  expect(points).toBeGreaterThan(4)
  expect(score).toMatchObject({ lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 300_000)
