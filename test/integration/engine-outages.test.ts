import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { serverAddress } from '../support/postgres-server.ts'
import { rabbit } from '../support/rabbitmq.ts'
import {
  addFailed,
  eventually,
  itemsOf,
  openScene,
  planItemsOf,
  requestOf,
  statuses,
} from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { verdict } from '../support/verdict.ts'

const never = new AbortController().signal
const AWAY_MS = 2_500

/** The broker or the database with something between that can take it away. */
async function openBehind(
  context: TestContext,
  what: 'broker' | 'source',
  awayMsMax: number,
): Promise<{ readonly scene: Scene; readonly proxy: TcpProxy }> {
  const { host, port } = what === 'broker' ? rabbit : serverAddress()
  const proxy = await openTcpProxy({ host, port: Number(port) })
  context.onTestFinished(() => proxy.close())
  const place = what === 'broker' ? { brokerPort: proxy.port } : { databasePort: proxy.port }
  return { scene: await openScene(context, { ...place, awayMsMax }), proxy }
}

/** Starts a slow run and takes the proxy away in the middle of it. */
async function runInto(scene: Scene, proxy: TcpProxy, count: number) {
  await addFailed(scene, count)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.engine.unlock()
  const { jobs } = scene.engine.engine
  const { job } = await jobs.run(requestOf(plan, { rate: 200 }), never)
  await eventually('some are sent', async () => (await jobs.get(job)).tally.confirmed > 20)
  proxy.refuse(true)
  proxy.cut()
  await eventually('the run waits', () => Promise.resolve((jobs.status(job)?.waiting ?? null) !== null))
  return { plan, job }
}

test.for(['broker', 'source'] as const)(
  'the %s goes away and comes back: the job ends by itself, what was lost on the way is unknown',
  async (what, context) => {
    const { scene, proxy } = await openBehind(context, what, 60_000)
    const { plan, job } = await runInto(scene, proxy, 600)
    const { jobs } = scene.engine.engine
    const waiting = await jobs.get(job)
    expect(waiting.state).toBe('running')
    expect(waiting.ended).toBeLessThan(600)
    await new Promise((later) => setTimeout(later, AWAY_MS))
    expect((await jobs.get(job)).state).toBe('running')
    proxy.refuse(false)
    const ended = await scene.engine.ended(job)
    expect(ended).toMatchObject({ state: 'done', ended: 600, interruption: null })

    const items = await itemsOf(scene, ended)
    const { confirmed, unknown } = ended.tally
    expect(confirmed + unknown).toBe(600)
    const delivered = (await scene.rabbit.drain(scene.queue)).map(({ messageId }) => messageId)
    const acknowledged = items.filter(({ result }) => result === 'confirmed')
    const result = verdict({
      attempted: (await planItemsOf(scene, plan)).map(({ messageId }) => messageId),
      acknowledged: acknowledged.map(({ messageId }) => messageId),
      delivered,
    })
    expect(result).toMatchObject({ lost: [], unexpected: [], duplicated: [] })
    // Only a broken connection to the broker loses answers; rows are put right when the source is back.
    if (what === 'source') expect(unknown).toBe(0)
    expect(await statuses(scene)).toMatchObject({ sent: confirmed })
    expect(await scene.engine.store.journal.verify(never)).toMatchObject({ intact: true })
  },
)

test('a source that stays away leaves the job to a person, and what it had claimed is put right later', async (context) => {
  const { scene, proxy } = await openBehind(context, 'source', 3_000)
  const { job } = await runInto(scene, proxy, 400)
  const stopped = await scene.engine.ended(job)
  expect(stopped).toMatchObject({ state: 'interrupted' })
  expect(stopped.interruption?.code).not.toBe('internal')
  expect(scene.engine.engine.jobs.status(job)).toBeNull()
  proxy.refuse(false)
  await scene.engine.engine.jobs.continue(job)
  const done = await scene.engine.ended(job)
  expect(done).toMatchObject({ state: 'done', tally: { confirmed: 400, unknown: 0, unmarked: 0 } })
  expect(await statuses(scene)).toEqual({ sent: 400 })
})

test('cancelled while its source is away, a job does not end before the rows that it holds are given back', async (context) => {
  const { scene, proxy } = await openBehind(context, 'source', 60_000)
  const { job } = await runInto(scene, proxy, 400)
  const { jobs } = scene.engine.engine
  await expect(jobs.cancel(job)).rejects.toMatchObject({ retry: 'later' })
  const stopped = await jobs.get(job)
  expect(stopped.state).toBe('interrupted')
  expect((await statuses(scene))['sending']).toBeGreaterThan(0)
  proxy.refuse(false)
  await eventually('the source answers', () =>
    jobs.cancel(job).then(
      () => true,
      () => false,
    ),
  )
  const cancelled = await jobs.get(job)
  expect(cancelled.state).toBe('cancelled')
  const { confirmed } = cancelled.tally
  expect(cancelled.tally).toMatchObject({ unknown: 0, unmarked: 0 })
  expect(await statuses(scene)).toEqual({ sent: confirmed, failed: 400 - confirmed })
})

test('paused while its broker is away, a job waits no longer; continued, it ends', async (context) => {
  const { scene, proxy } = await openBehind(context, 'broker', 60_000)
  const { job } = await runInto(scene, proxy, 400)
  const { jobs } = scene.engine.engine
  const paused = await jobs.pause(job)
  expect(paused.state).toBe('paused')
  expect(await statuses(scene)).not.toHaveProperty('sending', 400)
  proxy.refuse(false)
  await jobs.continue(job)
  const done = await scene.engine.ended(job)
  expect(done).toMatchObject({ state: 'done', ended: 400 })
  expect(done.tally.confirmed + done.tally.unknown).toBe(400)
})
