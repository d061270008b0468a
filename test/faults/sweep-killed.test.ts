import { expect, test } from 'vitest'
import { sourceDrivers } from '../../src-main/domain/workspace.ts'
import { killAtEveryPoint } from './kill-points.ts'
import { isClean, table } from './score.ts'

test.each(sourceDrivers)(
  'kill -9 at journal points of a sweep on %s, every fourth (all: npm run faults): rows are given back or unknown, nothing lost, chains in order',
  async (driver) => {
    const { points, score } = await killAtEveryPoint('sweep', { count: 24, stride: 4, driver })
    console.log(table([score]))
    // The loop is worth nothing if it never killed anything, or never between a publish and its answer.
    expect(points).toBeGreaterThan(8)
    expect(score).toMatchObject({ lost: 0, unexpected: 0, duplicated: 0, broken: [] })
    expect(score.unknown).toBeGreaterThan(0)
    expect(isClean(score)).toBe(true)
  },
  300_000,
)

test('kill -9 at journal points of a bulk resend on MySQL, every eighth (all: npm run faults): nothing lost, nothing sent twice', async () => {
  const { points, score } = await killAtEveryPoint('careful resend', { count: 24, stride: 8, driver: 'mysql' })
  console.log(table([score]))
  expect(points).toBeGreaterThan(4)
  expect(score).toMatchObject({ lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 300_000)
