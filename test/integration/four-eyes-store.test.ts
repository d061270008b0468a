import { expect, test } from 'vitest'
import type { JobItem } from '../../src-main/domain/job.ts'
import { freezePlan } from '../../src-main/domain/plan.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { approvalOf, testApprover } from '../support/approvers.ts'
import { statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import {
  mei,
  required,
  guarded,
  failed,
  sql,
  take,
  nothingSent,
  planOfIds,
} from '../support/guarded-scene.ts'

/*
 * A plan above the limit cannot be run by one person: not by the engine's own calls, not over the contract that desktop and
 * http host serve, and not by whoever writes the local store with SQL.
 */

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
