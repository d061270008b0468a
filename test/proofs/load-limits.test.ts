import { expect, onTestFinished, test } from 'vitest'
import { addFailed, openScene, requestOf } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { testSource } from '../support/test-engine.ts'

const never = new AbortController().signal

/** The most connections of Redrive that the server had at a time, and of those at work. */
function watched({ database }: Scene) {
  const seen = { connections: 0, active: 0 }
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      const [row] = await database.sql(
        `select count(*) as n, count(*) filter (where state <> 'idle') as active from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
           and query not like '%pg_stat_activity%'`,
      )
      seen.connections = Math.max(seen.connections, Number(row?.['n']))
      seen.active = Math.max(seen.active, Number(row?.['active']))
    }
  })()
  return async () => {
    stopped = true
    await watching
    return seen
  }
}

const filter = { trouble: 'failed' } as const

test('a job, looks, counts, evidence and an audit together stay within the connections and statements of the source', async (context) => {
  const load = { connections: 4, statements: 3 }
  const scene = await openScene(context, { load, batch: 50 })
  await addFailed(scene, 600)
  const { engine } = scene.engine
  const plan = await scene.engine.plan(filter)
  await scene.engine.unlock()
  const stop = watched(scene)
  const { job } = await engine.jobs.run(requestOf(plan, { rate: 400 }), never)
  const audit = await engine.audits.start({
    source: testSource,
    scope: { kind: 'all' },
    trigger: 'operator',
  })
  const query = { filter: {}, order: 'newest', cursor: null, limit: 100, budgetMs: 10_000 } as const
  const look = async (): Promise<void> => {
    await engine.connections.withOutbox(testSource, (outbox) => outbox.list(query, never), never)
    await engine.counting.counts(testSource, { freshMs: 0 }, never)
    await engine.connections.testSource(testSource, null, never)
  }
  for (let round = 0; round < 5; round += 1) await Promise.all(Array.from({ length: 12 }, look))
  expect(await scene.engine.ended(job)).toMatchObject({ state: 'done', tally: { confirmed: 600 } })
  await engine.audits.ended(audit.audit)
  const seen = await stop()
  expect(seen.connections).toBeGreaterThan(1)
  expect(seen.connections).toBeLessThanOrEqual(load.connections)
  expect(seen.active).toBeLessThanOrEqual(load.statements)
})

test('a job makes pauses while its database answers slowly, says so, and goes on by itself', async (context) => {
  const database = new URL(process.env['REDRIVE_TEST_PG'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
  const proxy = await openTcpProxy({ host: database.hostname, port: Number(database.port) })
  onTestFinished(() => proxy.close())
  const scene = await openScene(context, { batch: 20, databasePort: proxy.port })
  await addFailed(scene, 4_000)
  const { engine } = scene.engine
  const slower = (): number | null => engine.ports.loads.slower(testSource)
  const confirmed = async (id: string): Promise<number> => (await engine.jobs.get(id)).tally.confirmed
  const plan = await scene.engine.plan(filter)
  await scene.engine.unlock()
  const { job } = await engine.jobs.run(requestOf(plan, { rate: 150 }), never)
  // What is usual is learnt from the job's own first seconds.
  await new Promise((later) => setTimeout(later, 6_000))
  expect(slower()).toBeNull()
  const calm = await confirmed(job)
  expect(calm).toBeGreaterThan(300)

  proxy.delay(200)
  await expect.poll(slower, { timeout: 20_000 }).toBeGreaterThan(3)
  const from = await confirmed(job)
  await new Promise((later) => setTimeout(later, 10_000))
  const inPauses = (await confirmed(job)) - from
  expect(inPauses).toBeLessThan(calm / 2)
  expect((await engine.jobs.get(job)).state).toBe('running')
  // A person does not wait for it.
  const begunMs = performance.now()
  await engine.connections.withOutbox(testSource, (outbox) => outbox.clock(never), never)
  expect(performance.now() - begunMs).toBeLessThan(3_000)

  proxy.delay(0)
  await expect.poll(slower, { timeout: 30_000 }).toBeNull()
  const again = await confirmed(job)
  await new Promise((later) => setTimeout(later, 5_000))
  expect((await confirmed(job)) - again).toBeGreaterThan(calm / 3)
  expect(await engine.jobs.cancel(job)).toMatchObject({ state: 'cancelled', tally: { unknown: 0 } })
}, 120_000)

test('a job that is stopped in a pause is stopped at once', async (context) => {
  const database = new URL(process.env['REDRIVE_TEST_PG'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
  const proxy = await openTcpProxy({ host: database.hostname, port: Number(database.port) })
  onTestFinished(() => proxy.close())
  const scene = await openScene(context, { batch: 20, databasePort: proxy.port })
  await addFailed(scene, 2_000)
  const { engine } = scene.engine
  const plan = await scene.engine.plan(filter)
  await scene.engine.unlock()
  const { job } = await engine.jobs.run(requestOf(plan, { rate: 100 }), never)
  await new Promise((later) => setTimeout(later, 5_000))
  proxy.delay(200)
  await expect.poll(() => engine.ports.loads.slower(testSource), { timeout: 20_000 }).toBeGreaterThan(3)
  await new Promise((later) => setTimeout(later, 5_000))
  const begunMs = performance.now()
  expect(await engine.jobs.cancel(job)).toMatchObject({ state: 'cancelled', tally: { unknown: 0 } })
  expect(performance.now() - begunMs).toBeLessThan(8_000)
}, 120_000)
