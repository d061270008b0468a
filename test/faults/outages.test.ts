import { expect, test } from 'vitest'
import { sourceRestarted } from './outages.ts'
import { isClean } from './score.ts'

test('PostgreSQL crashes in the middle of a job and recovers: the job ends by itself', async () => {
  const score = await sourceRestarted(3_000, 'immediate')
  expect(score).toMatchObject({ attempted: 3_000, acknowledged: 3_000, unknown: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 120_000)
