import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import type { CheckBackConfig } from '../../src-main/domain/check-back.ts'
import type { JournalAction } from '../../src-main/domain/journal.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { startCheckService } from '../../src-main/sandbox/check-service.ts'
import type { CheckFate } from '../../src-main/sandbox/check-service.ts'
import { checkBackOf } from '../support/check-backs.ts'
import { mysqlDatabase } from '../support/mysql.ts'
import { testDatabase } from '../support/postgres.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { eventually } from '../support/resend-scene.ts'
import { quickSweep } from '../support/sweep-samples.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'

const servers = ['postgres', 'mysql'] as const
type Server = (typeof servers)[number]
const never = new AbortController().signal

interface Options {
  readonly server?: Server
  readonly fateOf: (messageId: string, asked: number) => CheckFate | null
  readonly config?: Partial<CheckBackConfig>
  readonly rows?: readonly string[]
  readonly wrap?: (ports: EnginePorts) => EnginePorts
}

async function open(context: TestContext, { server = 'postgres', fateOf, config, rows = [], wrap }: Options) {
  const database = server === 'postgres' ? await testDatabase() : await mysqlDatabase()
  const rabbit = await openRabbitTest(context)
  const queue = await rabbit.queue()
  const asked: string[] = []
  const service = await startCheckService((id, times) => {
    asked.push(id)
    return fateOf(id, times)
  })
  context.onTestFinished(() => service.close())
  const ago = server === 'postgres' ? `now() - interval '1 hour'` : 'utc_timestamp(6) - interval 1 hour'
  for (const id of rows)
    await database.sql(
      `insert into outbox_message (message_id, status, created_at, routing_key, payload)
       values ('${id}', 'prepared', ${ago}, '${queue}', '{"of": "${id}"}')`,
    )
  const engine = openTestEngine({
    dataDir: mkdtempSync(join(tmpdir(), 'redrive-check-back-')),
    databaseUrl: database.url,
    sweep: quickSweep,
    checkBack: checkBackOf(service.url, config),
    ...(wrap ? { wrap } : {}),
  })
  context.onTestFinished(() => engine.close())
  const states = async () =>
    Object.fromEntries(
      (await database.sql('select message_id, status from outbox_message order by id')).map((row) => [
        row['message_id'],
        row['status'],
      ]),
    )
  const journal = (action: JournalAction) =>
    engine.store.journal.list({ actions: [action], order: 'oldest', cursor: null, limit: 100 })
  const row = async (messageId: string) =>
    engine.engine.connections.withOutbox(
      testSource,
      async (outbox) =>
        (
          await outbox.list(
            { filter: { messageId }, order: 'oldest', cursor: null, limit: 1, budgetMs: 5_000 },
            never,
          )
        ).messages[0]!,
      never,
    )
  return { database, rabbit, queue, engine, asked, states, journal, row, service }
}

const byName = (id: string): CheckFate | null =>
  id.startsWith('gone') ? null : ((/^[a-z]+/.exec(id)?.[0] ?? 'unknown') as CheckFate)

describe.each(servers)('a check-back on %s', (server) => {
  test('commits what was done, which a sweep sends; rolls back what was not; parks what nobody knows', async (context) => {
    const rows = ['yes-1', 'no-1', 'unknown-1', 'slow-1', 'wrong-1', 'gone-1', 'yes-2']
    const it = await open(context, { server, fateOf: byName, rows })
    const first = await it.engine.checkBack()
    expect(first).toMatchObject({
      state: 'done',
      trouble: null,
      outcome: {
        asked: 7,
        committed: 2,
        rolledBack: 2,
        unknown: 3,
        parked: 0,
        left: 0,
        unsettled: 0,
        failedCalls: 1,
      },
    })
    const second = await it.engine.checkBack()
    expect(second.outcome).toMatchObject({ asked: 3, committed: 0, rolledBack: 0, unknown: 0, parked: 3 })
    expect((await it.engine.checkBack()).outcome).toMatchObject({ asked: 0, parked: 0 })
    const swept = await it.engine.sweep()
    expect(swept.outcome).toMatchObject({ claimed: 2, confirmed: 2 })
    const sent = await it.rabbit.drain(it.queue)
    expect(sent.map(({ messageId, payload }) => [messageId, JSON.parse(payload)])).toEqual([
      ['yes-1', { of: 'yes-1' }],
      ['yes-2', { of: 'yes-2' }],
    ])
    expect(await it.states()).toEqual({
      ...{ 'yes-1': 'sent', 'yes-2': 'sent', 'no-1': 'failed', 'gone-1': 'failed' },
      ...{ 'unknown-1': 'prepared', 'slow-1': 'prepared', 'wrong-1': 'prepared' },
    })
    expect((await it.row('no-1')).state).toBe('discarded')
    expect((await it.engine.sweep()).outcome).toMatchObject({ claimed: 0 })
    expect((await it.engine.store.journal.verify(never)).intact).toBe(true)
  })

  test('a person asks about a parked one again, or decides it with a reason and its id typed', async (context) => {
    let known = false
    const fateOf = (id: string) => (known && id === 'a' ? ('yes' as const) : ('unknown' as const))
    const it = await open(context, { server, fateOf, rows: ['a', 'b'], config: { checksMax: 1 } })
    expect((await it.engine.checkBack()).outcome).toMatchObject({ parked: 2 })
    known = true
    const [a, b] = [await it.row('a'), await it.row('b')]
    expect((await it.engine.checkBack([a.id])).outcome).toMatchObject({ asked: 1, committed: 1 })
    const { overrideHalf } = await import('../../src-main/app/check-back/overriding.ts')
    const decide = (more: object) =>
      overrideHalf(
        it.engine.engine,
        {
          ...{ source: testSource, id: b.id, version: b.version, decision: 'rollback' },
          ...{ reason: 'the order was cancelled', typedMessageId: 'b', ...more },
        },
        never,
      )
    await expect(decide({ reason: ' ' })).rejects.toMatchObject({ code: 'reason-required' })
    await expect(decide({ typedMessageId: 'a' })).rejects.toMatchObject({ code: 'id-not-typed' })
    await expect(decide({ id: a.id, typedMessageId: 'a' })).rejects.toMatchObject({ code: 'state-forbids' })
    await expect(decide({ version: '1' })).rejects.toMatchObject({ code: 'row-changed' })
    expect((await it.states())['b']).toBe('prepared')
    await decide({})
    expect(await it.row('b')).toMatchObject({
      state: 'discarded',
      lastError: 'Redrive: rollback by tester, not by its producer: the order was cancelled',
    })
    const [intent] = await it.journal('check-back-overriding')
    expect(intent?.detail).toMatchObject({
      ...{ messageId: 'b', decision: 'rollback', reason: 'the order was cancelled', checks: 1 },
      lastAnswer: { status: 200, failure: null, means: 'unknown' },
    })
    expect(await it.engine.store.halfMessages.standings(testSource, [a.id, b.id])).toEqual(new Map())
  })

  test('a row that its producer decides meanwhile is left alone and said', async (context) => {
    const producer = { decides: async () => undefined as unknown }
    let answered = false
    const it = await open(context, {
      server,
      fateOf: () => 'no',
      rows: ['mine'],
      wrap: (ports) => ({
        ...ports,
        serviceCalls: {
          call: async (request, signal) => {
            const reply = await ports.serviceCalls.call(request, signal)
            if (!answered) await producer.decides()
            answered = true
            return reply
          },
        },
      }),
    })
    producer.decides = () =>
      it.database.sql(`update outbox_message set status = 'pending' where message_id = 'mine'`)
    expect((await it.engine.checkBack()).outcome).toMatchObject({ asked: 1, rolledBack: 0, left: 1 })
    expect((await it.states())['mine']).toBe('pending')
  })
})

test('a check is counted before it is made, and the answers are journalled without anything secret', async (context) => {
  const it = await open(context, {
    fateOf: () => 'yes',
    rows: ['yes-1'],
    config: { call: { ...checkBackOf('http://127.0.0.1').call, auth: { bearer: { value: 'tok-secret' } } } },
    wrap: (ports) => ({
      ...ports,
      secrets: { ...ports.secrets, resolve: async () => 'tok-secret' },
      serviceCalls: {
        call: async (request) => {
          expect(await request.secret()).toBe('tok-secret')
          const ids = [(await it.row('yes-1')).id]
          const standing = [...(await ports.halfStore.standings(testSource, ids)).values()]
          expect(standing).toMatchObject([{ checks: 1, state: 'undecided', last: null }])
          return { ok: true, answer: { status: 200, body: '{"state":"done","token":"tok-secret"}' } }
        },
      },
    }),
  })
  expect((await it.engine.checkBack()).outcome).toMatchObject({ committed: 1 })
  const actions = ['check-back-asking', 'check-back-answered', 'check-back-decided'] as const
  const entries = (await Promise.all(actions.map((action) => it.journal(action)))).flat()
  expect(entries.map(({ action }) => action)).toEqual(actions)
  expect(entries[1]?.detail).toMatchObject({
    answers: [{ messageId: 'yes-1', check: 1, means: 'commit', status: 200, failure: null, tries: 1 }],
  })
  expect(JSON.stringify(entries)).not.toContain('tok-secret')
})

test('a wrong address decides nothing, whatever it answers', async (context) => {
  const it = await open(context, { fateOf: () => 'yes', rows: ['a', 'b'], config: { checksMax: 15 } })
  const wrong = { ...checkBackOf(`${it.service.url}/elsewhere`) }
  const workspace = await it.engine.engine.connections.workspace()
  const source = { ...workspace.sources[testSource]!, checkBack: wrong }
  await it.engine.engine.ports.workspace.save({ ...workspace, sources: { [testSource]: source } })
  expect((await it.engine.checkBack()).outcome).toMatchObject({
    asked: 2,
    unknown: 2,
    committed: 0,
    rolledBack: 0,
  })
  expect(await it.states()).toEqual({ a: 'prepared', b: 'prepared' })
})

test('on schedule: only once it is switched on, and off again at once', async (context) => {
  const it = await open(context, { fateOf: byName, rows: ['yes-1', 'no-1'] })
  const { checkBacks } = it.engine.engine
  await checkBacks.start()
  await it.engine.unlock()
  expect((await checkBacks.view(testSource, 5)).state).toBe('off')
  await checkBacks.switchOn(testSource, null)
  expect(await checkBacks.view(testSource, 5)).toMatchObject({ state: 'on', failures: 0 })
  await eventually('a scheduled run', async () => {
    const { runs } = await checkBacks.view(testSource, 5)
    return runs.length > 0 && runs.every(({ state }) => state !== 'running')
  })
  expect((await checkBacks.view(testSource, 5)).runs[0]).toMatchObject({
    trigger: 'schedule',
    state: 'done',
    outcome: { committed: 1, rolledBack: 1 },
  })
  expect((await checkBacks.view(testSource, 5)).nextRunAt).not.toBeNull()
  await checkBacks.switchOff(testSource)
  expect(await checkBacks.view(testSource, 5)).toMatchObject({ state: 'off', nextRunAt: null })
})

test('three runs that fail stop the schedule, and it stays stopped', async (context) => {
  let broken = false
  const it = await open(context, { fateOf: byName, rows: ['yes-1'] })
  const { checkBacks, connections } = it.engine.engine
  await it.engine.unlock()
  await checkBacks.switchOn(testSource, null)
  const outbox = await connections.withOutbox(testSource, async (opened) => opened, never)
  const decide: typeof outbox.decide = (...given) => whole.decide(...given)
  const whole = { ...outbox }
  Object.assign(outbox, {
    decide: (...given: Parameters<typeof outbox.decide>) =>
      broken
        ? Promise.reject(new RedriveError('connection-lost', 'unknown-effect', { reason: 'lost' }))
        : decide(...given),
  })
  broken = true
  for (const failures of [1, 2, 3]) {
    const run = await it.engine.checkBack()
    expect(run).toMatchObject({ state: 'failed', trouble: { code: 'connection-lost' } })
    expect(run.outcome).toMatchObject({ asked: 1, committed: 0, unsettled: 1 })
    expect((await checkBacks.view(testSource, 1)).failures).toBe(failures)
  }
  expect(await checkBacks.view(testSource, 1)).toMatchObject({
    state: 'stopped',
    stopped: { code: 'connection-lost' },
  })
  broken = false
  // What nobody knew is looked at first, and asked about again: nothing had been written.
  expect((await it.engine.checkBack()).outcome).toMatchObject({ asked: 1, committed: 1, unsettled: 0 })
  expect((await it.journal('check-back-recovered')).length).toBeGreaterThan(0)
  expect((await checkBacks.view(testSource, 1)).state).toBe('stopped')
})
