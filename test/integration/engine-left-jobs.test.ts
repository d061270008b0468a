import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { TestEngineOptions } from '../support/test-engine.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'
import { testDatabase } from '../support/postgres.ts'
import { addPending } from '../support/sweep-samples.ts'
import { draft, moveItems, planOf, runOptions, savePlan, steps } from '../support/store-samples.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'

async function engineOn(databaseUrl: string, more: Partial<TestEngineOptions> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'redrive-left-'))
  const engine = openTestEngine({ databaseUrl, dataDir, ...more })
  onTestFinished(() => engine.close())
  return engine
}

test('a job of this process that nobody carries out any more is taken over at the second look', async () => {
  const database = await testDatabase()
  const { engine, store } = await engineOn(database.url)
  const owner = engine.ports.processes.self
  await savePlan(store.jobs, planOf('plan-1', 3, testSource), draft('plan-created'))
  const job = {
    job: 'job-1',
    kind: 'resend',
    plan: 'plan-1',
    options: runOptions,
    operator: 'ann',
    owner,
  } as const
  await store.jobs.startJob(job, draft('job-started'))
  await moveItems(store.jobs, 'job-1', owner, steps(1, 'publishing'))
  await engine.takeOver()
  // It may be about to begin.
  expect(await store.jobReader.job('job-1')).toMatchObject({ state: 'running' })
  await engine.takeOver()
  expect(await store.jobReader.job('job-1')).toMatchObject({
    state: 'interrupted',
    interruption: { code: 'process-ended' },
    tally: { unknown: 1 },
  })
})

test('a process whose lease may have run out publishes nothing more, and its job stands', async (context) => {
  const database = await testDatabase()
  const broker = await openRabbitTest(context)
  const queue = await broker.queue()
  await addPending(database, { queue, count: 400 })
  await database.sql(`update outbox_message set status = 'failed', attempts = 3, last_error = 'refused'`)
  let asked = 0
  const engine = await engineOn(database.url, {
    batch: 50,
    wrap: (ports) => ({
      ...ports,
      // It holds for the first messages.
      processes: { ...ports.processes, holds: () => (asked += 1) < 300 },
    }),
  })
  const job = await engine.run(await engine.plan({ trouble: 'failed' }))
  expect(job).toMatchObject({ state: 'interrupted', interruption: { code: 'job-busy' } })
  expect(job.tally.confirmed).toBeGreaterThan(0)
  expect(job.tally.confirmed).toBeLessThan(400)
  expect(job.tally.unknown).toBe(0)
})
