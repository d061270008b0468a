import { expect, test } from 'vitest'
import { addRows } from '../support/postgres.ts'
import { rabbit } from '../support/rabbitmq.ts'
import { addFailed, itemsOf, openScene, planItemsOf, requestOf, statuses } from '../support/resend-scene.ts'
import { runOptions } from '../support/store-samples.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { testSource } from '../support/test-engine.ts'
import { verdict } from '../support/verdict.ts'

const never = new AbortController().signal

test('1,000 failed messages: all sent, 1,000 distinct ids in the queue, journal intact', async (context) => {
  const scene = await openScene(context, { batch: 150 })
  await addFailed(scene, 1_000)
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }))
  expect(job).toMatchObject({ state: 'done', ended: 1_000, tally: { confirmed: 1_000, unmarked: 0 } })
  const messages = await scene.rabbit.drain(scene.queue)
  expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(1_000)
  expect(messages.length).toBe(1_000)
  expect(messages[0]).toMatchObject({
    type: 'OrderPaid',
    payload: '{"order": 1}',
    persistent: true,
    headers: { 'x-trace': 't', 'x-redrive-job': job.job, 'x-redrive-attempt': 4 },
  })
  expect(await statuses(scene)).toEqual({ sent: 1_000 })
  expect(await scene.engine.store.journal.verify(never)).toMatchObject({ intact: true })
})

test('messages without a queue come back: their rows fail with the reason, the others are sent', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 1_000, 100)
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }))
  expect(job).toMatchObject({ state: 'done', tally: { confirmed: 990, returned: 10, unknown: 0 } })
  expect(await statuses(scene)).toEqual({ sent: 990, failed: 10 })
  const [row] = await scene.database.sql(
    `select last_error, attempts from outbox_message where message_id = 'message-100'`,
  )
  expect(row).toEqual({ last_error: 'returned: 312 NO_ROUTE', attempts: '4' })
})

test('an exchange that does not exist refuses its own messages and nobody else’s', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 30)
  await scene.database.sql(`update outbox_message set exchange = 'redrive-gone' where id in (5, 17)`)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  expect(plan.warnings).toEqual([{ code: 'exchange-missing', exchange: 'redrive-gone', count: 2 }])
  const job = await scene.engine.run(plan)
  expect(job).toMatchObject({ state: 'done', tally: { confirmed: 28, refused: 2, unknown: 0 } })
  expect(await statuses(scene)).toEqual({ sent: 28, failed: 2 })
})

test('a row that changed after the plan is skipped and left as it is', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 10)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.database.sql(`update outbox_message set payload = '{"order": "other"}' where id = 3`)
  await scene.database.sql(`update outbox_message set status = 'sent' where id = 4`)
  await scene.database.sql(`delete from outbox_message where id = 5`)
  const job = await scene.engine.run(plan)
  expect(job.tally).toMatchObject({ confirmed: 7, skipped: 3 })
  const skipped = (await itemsOf(scene, job)).filter(({ result }) => result === 'skipped')
  expect(skipped.map(({ id, code }) => [id, code])).toEqual([
    ['3', 'row-changed'],
    ['4', 'row-changed'],
    ['5', 'row-changed'],
  ])
  expect(await scene.database.sql('select status from outbox_message where id = 3')).toEqual([
    { status: 'failed' },
  ])
})

test('nothing runs that was not unlocked, confirmed and, in production, counted', async (context) => {
  const scene = await openScene(context, { environment: 'production' })
  await addFailed(scene, 3)
  const { jobs, locks } = scene.engine.engine
  const { plan, digest } = await scene.engine.plan({ trouble: 'failed' })
  const run = { plan, digest, typedCount: 3, options: runOptions }
  await expect(jobs.run(run, never)).rejects.toMatchObject({ code: 'source-locked' })
  const unlock = { source: testSource, environment: 'production' as const, minutes: 5 }
  await expect(locks.unlock({ ...unlock, typedName: 'orders2' })).rejects.toMatchObject({
    code: 'source-locked',
  })
  await expect(locks.unlock({ ...unlock, typedName: testSource, reason: ' ' })).rejects.toMatchObject({
    code: 'reason-required',
  })
  const long = { ...unlock, minutes: 61, typedName: testSource, reason: 'the broker is back' }
  await expect(locks.unlock(long)).rejects.toMatchObject({
    code: 'unlock-too-long',
    detail: { minutes: 61, max: 60, environment: 'production' },
  })
  expect(locks.unlockedUntil(testSource)).toBeNull()
  await locks.unlock({ ...long, minutes: 60 })
  expect(locks.unlocked()).toMatchObject([{ source: testSource, by: 'tester', reason: 'the broker is back' }])
  const [entry] = await scene.engine.store.journal.list({ order: 'newest', cursor: null, limit: 1 })
  expect(entry).toMatchObject({
    action: 'source-unlocked',
    detail: { minutes: 60, reason: 'the broker is back', environment: 'production' },
  })
  await expect(jobs.run({ ...run, digest: '0'.repeat(64) }, never)).rejects.toMatchObject({
    code: 'plan-not-confirmed',
    detail: { digest },
  })
  await expect(jobs.run({ ...run, typedCount: 2 }, never)).rejects.toMatchObject({ code: 'count-not-typed' })
  expect(await statuses(scene)).toEqual({ failed: 3 })
  const job = await scene.engine.ended((await jobs.run(run, never)).job)
  expect(job.tally.confirmed).toBe(3)
  await expect(jobs.run(run, never)).rejects.toMatchObject({ code: 'plan-already-run' })
  await locks.lock(testSource)
  await expect(jobs.run(run, never)).rejects.toMatchObject({ code: 'source-locked' })
})

test('a cancelled job sends nothing more, and rows it had only claimed are as before', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 200)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.engine.unlock()
  const { jobs } = scene.engine.engine
  const run = await jobs.run(requestOf(plan, { rate: 100 }), never)
  await new Promise((later) => setTimeout(later, 400))
  const job = await jobs.cancel(run.job)
  expect(job.state).toBe('cancelled')
  const { confirmed } = job.tally
  expect(confirmed).toBeGreaterThan(0)
  expect(confirmed).toBeLessThan(200)
  expect(job.tally).toMatchObject({ unknown: 0, refused: 0, skipped: 0 })
  expect(await statuses(scene)).toEqual({ sent: confirmed, failed: 200 - confirmed })
  expect(await scene.rabbit.count(scene.queue)).toBe(confirmed)
  await expect(jobs.continue(run.job)).rejects.toMatchObject({ code: 'job-state-forbids' })
  expect((await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }))).tally.confirmed).toBe(
    200 - confirmed,
  )
})

test('the broker is cut off in the middle: unknown stays unknown, the rest goes on after "continue"', async (context) => {
  const proxy = await openTcpProxy({ host: rabbit.host, port: rabbit.port })
  context.onTestFinished(() => proxy.close())
  const scene = await openScene(context, { brokerPort: proxy.port })
  await addFailed(scene, 400)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.engine.unlock()
  const { jobs } = scene.engine.engine
  const run = await jobs.run(requestOf(plan, { rate: 400 }), never)
  await new Promise((later) => setTimeout(later, 500))
  proxy.cut()
  const stopped = await scene.engine.ended(run.job)
  expect(stopped).toMatchObject({ state: 'interrupted', interruption: { code: 'channel-closed' } })
  expect(stopped.ended).toBeLessThan(400)

  // A row whose outcome is unknown is not planned again by anybody.
  const unknown = (await itemsOf(scene, stopped)).filter(({ result }) => result === 'unknown')
  await scene.database.sql(`update outbox_message set status = 'failed' where id = any($1::bigint[])`, [
    unknown.map(({ id }) => id),
  ])
  for (const { id } of unknown) {
    const request = { source: testSource, items: [{ id, version: null }], reason: 'r', typedCount: null }
    expect(await scene.engine.engine.resolving.resolve(request, never)).toMatchObject([
      { code: 'outcome-unsettled' },
    ])
  }
  await jobs.continue(run.job)
  const job = await scene.engine.ended(run.job)
  expect(job).toMatchObject({ state: 'done', ended: 400 })
  const delivered = (await scene.rabbit.drain(scene.queue)).map(({ messageId }) => messageId)
  const acknowledged = (await itemsOf(scene, job)).filter(({ result }) => result === 'confirmed')
  const result = verdict({
    attempted: (await planItemsOf(scene, plan)).map(({ messageId }) => messageId),
    acknowledged: acknowledged.map(({ messageId }) => messageId),
    delivered,
  })
  expect(result).toMatchObject({ lost: [], unexpected: [], duplicated: [] })
  expect(job.tally.unknown + job.tally.confirmed).toBe(400)
})

test('rows that are no business of a resend are left out, each with its reason', async (context) => {
  const scene = await openScene(context)
  await scene.database.sql('alter table outbox_message alter payload type text, alter headers type text')
  const target = { exchange: '', routing_key: scene.queue, attempts: 3, updated_at: '2026-01-01' }
  const ids = await addRows(scene.database, [
    { ...target, status: 'failed', payload: '{"fine": true}' },
    { ...target, status: 'failed', payload: 'not json' },
    { ...target, status: 'failed', payload: '{}', headers: '[1]' },
    { ...target, status: 'sent' },
    { ...target, status: 'sending', updated_at: new Date().toISOString() },
  ])
  const { engine } = scene.engine
  const { planResend } = await import('../../src-main/app/resend/plan-resend.ts')
  const selection = { kind: 'ids' as const, ids: [...ids, '999999'] }
  const request = { source: testSource, selection, edit: null, redirect: null }
  const plan = await planResend(engine.ports, engine.connections, request, never)
  expect((await planItemsOf(scene, plan)).map(({ id }) => id)).toEqual([ids[0]])
  expect(Object.fromEntries(plan.skipped.named.map(({ id, code }) => [id, code]))).toEqual({
    [ids[1]!]: 'payload-not-json',
    [ids[2]!]: 'headers-not-json',
    [ids[3]!]: 'state-forbids',
    [ids[4]!]: 'state-forbids',
    '999999': 'message-not-found',
  })
  expect(plan.skipped).toMatchObject({
    count: 5,
    byCode: { 'payload-not-json': 1, 'headers-not-json': 1, 'state-forbids': 2, 'message-not-found': 1 },
  })
})

test('resolve and undo: only what the operator saw, and only while nobody else has touched it', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 4)
  await scene.engine.unlock()
  const { resolving, messages } = scene.engine.engine
  const show = (id: string) => messages.show(testSource, id, never)
  const seen = await show('1')
  await scene.database.sql(`update outbox_message set last_error = 'changed' where id = 2`)
  const results = await resolving.resolve(
    {
      source: testSource,
      items: [
        { id: '1', version: seen.version },
        { id: '2', version: seen.version },
        { id: '77', version: null },
        { id: '3', version: null },
      ],
      reason: 'paid by hand',
      typedCount: null,
    },
    never,
  )
  expect(results.map(({ applied, code }) => [applied, code])).toEqual([
    [true, null],
    [false, 'row-changed'],
    [false, 'message-not-found'],
    [true, null],
  ])
  const resolved = await show('1')
  expect(resolved).toMatchObject({ state: 'discarded', trouble: null, undo: results[0]?.decision })
  expect(resolved.lastError).toContain('paid by hand')
  expect((await messages.counts(testSource, never)).troubles).toMatchObject([
    { count: 0 },
    { trouble: 'failed', count: 2 },
    { trouble: 'unconfirmed', count: 0 },
  ])

  await resolving.undo(results[0]?.decision ?? '', never)
  expect(await show('1')).toMatchObject({
    state: 'failed',
    trouble: 'failed',
    lastError: 'timeout',
    undo: null,
  })
  await scene.database.sql(`update outbox_message set updated_at = now() where id = 3`)
  await expect(resolving.undo(results[3]?.decision ?? '', never)).rejects.toMatchObject({
    code: 'undo-too-late',
  })
  const actions = (await scene.engine.store.journal.list({ order: 'oldest', cursor: null, limit: 50 })).map(
    ({ action }) => action,
  )
  expect(actions).toEqual([
    'source-unlocked',
    'resolve-intended',
    'resolved',
    'undo-intended',
    'undone',
    'undo-intended',
  ])
})

test('a later message of the chain that was sent already is named before anything is sent', async (context) => {
  const scene = await openScene(context)
  const target = { exchange: '', routing_key: scene.queue, chain_key: 'O-1', attempts: 3 }
  const [first, , third] = await addRows(scene.database, [
    { ...target, status: 'failed' },
    { ...target, status: 'sent' },
    { ...target, status: 'sent' },
  ])
  const plan = await scene.engine.plan({ trouble: 'failed' })
  expect(plan.warnings).toEqual([{ code: 'order-broken', chainKey: 'O-1', id: first, laterSentId: third }])
})
