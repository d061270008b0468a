import Database from 'better-sqlite3'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { createRouter } from '../../src-main/api/router.ts'
import type { JobItem } from '../../src-main/domain/job.ts'
import { freezePlan } from '../../src-main/domain/plan.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { approvalOf, policyOf, testApprover } from '../support/approvers.ts'
import { addFailed, openScene, planItemsOf, requestOf, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { addPending, quickSweep } from '../support/sweep-samples.ts'
import { testSource } from '../support/test-engine.ts'

/*
 * A plan above the limit cannot be run by one person: not by the engine's own calls, not over the contract that desktop and
 * http host serve, and not by whoever writes the local store with SQL.
 */

const never = new AbortController().signal
const mei = testApprover('mei')
const policy = { approval: policyOf(10, mei) }
const required = { code: 'approval-required' }

async function guarded(
  context: TestContext,
  options: Parameters<typeof openScene>[1] & { readonly count?: number } = {},
): Promise<Scene> {
  const { count = 30, ...rest } = options
  const scene = await openScene(context, { policy, ...rest })
  await addFailed(scene, count)
  await scene.engine.unlock()
  return scene
}

const failed = { trouble: 'failed' } as const

/** What a person with a database client can do to the store. */
function sql({ dataDir }: Scene, change: (db: Database.Database) => void): void {
  const db = new Database(join(dataDir, 'redrive.db'))
  try {
    change(db)
  } finally {
    db.close()
  }
}

function take(
  scene: Scene,
  plan: Plan,
  ...but: Parameters<typeof approvalOf> extends [unknown, ...infer R] ? R : never
) {
  return scene.engine.engine.guards.take(plan, JSON.stringify(approvalOf(plan, ...but)))
}

async function actions({ engine }: Scene): Promise<readonly string[]> {
  const entries = await engine.store.journal.list({ order: 'oldest', cursor: null, limit: 1_000 })
  return entries.map(({ action }) => action)
}

async function nothingSent(scene: Scene, count = 30): Promise<void> {
  expect(await scene.rabbit.count(scene.queue)).toBe(0)
  expect(await statuses(scene)).toEqual({ failed: count })
}

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
    operator: 'tester',
    sandbox: false,
    keepsPasswords: false,
  } as const
  const client = createRouterClient(createRouter(scene.engine.engine, info), { context: {} })
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

test('SQL: fewer messages in the header of the plan, also with its digest made anew, get nothing out', async (context) => {
  const scene = await guarded(context)
  const plan = await scene.engine.plan(failed)
  sql(scene, (db) => db.prepare('UPDATE plans SET items = 5 WHERE plan = ?').run(plan.plan))
  await expect(scene.engine.run({ ...plan, items: 5 })).rejects.toMatchObject({
    code: 'plan-digest-mismatch',
  })
  const { digest, itemsDigest, items, ...header } = plan
  expect(items).toBe(30)
  const forged = freezePlan(header, { items: 5, itemsDigest }).digest
  expect(forged).not.toBe(digest)
  sql(scene, (db) => db.prepare('UPDATE plans SET digest = ? WHERE plan = ?').run(forged, plan.plan))
  await expect(scene.engine.run({ ...plan, items: 5, digest: forged })).rejects.toMatchObject({
    code: 'plan-digest-mismatch',
  })
  await nothingSent(scene)
})

test('SQL: a job that somebody wrote into the store does not go on', async (context) => {
  const scene = await guarded(context)
  const plan = await scene.engine.plan(failed)
  sql(scene, (db) => {
    const { key } = db.prepare('SELECT plan_key AS key FROM plans WHERE plan = ?').get(plan.plan) as {
      key: number
    }
    const job = db
      .prepare(
        `INSERT INTO jobs (job, plan_key, kind, source, state, operator, options, created_at)
         VALUES ('job-forged', ?, 'resend', 'orders', 'interrupted', 'mei', '{"rate":null,"ramp":false,"brake":null}', ?)`,
      )
      .run(key, new Date().toISOString())
    const spans = db.prepare('SELECT * FROM pragma_table_info(?)').all('job_spans') as { name: string }[]
    expect(spans.map(({ name }) => name)).toContain('job_key')
    db.prepare(
      `INSERT INTO job_spans (job_key, first_seq, last_seq, state, updated_at) VALUES (?, 1, 30, 'planned', ?)`,
    ).run(job.lastInsertRowid, new Date().toISOString())
  })
  await expect(scene.engine.engine.jobs.continue('job-forged')).rejects.toMatchObject(required)
  await nothingSent(scene)
})

test('SQL: approvals, and journal entries that speak of one, prove nothing', async (context) => {
  const scene = await guarded(context)
  const plan = await scene.engine.plan(failed)
  const another = await scene.engine.plan({ ...failed, states: ['failed'] })
  sql(scene, (db) => {
    const insert = db.prepare('INSERT INTO approvals (plan, text, given_at) VALUES (?, ?, ?)')
    const now = new Date().toISOString()
    for (const text of [
      JSON.stringify(approvalOf(another, mei)),
      JSON.stringify({ ...approvalOf(another, mei), statement: approvalOf(plan, mei).statement }),
      JSON.stringify(approvalOf(plan, testApprover('mei'))),
      'true',
    ]) {
      insert.run(plan.plan, text, now)
    }
  })
  await expect(scene.engine.run(plan)).rejects.toMatchObject(required)
  await nothingSent(scene)
})

test('SQL: items that are changed while an approved job runs do not go out', async (context) => {
  const state: { scene: Scene | null; changed: boolean } = { scene: null, changed: false }
  /** Between the check and the claim of a later batch, somebody sends its messages elsewhere. */
  const wrap = (ports: EnginePorts): EnginePorts => ({
    ...ports,
    jobReader: {
      ...ports.jobReader,
      async items(job, query): Promise<readonly JobItem[]> {
        if (query.states?.includes('planned') && query.afterSeq > 0 && state.scene && !state.changed) {
          state.changed = true
          sql(state.scene, (db) =>
            db.exec(`UPDATE plan_items SET routing_key = 'redrive-elsewhere' WHERE seq > 15`),
          )
        }
        return ports.jobReader.items(job, query)
      },
    },
  })
  const scene = await guarded(context, { wrap, batch: 5 })
  state.scene = scene
  const plan = await scene.engine.plan(failed)
  await take(scene, plan, mei)
  const job = await scene.engine.run(plan)
  expect(job).toMatchObject({ state: 'interrupted', interruption: { code: 'plan-digest-mismatch' } })
  expect(job.tally.returned).toBe(0)
  const sent = job.tally.confirmed
  expect(sent).toBeLessThanOrEqual(15)
  expect(await statuses(scene)).toEqual({ failed: 30 - sent, ...(sent > 0 ? { sent } : {}) })
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

test('SQL: a journal that is cut off or rewritten counts as full, not as empty', async (context) => {
  const scene = await guarded(context, { count: 16 })
  const ids = Array.from({ length: 16 }, (_, at) => String(at + 1))
  expect(await scene.engine.run(await planOfIds(scene, ids.slice(0, 8)))).toMatchObject({ state: 'done' })
  sql(scene, (db) => {
    db.exec('DROP TRIGGER journal_keeps_rows')
    db.exec(`UPDATE journal SET detail = '{}' WHERE action = 'job-started'`)
  })
  const rest = await planOfIds(scene, ids.slice(8))
  await expect(scene.engine.run(rest)).rejects.toMatchObject(required)
  sql(scene, (db) => {
    db.exec('DROP TRIGGER journal_loses_none')
    db.exec('DELETE FROM journal')
  })
  await expect(scene.engine.run(rest)).rejects.toMatchObject(required)
  expect(await statuses(scene)).toEqual({ sent: 8, failed: 8 })
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
  expect(run).toMatchObject({ state: 'failed', trouble: { code: 'limit-reached' } })
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

async function planOfIds({ engine }: Scene, ids: readonly string[]): Promise<Plan> {
  const { ports, connections } = engine.engine
  const request = { source: testSource, selection: { kind: 'ids', ids } as const, edit: null, redirect: null }
  return planResend(ports, connections, request, never)
}
