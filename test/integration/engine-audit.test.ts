import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Audit, AuditScope } from '../../src-main/domain/audit.ts'
import { addRows, testDatabase } from '../support/postgres.ts'
import type { OutboxRow } from '../support/postgres.ts'
import { connectTo } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { openScene, eventually, planItemsOf } from '../support/resend-scene.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'
import type { TestEngine } from '../support/test-engine.ts'

const pace = { workers: 1, pauseMs: 0, limitSec: 60 } as const

interface Stage {
  readonly database: TestDatabase
  readonly engine: TestEngine
  readonly dataDir: string
}

async function openStage(): Promise<Stage> {
  const database = await testDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-audit-'))
  const engine = openTestEngine({ dataDir, databaseUrl: database.url })
  onTestFinished(async () => {
    await engine.close()
    await rm(dataDir, { recursive: true })
  })
  return { database, engine, dataDir }
}

async function audit({ engine }: Pick<Stage, 'engine'>, scope: AuditScope = { kind: 'all' }): Promise<Audit> {
  const { audits } = engine.engine
  const begun = await audits.start({ source: testSource, scope, pace, trigger: 'operator' })
  return audits.ended(begun.audit)
}

/** Adds messages to the end of a chain. */
async function grow(
  database: TestDatabase,
  chain: string,
  count: number,
  row: OutboxRow = {},
): Promise<string[]> {
  const [last] = await database.sql('select max(id)::text as id from outbox_message where chain_key = $1', [
    chain,
  ])
  const ids: string[] = []
  for (let at = 0; at < count; at += 1) {
    const prev_id = ids.at(-1) ?? last?.['id'] ?? null
    ids.push(...(await addRows(database, [{ status: 'sent', ...row, chain_key: chain, prev_id }])))
  }
  return ids
}

test('only what is new is read, against everything that is stored', { timeout: 90_000 }, async () => {
  const stage = await openStage()
  const { database } = stage
  await grow(database, 'a', 5)
  await grow(database, 'b', 5)
  await addRows(database, [{ status: 'sent' }])
  expect(await audit(stage, { kind: 'new' })).toMatchObject({
    verdict: 'intact',
    verifiedTo: '11',
    progress: { messages: 10, chains: 2 },
  })
  expect(await audit(stage, { kind: 'new' })).toMatchObject({ verdict: 'intact', progress: { messages: 0 } })
  await grow(database, 'a', 2)
  await grow(database, 'c', 1)
  expect(await audit(stage, { kind: 'new' })).toMatchObject({
    verdict: 'intact',
    verifiedTo: '14',
    progress: { messages: 3, chains: 2 },
  })
  // A fork of an old message, a second head of an old chain, a link to what never was.
  await addRows(database, [
    { chain_key: 'a', prev_id: '2' },
    { chain_key: 'b', prev_id: null },
    { chain_key: 'c', prev_id: '9' },
  ])
  const broken = await audit(stage, { kind: 'new' })
  expect(broken).toMatchObject({
    verdict: 'broken',
    findings: 3,
    byKind: { fork: 1, 'orphan-head': 1, missing: 1 },
  })
  const findings = await stage.engine.engine.audits.findings(broken.audit, { afterSeq: 0, limit: 10 })
  expect(findings.map(({ kind, id, previousId }) => [kind, id, previousId]).sort()).toEqual([
    ['fork', '15', '2'],
    ['missing', '17', '9'],
    ['orphan-head', '16', null],
  ])
})

test('what commits late is not passed: the mark waits for it', { timeout: 90_000 }, async () => {
  const stage = await openStage()
  const { database } = stage
  await grow(database, 'a', 3)
  const slow = await connectTo(database.name)
  onTestFinished(() => slow.end())
  await slow.query('begin')
  await slow.query(
    `insert into outbox_message (prev_id, chain_key, message_id, payload) values (1, 'a', 'late', '{}')`,
  )
  await grow(database, 'b', 2)
  const early = await audit(stage, { kind: 'new' })
  expect(early).toMatchObject({ verdict: 'intact', verifiedTo: null })
  expect(early.method?.remarks.join()).toContain('stayed open')
  await slow.query('commit')
  expect(await audit(stage, { kind: 'new' })).toMatchObject({ verdict: 'broken', byKind: { fork: 1 } })
})

test(
  'cancelled, cut off, out of time, left by a dead process: incomplete, never intact',
  { timeout: 120_000 },
  async () => {
    const stage = await openStage()
    const { database, engine } = stage
    await grow(database, 'a', 3)
    const { audits } = engine.engine
    const lock = await connectTo(database.name)
    onTestFinished(() => lock.end())
    const asking = async (): Promise<number> => {
      const [row] = await database.sql(
        `select count(*) as n from pg_stat_activity where datname = current_database() and query like '%outbox_message%' and wait_event_type = 'Lock'`,
      )
      return Number(row?.['n'])
    }
    const begin = async (limitSec: number): Promise<Audit> => {
      const begun = await audits.start({
        source: testSource,
        scope: { kind: 'all' },
        pace: { ...pace, limitSec },
        trigger: 'operator',
      })
      await eventually('it waits for the lock', async () => (await asking()) > 0)
      return begun
    }
    await audit(stage)
    await lock.query('begin')
    await lock.query('lock table outbox_message in access exclusive mode')

    const cancelled = await begin(60)
    await expect(
      audits.start({ source: testSource, scope: { kind: 'all' }, trigger: 'operator' }),
    ).rejects.toMatchObject({
      code: 'audit-busy',
    })
    expect(await audits.cancel(cancelled.audit)).toMatchObject({ state: 'cancelled', verdict: 'incomplete' })
    await eventually('nothing of it is left on the server', async () => (await asking()) === 0)

    const late = await begin(1)
    expect(await audits.ended(late.audit)).toMatchObject({
      state: 'failed',
      verdict: 'incomplete',
      trouble: { code: 'query-timeout' },
    })

    const cut = await begin(60)
    await lock.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(await audits.ended(cut.audit)).toMatchObject({ state: 'failed', verdict: 'incomplete' })
    for (const { audit: id } of [cancelled, late, cut]) {
      const { json, html } = await audits.report(id)
      expect(JSON.parse(json)).toMatchObject({ verdict: 'incomplete' })
      expect(html).not.toContain('Intact:')
    }

    const owner = { host: engine.engine.ports.processes.self.host, pid: 999_999_999, instance: 'gone' }
    const left = {
      audit: 'audit-left',
      source: testSource,
      scope: { kind: 'all' },
      pace,
      trigger: 'operator',
    } as const
    await engine.store.audits.begin({ ...left, operator: 'tester', owner }, [])
    await audits.recover()
    expect(await audits.get('audit-left')).toMatchObject({
      state: 'failed',
      verdict: 'incomplete',
      trouble: { code: 'process-ended' },
    })
    await lock.query('rollback')
    expect(await audit(stage)).toMatchObject({ state: 'done', verdict: 'intact' })
    expect(await engine.store.journal.verify(new AbortController().signal)).toMatchObject({ intact: true })
  },
)

test(
  'from a finding to a plan, and through it: what was not sent goes out in order',
  { timeout: 90_000 },
  async (context) => {
    const scene = await openScene(context)
    const { database, queue, rabbit } = scene
    const ready = {
      exchange: '',
      routing_key: queue,
      status: 'failed',
      attempts: 3,
      payload: '{"n":1}',
    } as const
    const sent = await grow(database, 'a', 3)
    const failed = await grow(database, 'a', 4, ready)
    await database.sql('delete from outbox_message where id = $1', [sent[2]])
    const { engine } = scene.engine
    const broken = await audit(scene)
    expect(broken).toMatchObject({ verdict: 'broken', findings: 1 })
    const never = new AbortController().signal
    const repair = await engine.audits.repair(broken.audit, 1, never)
    expect(repair).toMatchObject({ gone: { from: sent[2], to: sent[2] }, unsent: 4 })
    expect(repair.says).toContain('cannot be resent')
    const plan = (await engine.ports.jobStore.plan(repair.plan!))!
    expect((await planItemsOf(scene, plan)).map(({ id }) => id)).toEqual(failed)
    await scene.engine.run(plan)
    const messageIds = await database.sql(
      'select message_id from outbox_message where id = any($1) order by id',
      [failed],
    )
    expect((await rabbit.drain(queue)).map(({ messageId }) => messageId)).toEqual(
      messageIds.map((row) => row['message_id']),
    )
    // All of it is sent now; what is gone stays gone.
    expect(await engine.audits.repair(broken.audit, 1, never)).toMatchObject({
      plan: null,
      unsent: 0,
      gone: { from: sent[2] },
    })
    await expect(engine.audits.repair(broken.audit, 2, never)).rejects.toMatchObject({
      code: 'finding-not-found',
    })
  },
)

test('a chain as it is drawn', { timeout: 60_000 }, async () => {
  const { database, engine } = await openStage()
  const ids = await grow(database, 'a', 8, { type: 'OrderPaid' })
  await database.sql('delete from outbox_message where id = $1', [ids[4]])
  await database.sql('update outbox_message set prev_id = $2 where id = $1', [ids[6], ids[1]])
  const never = new AbortController().signal
  const view = (around: string | null, before: number, after: number) =>
    engine.engine.audits.view({ source: testSource, chain: 'a', around, before, after }, never)
  const all = await view(ids[3]!, 10, 10)
  expect(all.blocks.map(({ id, link }) => [id, link])).toEqual([
    [ids[0], 'head'],
    [ids[1], 'linked'],
    [ids[2], 'linked'],
    [ids[3], 'linked'],
    [ids[5], 'gap'],
    [ids[6], 'wrong'],
    [ids[7], 'linked'],
  ])
  expect(all).toMatchObject({ moreBefore: false, moreAfter: false })
  expect(all.blocks[0]?.message).toMatchObject({ type: 'OrderPaid', state: 'sent' })
  const middle = await view(ids[3]!, 1, 1)
  expect(middle.blocks.map(({ id, link }) => [id, link])).toEqual([
    [ids[2], 'linked'],
    [ids[3], 'linked'],
    [ids[5], 'gap'],
  ])
  expect(middle).toMatchObject({ moreBefore: true, moreAfter: true })
  const end = await view(null, 2, 0)
  expect(end.blocks.map(({ id }) => id)).toEqual([ids[5], ids[6], ids[7]])
  expect(end).toMatchObject({ moreBefore: true, moreAfter: false })
})

test('a watch begins at once, goes on by itself and outlives a restart', { timeout: 60_000 }, async () => {
  const { database, engine, dataDir } = await openStage()
  await grow(database, 'a', 2)
  const { auditWatching, audits } = engine.engine
  await auditWatching.start()
  await auditWatching.set(testSource, 10)
  const done = async (count: number) => {
    const all = await audits.list({ source: testSource, before: null, limit: 10 })
    return all.filter(({ state }) => state === 'done').length >= count
  }
  await eventually('the first audit', () => done(1))
  await eventually('the second audit', () => done(2))
  const [latest] = await audits.list({ source: testSource, before: null, limit: 1 })
  expect(latest).toMatchObject({ trigger: 'schedule', scope: { kind: 'new' } })
  const other = openTestEngine({ dataDir, databaseUrl: database.url })
  expect(await other.engine.auditWatching.list()).toEqual([
    { source: testSource, everySec: 10, nextRunAt: null },
  ])
  await other.close()
  await auditWatching.set(testSource, null)
  expect(await auditWatching.list()).toEqual([])
})
