import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { expect, test } from 'vitest'
import { createRouter } from '../../src-main/api/router.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { approvalOf, testApprover } from '../support/approvers.ts'
import { openScene, planItemsOf, requestOf, statuses } from '../support/resend-scene.ts'
import { addPending, quickSweep } from '../support/sweep-samples.ts'
import { testSource } from '../support/test-engine.ts'
import {
  never,
  mei,
  policy,
  required,
  guarded,
  failed,
  sql,
  take,
  actions,
  nothingSent,
  planOfIds,
} from '../support/guarded-scene.ts'

/*
 * A plan above the limit cannot be run by one person: not by the engine's own calls, not over the contract that desktop and
 * http host serve, and not by whoever writes the local store with SQL.
 */

test('a plan above the limit is refused, and runs with the approval of a second person', async (context) => {
  const scene = await guarded(context)
  const plan = await scene.engine.plan(failed)
  await expect(scene.engine.run(plan)).rejects.toMatchObject(required)
  await nothingSent(scene)
  await take(scene, plan, mei)
  expect(await scene.engine.run(plan)).toMatchObject({ state: 'done', tally: { confirmed: 30 } })
  const journal = await actions(scene)
  expect(journal).toEqual(expect.arrayContaining(['approval-refused', 'approval-given', 'approval-used']))
  expect(journal.indexOf('approval-used')).toBeLessThan(journal.indexOf('job-publishing'))
  expect(await scene.engine.store.journal.verify(never)).toMatchObject({ intact: true })
})

test('what is no second person’s yes to this plan is not taken, and the journal says so', async (context) => {
  const scene = await guarded(context)
  const plan = await scene.engine.plan(failed)
  const another = await scene.engine.plan({ ...failed, states: ['failed'] })
  const refused = { code: 'approval-invalid' }
  await expect(take(scene, plan, testApprover('mei'))).rejects.toMatchObject(refused)
  await expect(take(scene, plan, mei, { items: 5 })).rejects.toMatchObject(refused)
  const copied = JSON.stringify(approvalOf(another, mei))
  await expect(scene.engine.engine.guards.take(plan, copied)).rejects.toMatchObject(refused)
  await expect(scene.engine.engine.guards.take(plan, 'yes')).rejects.toMatchObject(refused)
  expect((await actions(scene)).filter((action) => action === 'approval-refused')).toHaveLength(4)
  await expect(scene.engine.run(plan)).rejects.toMatchObject(required)
  await nothingSent(scene)
})

test('an approver does not run what they approved', async (context) => {
  const scene = await guarded(context, { operator: 'Mei' })
  const plan = await scene.engine.plan(failed)
  await expect(take(scene, plan, mei, { requester: 'tester' })).rejects.toMatchObject({
    code: 'approval-invalid',
  })
  await expect(take(scene, plan, mei)).rejects.toMatchObject({ code: 'approval-invalid' })
  // Nor does it help to put it into the store.
  sql(scene, (db) => {
    db.prepare('INSERT INTO approvals (plan, text, given_at) VALUES (?, ?, ?)').run(
      ...[plan.plan, JSON.stringify(approvalOf(plan, mei)), new Date().toISOString()],
    )
  })
  await expect(scene.engine.run(plan)).rejects.toMatchObject(required)
  await nothingSent(scene)
})

test('over the contract of desktop and http host it is the same', async (context) => {
  const scene = await guarded(context)
  const info = {
    version: '0',
    host: 'http',
    sandbox: false,
    keepsPasswords: false,
    lookOnly: null,
  } as const
  const client = createRouterClient(createRouter(scene.engine.engine, info), calling())
  const selection = { kind: 'filter', filter: failed } as const
  const view = await client.plans.resend({ source: testSource, selection, edit: null, redirect: null })
  expect(view.approval).toMatchObject({
    above: 10,
    approvers: ['mei'],
    given: [],
    why: { say: 'guard.above' },
  })
  const request = {
    plan: view.plan,
    digest: view.digest,
    typedCount: null,
    rate: null,
    ramp: false,
    brake: null,
  }
  await expect(client.jobs.run(request)).rejects.toMatchObject({ data: required })
  const plan = (await scene.engine.store.jobs.plan(view.plan))!
  const forged = JSON.stringify(approvalOf(plan, testApprover('mei')))
  await expect(client.plans.approve({ plan: view.plan, approval: forged })).rejects.toMatchObject({
    data: { code: 'approval-invalid' },
  })
  await nothingSent(scene)
  const approved = await client.plans.approve({
    plan: view.plan,
    approval: JSON.stringify(approvalOf(plan, mei)),
  })
  expect(approved.approval?.given).toMatchObject([{ approver: 'mei', problem: null }])
  const { job } = await client.jobs.run(request)
  expect(await scene.engine.ended(job)).toMatchObject({ state: 'done', tally: { confirmed: 30 } })
})

test('several plans below the limit are one above it within the hour', async (context) => {
  const scene = await guarded(context, { count: 24 })
  const ids = Array.from({ length: 24 }, (_, at) => String(at + 1))
  const some = (from: number, to: number): Promise<Plan> => planOfIds(scene, ids.slice(from, to))
  expect(await scene.engine.run(await some(0, 8))).toMatchObject({ state: 'done' })
  const second = await some(8, 16)
  await expect(scene.engine.run(second)).rejects.toMatchObject(required)
  // Two more fit.
  expect(await scene.engine.run(await some(16, 18))).toMatchObject({ state: 'done' })
  await take(scene, second, mei)
  expect(await scene.engine.run(second)).toMatchObject({ state: 'done', tally: { confirmed: 8 } })
  // What a second person said yes to is not one person's.
  await expect(scene.engine.run(await some(18, 19))).rejects.toMatchObject(required)
  expect(await statuses(scene)).toEqual({ sent: 18, failed: 6 })
})

test('jobs that are begun at the same time do not share the room of one', async (context) => {
  const scene = await guarded(context, { count: 32 })
  const ids = Array.from({ length: 32 }, (_, at) => String(at + 1))
  const plans = await Promise.all([0, 8, 16, 24].map((from) => planOfIds(scene, ids.slice(from, from + 8))))
  const begun = await Promise.allSettled(
    plans.map((plan) => scene.engine.engine.jobs.run(requestOf(plan, {}), never)),
  )
  for (const one of begun) {
    if (one.status === 'fulfilled') await scene.engine.ended(one.value.job)
  }
  expect(await statuses(scene)).toEqual({ sent: 8, failed: 24 })
})

test('acts without a plan count with the others, and above the limit there is no way', async (context) => {
  const scene = await guarded(context, { count: 24 })
  const { resolving } = scene.engine.engine
  const resolve = (from: number, to: number) =>
    resolving.resolve(
      {
        source: testSource,
        items: Array.from({ length: to - from }, (_, at) => ({ id: String(from + at + 1), version: null })),
        reason: 'not needed',
        typedCount: null,
      },
      never,
    )
  await expect(resolve(0, 11)).rejects.toMatchObject({ code: 'approval-impossible' })
  expect(await resolve(0, 6)).toHaveLength(6)
  await expect(resolve(6, 12)).rejects.toMatchObject({ code: 'approval-impossible' })
  const rest = await planOfIds(scene, ['20', '21', '22', '23', '24'])
  await expect(scene.engine.run(rest)).rejects.toMatchObject(required)
})

test('an approval that runs out stops the job before its next batch', async (context) => {
  const clock = { aheadMs: 0 }
  const wrap = (ports: EnginePorts): EnginePorts => ({
    ...ports,
    clock: { ...ports.clock, now: () => new Date(Date.now() + clock.aheadMs) },
    jobReader: {
      ...ports.jobReader,
      items(job, query) {
        if (query.states?.includes('planned') && query.afterSeq >= 15) clock.aheadMs = 2 * 3_600_000
        return ports.jobReader.items(job, query)
      },
    },
  })
  const scene = await guarded(context, { wrap, batch: 5 })
  const plan = await scene.engine.plan(failed)
  await take(scene, plan, mei)
  const job = await scene.engine.run(plan)
  expect(job).toMatchObject({ state: 'paused', interruption: { code: 'approval-required' } })
  expect(job.ended).toBeLessThan(30)
  expect((await statuses(scene))['failed']).toBe(30 - job.tally.confirmed)
})

test('sweeps of an environment have a measure of their own', async (context) => {
  const limits = { approval: { ...policy.approval, sweepsPerHour: 12 } }
  const scene = await openScene(context, { policy: limits, sweep: { ...quickSweep, batch: 5 } })
  await addPending(scene.database, { queue: scene.queue, count: 30 })
  const run = await scene.engine.sweep()
  expect(run).toMatchObject({ state: 'stopped', trouble: { code: 'limit-reached' } })
  // In whole batches: the one that would go over it is given back.
  expect(await scene.rabbit.count(scene.queue)).toBe(10)
  expect(await statuses(scene)).toEqual({ sent: 10, pending: 20 })
  // One person's own measure is not used up by it.
  await scene.database.sql(`update outbox_message set status = 'failed', attempts = 3 where id > 25`)
  expect(await scene.engine.run(await scene.engine.plan(failed))).toMatchObject({ tally: { confirmed: 5 } })
})

test('a page cannot take a source out of what guards it', async (context) => {
  const scene = await guarded(context)
  const { configure, connections } = scene.engine.engine
  const before = await connections.source(testSource)
  const password = { kind: 'keep' } as const
  const forbidden = { code: 'policy-forbids' }
  const save = (name: string, config: typeof before, isNew: boolean) =>
    configure.saveSource({ name, isNew, config, password })
  await expect(save(testSource, { ...before, environment: 'staging' }, false)).rejects.toMatchObject(
    forbidden,
  )
  await expect(save('twin', { ...before, environment: 'staging' }, true)).rejects.toMatchObject(forbidden)
  await expect(configure.removeSource(testSource)).rejects.toMatchObject(forbidden)
  const { brokers } = await connections.workspace()
  const twin = { name: 'twin', isNew: true, config: brokers['rabbit']!, password }
  await expect(configure.saveBroker(twin)).rejects.toMatchObject(forbidden)
  await save(testSource, { ...before, stuckAfterSec: 90 }, false)
  expect((await connections.workspace()).policies).toEqual({ development: policy })
  expect((await planItemsOf(scene, await scene.engine.plan(failed))).length).toBe(30)
})
