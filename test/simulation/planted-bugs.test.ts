import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plantedBugs } from './planted-bugs.ts'
import { properties } from './properties.ts'
import { openSeedPlace } from './run-seed.ts'
import type { SeedPlace } from './run-seed.ts'

/** A bug that more seeds do not show could live on unseen in `npm run test:proofs`. */
const SEEDS_MAX = 300

let place: SeedPlace
beforeAll(async () => {
  place = await openSeedPlace()
})
afterAll(() => place.close())

describe('each property finds a planted bug', () => {
  test.each(Object.entries(plantedBugs))('one that %s', async (_name, bug) => {
    for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
      const { violations } = await place.run(seed, bug)
      if (violations.some(({ property }) => property === bug.breaks)) return
    }
    expect.fail(`"${bug.breaks}" noticed nothing within ${SEEDS_MAX} seeds`)
  })

  test('no property is without one', () => {
    const broken = new Set(Object.values(plantedBugs).map(({ breaks }) => breaks))
    expect([...broken].sort()).toEqual([...properties].sort())
  })
})
