import { expect, test } from 'vitest'
import { nameOf, networkHandful, runNetworkCases } from './network.ts'
import { isClean, sumOf, table } from './score.ts'

test('the network fails in the middle of jobs and sweeps: they end, and the verdict holds', async () => {
  const scores = await runNetworkCases(networkHandful)
  console.log(table(scores))
  expect(scores.map(({ scenario, broken }) => [scenario, broken])).toEqual(
    networkHandful.map((one) => [nameOf(one), []]),
  )
  expect(scores.filter((score) => !isClean(score))).toEqual([])
  // Answers did get lost: otherwise nothing was at stake.
  expect(sumOf('all', scores).unknown).toBeGreaterThan(0)
}, 240_000)
