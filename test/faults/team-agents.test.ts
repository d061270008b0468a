import { expect, test } from 'vitest'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import { addPending } from '../support/sweep-samples.ts'
import { testSource } from '../support/test-engine.ts'
import { runOptions } from '../support/store-samples.ts'
import { openTeamStage } from './team-stage.ts'

const AGENTS = 3
const JOBS = 12
const EACH = 50
const never = new AbortController().signal

test('twelve jobs that wait spread over three agents: each has some, none runs twice, every message goes out once', async () => {
  const team = await openTeamStage()
  const { stage, store } = team
  await addPending(stage.database, { queue: stage.queue, count: JOBS * EACH })
  await stage.database.sql(
    `update outbox_message set status = 'failed', attempts = 3, last_error = 'refused'`,
  )
  // A console begins them all and is closed: that is how jobs are left for others.
  const first = await stage.engine({ store })
  await first.unlock()
  const { ports, connections, jobs } = first.engine
  for (let at = 0; at < JOBS; at += 1) {
    const ids = Array.from({ length: EACH }, (_, n) => String(at * EACH + n + 1))
    const selection = { kind: 'ids', ids } as const
    const plan = await planResend(
      ports,
      connections,
      { source: testSource, selection, edit: null, redirect: null },
      never,
    )
    const options = { ...runOptions, rate: 5 }
    await jobs.run({ plan: plan.plan, digest: plan.digest, typedCount: null, options }, never)
  }
  await first.close()
  const states = async (): Promise<readonly string[]> =>
    (await store.jobReader.jobs({ before: null, limit: 100 })).map(({ state }) => state)
  expect(await states()).toEqual(Array<string>(JOBS).fill('interrupted'))

  const agents = await Promise.all(
    Array.from({ length: AGENTS }, () => team.command('agent', '--source', testSource)),
  )
  await expect.poll(states, { timeout: 150_000, interval: 500 }).toEqual(Array<string>(JOBS).fill('done'))
  const taken = agents.map(({ lines }) =>
    lines
      .map((line) => JSON.parse(line) as { type: string; job?: string })
      .flatMap(({ type, job }) => (type === 'taken' && job !== undefined ? [job] : [])),
  )
  console.log(`  agents took ${taken.map((one) => one.length).join(', ')} of ${JOBS} jobs`)
  expect(new Set(taken.flat()).size).toBe(JOBS)
  expect(taken.flat()).toHaveLength(JOBS)
  // One that has a job in hand takes no other: none of them can have had nearly all.
  for (const one of taken) {
    expect(one.length).toBeGreaterThanOrEqual(2)
    expect(one.length).toBeLessThanOrEqual(6)
  }
  const delivered = await stage.take()
  expect(delivered).toHaveLength(JOBS * EACH)
  expect(new Set(delivered).size).toBe(JOBS * EACH)
}, 240_000)
