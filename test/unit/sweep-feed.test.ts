import { expect, test } from 'vitest'
import type { JobRun } from '../../src-main/app/jobs/job-run.ts'
import { createSweepFeed } from '../../src-main/app/jobs/sweep-feed.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { DueRequest, DueRow } from '../../src-main/ports/due.ts'
import { quickSweep } from '../support/sweep-samples.ts'

function row(id: string): DueRow {
  const head = {
    id,
    messageId: `m-${id}`,
    attempts: 1,
    stateBefore: 'pending',
    version: '1',
    type: null,
  } as const
  const destination = { exchange: '', routingKey: 'q' }
  return {
    ...head,
    destination,
    chainKey: null,
    createdAt: '2026-01-01T00:00:00Z',
    payload: '{}',
    headers: null,
  }
}

test('two claims ahead, the answer of the first one lost: no row becomes two items, which would be two publishes', async () => {
  const table = ['1', '2', '3', '4']
  const claimed: string[] = []
  let lost = true
  const claimDue = async ({ limit, repeat }: DueRequest): Promise<readonly DueRow[]> => {
    if (repeat) return claimed.map(row)
    const got = table.splice(0, limit)
    claimed.push(...got)
    if (lost) {
      lost = false
      await new Promise((later) => setTimeout(later, 5))
      throw new RedriveError('connection-lost', 'unknown-effect', {})
    }
    // The answer of the second claim is slow: what it got stands in the table long before anybody here knows.
    await new Promise((later) => setTimeout(later, 50))
    return got.map(row)
  }
  const items: string[] = []
  const run = {
    ports: {
      operator: () => 'tester',
      clock: { sleep: () => Promise.resolve() },
      processes: { self: {} },
      jobReader: { confirmed: () => Promise.resolve(new Map()) },
      jobStore: {
        addItems: (_job: string, _by: unknown, added: readonly { id: string }[]) => {
          items.push(...added.map(({ id }) => id))
          return Promise.resolve()
        },
      },
    },
    job: { job: 'sweep-1', items: 0 },
    outbox: { claimDue },
    token: 'token',
    effects: new AbortController().signal,
  } as unknown as JobRun
  const feed = createSweepFeed(run, quickSweep, {
    ensureJob: () => Promise.resolve(),
    asking: { where: null, ask: () => Promise.resolve([]), problem: () => null },
    onConsumed: () => undefined,
  })
  const [first, second] = [await feed.claim(2, []), await feed.claim(2, [])]
  await Promise.all([first?.result, second?.result])
  expect(items.sort()).toEqual(['1', '2', '3', '4'])
})
