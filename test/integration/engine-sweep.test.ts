import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import { rabbit } from '../support/rabbitmq.ts'
import { runCrashChild } from '../support/run-crash-child.ts'
import { eventually, openScene, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { addPending, anHourLater, quickSweep } from '../support/sweep-samples.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'

const never = new AbortController().signal

async function openBehindProxy(
  context: TestContext,
  confirmTimeoutMs = 500,
): Promise<{ readonly scene: Scene; readonly proxy: TcpProxy }> {
  const proxy = await openTcpProxy({ host: rabbit.host, port: rabbit.port })
  context.onTestFinished(() => proxy.close())
  const options = { brokerPort: proxy.port, sweep: quickSweep, confirmTimeoutMs }
  return { scene: await openScene(context, options), proxy }
}

async function delivered({ rabbit: names, queue }: Scene): Promise<string[]> {
  return (await names.drain(queue)).map(({ messageId }) => messageId)
}

function ids(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `message-${first + index}`)
}

test('what is due is sent once, what is not due is left alone, and a sweep with nothing to do makes no job', async (context) => {
  const scene = await openScene(context, { sweep: quickSweep })
  const { database, engine } = scene
  await addPending(database, { queue: scene.queue, count: 100 })
  await database.sql(
    `update outbox_message set status = 'sending', attempts = 1, updated_at = now() - interval '1 hour' where id <= 10;
     update outbox_message set status = 'sending', attempts = 1, updated_at = now() where id between 11 and 15;
     update outbox_message set created_at = now() where id between 16 and 20;
     update outbox_message set next_attempt_at = now() + interval '1 hour' where id between 21 and 25;
     update outbox_message set status = 'failed', attempts = 3 where id between 26 and 30;
     update outbox_message set status = 'sent' where id between 31 and 35`,
  )
  const run = await engine.sweep()
  expect(run).toMatchObject({
    state: 'done',
    trouble: null,
    outcome: { claimed: 75, confirmed: 75, retried: 0, failed: 0, unknown: 0, expired: 0 },
  })
  expect(await delivered(scene)).toEqual([...ids(1, 10), ...ids(36, 100)])
  expect(await statuses(scene)).toEqual({ sending: 5, pending: 10, failed: 5, sent: 80 })
  expect(
    await database.sql(
      `select attempts::text, count(*)::text as n from outbox_message where status = 'sent' and id not between 31 and 35
       group by 1 order by 1`,
    ),
  ).toEqual([
    { attempts: '1', n: '65' },
    { attempts: '2', n: '10' },
  ])
  const job = await engine.engine.jobs.get(run.outcome?.job ?? '')
  expect(job).toMatchObject({ kind: 'sweep', state: 'done', items: 75, ended: 75 })

  expect(await engine.sweep()).toMatchObject({ state: 'done', outcome: { job: null, claimed: 0 } })
  expect(await engine.store.jobReader.jobs({ source: testSource, before: null, limit: 10 })).toHaveLength(1)
  expect(await engine.store.journal.verify(never)).toMatchObject({ intact: true })
})

test('a message that fails three times waits longer each time, ends failed, is listed as that, and is resent from there', async (context) => {
  const scene = await openScene(context, { sweep: quickSweep })
  const { database, engine } = scene
  const missing = scene.rabbit.unusedName()
  await addPending(database, { queue: missing, count: 1 })
  const waitSec = async (): Promise<number> => {
    const [row] = await database.sql(
      `select round(extract(epoch from next_attempt_at - updated_at))::text as s from outbox_message`,
    )
    return Number(row?.['s'])
  }
  expect((await engine.sweep()).outcome).toMatchObject({ claimed: 1, retried: 1, returned: 1, failed: 0 })
  expect(await waitSec()).toBe(1)
  // It waits for its next attempt.
  expect((await engine.sweep()).outcome).toMatchObject({ claimed: 0 })
  let second = (await engine.sweep()).outcome
  await eventually('the second attempt', async () => {
    second = (await engine.sweep()).outcome
    return second?.claimed === 1
  })
  expect(second).toMatchObject({ retried: 1, returned: 1, failed: 0 })
  expect(await waitSec()).toBe(2)
  expect(await statuses(scene)).toEqual({ pending: 1 })
  await anHourLater(database)
  expect((await engine.sweep()).outcome).toMatchObject({ claimed: 1, retried: 0, returned: 1, failed: 1 })
  await anHourLater(database)
  expect((await engine.sweep()).outcome).toMatchObject({ claimed: 0, expired: 0 })

  const query = { order: 'oldest', cursor: null, limit: 10 } as const
  const listed = await engine.engine.messages.list(
    testSource,
    { ...query, filter: { trouble: 'failed' } },
    never,
  )
  expect(listed.messages).toMatchObject([
    { messageId: 'message-1', state: 'failed', attempts: 3, lastError: expect.stringContaining('returned') },
  ])
  await scene.rabbit.channel.assertQueue(missing, { durable: true })
  context.onTestFinished(async () => void (await scene.rabbit.channel.deleteQueue(missing)))
  const job = await engine.run(await engine.plan({ trouble: 'failed' }))
  expect(job).toMatchObject({ state: 'done', tally: { confirmed: 1 } })
  expect((await scene.rabbit.drain(missing)).map(({ messageId }) => messageId)).toEqual(['message-1'])
  expect(await statuses(scene)).toEqual({ sent: 1 })
})

test('a message of unknown outcome is never swept again by itself, however long it lies', async (context) => {
  const { scene, proxy } = await openBehindProxy(context)
  const { database, engine } = scene
  await addPending(database, { queue: scene.queue, count: 15 })
  // The broker has them all, and its answer to the last is lost.
  proxy.cutAt('message-15', true)
  const run = await engine.sweep()
  const unknown = run.outcome?.unknown ?? 0
  expect(unknown).toBeGreaterThan(0)
  expect(run.outcome).toMatchObject({ claimed: 15, confirmed: 15 - unknown })
  for (let hour = 0; hour < 3; hour += 1) {
    await anHourLater(database)
    const again = (await engine.sweep()).outcome
    expect(again).toMatchObject({ claimed: 0, expired: 0 })
  }
  expect((await delivered(scene)).sort()).toEqual(ids(1, 15).sort())
  expect(await statuses(scene)).toMatchObject({ sending: unknown })
  const job = run.outcome?.job ?? ''
  await engine.engine.jobs.settle(job, { seqs: null, as: 'not-sent', reason: 'nobody has seen it' }, never)
  expect(await statuses(scene)).toMatchObject({ failed: unknown })
}, 90_000)

test('killed between the claim and its items: the rows are given back at the next start and swept later', async (context) => {
  const scene = await openScene(context)
  const { database, dataDir, queue } = scene
  await addPending(database, { queue, count: 40 })
  const killedDir = `${dataDir}-killed`
  const options = { dataDir: killedDir, databaseUrl: database.url, batch: 25, sweep: quickSweep }
  const { killed } = await runCrashChild({ ...options, crashAt: 'before store.addItems' })
  expect(killed).toBe(true)
  const before = await statuses(scene)
  expect(before['sending']).toBeGreaterThan(0)

  const engine = openTestEngine(options)
  context.onTestFinished(() => engine.close())
  await engine.engine.recover()
  expect(await statuses(scene)).toEqual({ pending: 40 })
  const { runs } = await engine.engine.sweeps.view(testSource, 10)
  expect(runs).toMatchObject([{ state: 'failed', trouble: { code: 'process-ended' } }])
  // Given back is not due at once: whoever stored it has the first chance again.
  await anHourLater(database)
  expect((await engine.sweep()).outcome).toMatchObject({ claimed: 40, confirmed: 40 })
  expect((await delivered(scene)).sort()).toEqual(ids(1, 40).sort())
})

test('three failures in a row stop the sweep, and it says why; switched on again it goes on', async (context) => {
  const { scene, proxy } = await openBehindProxy(context)
  const { engine } = scene
  const { sweeps, switching } = engine.engine
  await addPending(scene.database, { queue: scene.queue, count: 10 })
  await engine.unlock()
  await switching.switchOn(testSource, null)
  proxy.refuse(true)
  proxy.cut()
  for (const failures of [1, 2, 3]) {
    expect(await engine.sweep()).toMatchObject({
      state: 'failed',
      trouble: { code: expect.stringMatching(/connect|broker/) },
    })
    const view = await sweeps.view(testSource, 10)
    expect(view).toMatchObject({ failures, state: failures < 3 ? 'on' : 'stopped' })
  }
  const { stopped } = await sweeps.view(testSource, 1)
  expect(stopped?.reason).not.toBe('')
  const { sending = 0 } = await statuses(scene)
  expect(sending).toBe(0)
  expect(await scene.rabbit.count(scene.queue)).toBe(0)

  proxy.refuse(false)
  await switching.switchOn(testSource, null)
  await anHourLater(scene.database)
  // The connection comes back with a backoff of its own.
  await eventually('the sweep runs again', async () => (await engine.sweep()).state === 'done')
  expect(await sweeps.view(testSource, 1)).toMatchObject({ state: 'on', failures: 0, stopped: null })
  await anHourLater(scene.database)
  await engine.sweep()
  expect(await statuses(scene)).toEqual({ sent: 10 })
  expect((await delivered(scene)).sort()).toEqual(ids(1, 10).sort())
})

test('a sweep goes on while its own messages held up their chains; each chain in sequence; behind a message that fails nothing of its chain is sent, until it went', async (context) => {
  // Longer than any sweep takes: what failed is due again when the test says so.
  const backoff = { ...quickSweep.backoff, firstSec: 600, capSec: 600 }
  const policy: SweepPolicy = { ...quickSweep, backoff, order: 'chain', batch: 70 }
  const scene = await openScene(context, { sweep: policy })
  const { database, engine, queue } = scene
  await addPending(database, { queue, count: 300, chainOf: (i) => `chain-${i % 30}` })
  const poison = 'message-97'
  const chainOf = (id: string): number => Number(id.split('-')[1]) % 30
  await database.sql(
    `update outbox_message set routing_key = 'redrive-no-such-queue' where message_id = $1`,
    [poison],
  )
  const { outcome } = await engine.sweep()
  expect(outcome).toMatchObject({ confirmed: 293, retried: 1, unknown: 0 })
  const first = await delivered(scene)
  await database.sql(`update outbox_message set routing_key = $1 where message_id = $2`, [queue, poison])
  await anHourLater(database)
  expect((await engine.sweep()).outcome).toMatchObject({ claimed: 7, confirmed: 7 })
  const all = [...first, ...(await delivered(scene))]
  for (let chain = 0; chain < 30; chain += 1) {
    const own = ids(1, 300).filter((id) => chainOf(id) === chain)
    expect(all.filter((id) => chainOf(id) === chain)).toEqual(own)
  }
  expect(first.filter((id) => chainOf(id) === chainOf(poison))).toHaveLength(3)
  expect(await statuses(scene)).toEqual({ sent: 300 })
})
