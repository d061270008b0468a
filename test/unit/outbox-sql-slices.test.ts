import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { inSlices } from '../../src-main/adapters/outbox-sql/slices.ts'
import type { IdRange, SliceEnd } from '../../src-main/adapters/outbox-sql/slices.ts'

/** A table of ids 1 to `rows` on a server that looks at `idsPerMs`, with this budget for a call. */
function call(rows: number, idsPerMs: number, budgetMs: number, after: string | null): Promise<SliceEnd> {
  return inSlices({
    order: 'oldest',
    after,
    budgetMs,
    edges: () => Promise.resolve({ min: '1', max: String(rows) }),
    async slice({ from, to }: IdRange, timeoutMs) {
      const neededMs = (Number(to) - Number(from) + 1) / idsPerMs
      await sleep(Math.min(neededMs, timeoutMs))
      if (neededMs > timeoutMs) throw new RedriveError('query-timeout', 'later', { limitMs: timeoutMs })
    },
    take: () => false,
  })
}

test('a server too slow for the first slice within the budget: every call gets further all the same', async () => {
  let after: string | null = null
  let calls = 0
  for (; calls < 10; calls += 1) {
    const ended: SliceEnd = await call(2_500, 50, 5, after)
    if (ended.end !== 'budget') break
    expect(BigInt(ended.after ?? '0')).toBeGreaterThan(BigInt(after ?? '0'))
    after = ended.after
  }
  expect(calls).toBeLessThan(10)
})

test('a server too slow even for the smallest slice: the call ends, and says that it came no further', async () => {
  expect(await call(2_500, 1, 5, null)).toEqual({ end: 'budget', after: null })
})
