import { expect, test } from 'vitest'
import { killAtEveryPoint } from './kill-points.ts'
import { isClean, table } from './score.ts'

test('kill -9 at journal points of a sweep, every fourth (all: npm run faults): rows are given back or unknown, nothing lost, chains in order', async () => {
  const { points, score } = await killAtEveryPoint('sweep', 24, 4)
  console.log(table([score]))
  // The loop is worth nothing if it never killed anything, or never between a publish and its answer.
  expect(points).toBeGreaterThan(8)
  expect(score).toMatchObject({ lost: 0, unexpected: 0, duplicated: 0, broken: [] })
  expect(score.unknown).toBeGreaterThan(0)
  expect(isClean(score)).toBe(true)
}, 300_000)
