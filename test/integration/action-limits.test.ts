import { expect, test } from 'vitest'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import type { EnvironmentPolicy } from '../../src-main/domain/policy.ts'
import { failed, guarded, never, planOfIds, sql } from '../support/guarded-scene.ts'
import { openScene, statuses } from '../support/resend-scene.ts'
import { addPending, quickSweep } from '../support/sweep-samples.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'

const HOUR_MS = 3_600_000

/** Ports whose clock a test sets forward, in milliseconds. */
function movedClock(clock: { aheadMs: number }) {
  return (ports: EnginePorts): EnginePorts => ({
    ...ports,
    clock: { ...ports.clock, now: () => new Date(Date.now() + clock.aheadMs) },
  })
}

test('one action is about at most so many messages, whoever approves it', async (context) => {
  const policy: EnvironmentPolicy = { limits: { perAction: 20 } }
  const scene = await guarded(context, { policy, count: 25 })
  const refused = { code: 'limit-reached' }
  await expect(scene.engine.run(await scene.engine.plan(failed))).rejects.toMatchObject(refused)
  const items = Array.from({ length: 21 }, (_, at) => ({ id: String(at + 1), version: null }))
  const resolve = { source: testSource, items, reason: 'not needed', typedCount: null }
  await expect(scene.engine.engine.resolving.resolve(resolve, never)).rejects.toMatchObject(refused)
  expect(await statuses(scene)).toEqual({ failed: 25 })
  const some = await planOfIds(
    scene,
    items.slice(0, 20).map(({ id }) => id),
  )
  expect(await scene.engine.run(some)).toMatchObject({ state: 'done', tally: { confirmed: 20 } })
})

test('a job that uses the hour up pauses, and goes on in the next; a new process remembers', async (context) => {
  const clock = { aheadMs: 0 }
  const policy: EnvironmentPolicy = { limits: { perHour: 12 } }
  const wrap = movedClock(clock)
  const scene = await guarded(context, { policy, wrap, batch: 5 })
  const plan = await scene.engine.plan(failed)
  const job = await scene.engine.run(plan)
  expect(job).toMatchObject({ state: 'paused', interruption: { code: 'limit-reached' } })
  const first = job.tally.confirmed
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThanOrEqual(12)
  expect(await statuses(scene)).toEqual({ sent: first, failed: 30 - first })

  const other = openTestEngine({
    ...{ dataDir: scene.dataDir, databaseUrl: scene.database.url, batch: 5, policy, wrap },
  })
  context.onTestFinished(() => other.close())
  await other.confirmMapping()
  await other.unlock()
  const again = async (): Promise<number> => {
    const { tally } = await other.ended((await other.engine.jobs.continue(job.job)).job)
    return tally.confirmed
  }
  if (first > 10) await expect(again()).rejects.toMatchObject({ code: 'limit-reached' })
  clock.aheadMs = HOUR_MS + 60_000
  await other.unlock()
  // How far it comes says nothing here: what it writes down has the time of the store, which is not set forward.
  expect(await again()).toBeGreaterThan(first)
})

test('SQL: taking the entries of the last hour out of the journal makes no room', async (context) => {
  const policy: EnvironmentPolicy = { limits: { perHour: 10 } }
  const scene = await guarded(context, { policy, count: 15 })
  const ids = Array.from({ length: 15 }, (_, at) => String(at + 1))
  const first = await planOfIds(scene, ids.slice(0, 10))
  expect(await scene.engine.run(first)).toMatchObject({ state: 'done' })
  sql(scene, (db) => {
    db.exec('DROP TRIGGER journal_loses_none')
    db.exec('DELETE FROM journal')
  })
  const rest = await planOfIds(scene, ids.slice(10))
  await expect(scene.engine.run(rest)).rejects.toMatchObject({ code: 'journal-broken' })
  expect(await statuses(scene)).toEqual({ sent: 10, failed: 5 })
})

test('in forbidden hours nothing begins, and a job that runs into them pauses until somebody continues it', async (context) => {
  const clock = { aheadMs: 0 }
  const from = new Date(Date.now() + 2 * HOUR_MS).toISOString().slice(11, 16)
  const to = new Date(Date.now() + 4 * HOUR_MS).toISOString().slice(11, 16)
  const policy: EnvironmentPolicy = { forbidden: [{ from, to, timeZone: 'UTC' }] }
  const wrap = (ports: EnginePorts): EnginePorts => ({
    ...movedClock(clock)(ports),
    jobReader: {
      ...ports.jobReader,
      items(job, query) {
        if (query.states?.includes('planned') && query.afterSeq >= 10) clock.aheadMs = 3 * HOUR_MS
        return ports.jobReader.items(job, query)
      },
    },
  })
  const scene = await guarded(context, { policy, wrap, batch: 5 })
  clock.aheadMs = 3 * HOUR_MS
  await scene.engine.unlock()
  const plan = await scene.engine.plan(failed)
  await expect(scene.engine.run(plan)).rejects.toMatchObject({ code: 'hours-forbidden' })
  clock.aheadMs = 0
  const job = await scene.engine.run(plan)
  expect(job).toMatchObject({ state: 'paused', interruption: { code: 'hours-forbidden' } })
  expect(job.ended).toBeLessThan(30)
  expect((await statuses(scene))['failed']).toBe(30 - job.tally.confirmed)
  clock.aheadMs = 5 * HOUR_MS
  await scene.engine.unlock()
})

test('a sweep ends at the limits and is not counted as failed', async (context) => {
  const policy: EnvironmentPolicy = { limits: { perAction: 10 } }
  const scene = await openScene(context, { policy, sweep: { ...quickSweep, batch: 5 } })
  await addPending(scene.database, { queue: scene.queue, count: 30 })
  // What was given back is due again only when its time has come.
  for (const sent of [10, 20]) {
    await scene.engine.sweep()
    expect((await statuses(scene))['sent']).toBe(sent)
  }
  const [last, ...earlier] = await scene.engine.store.sweeps.runs(testSource, 10)
  expect([last, ...earlier].map((run) => run?.state)).not.toContain('failed')
})
