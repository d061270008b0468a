import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openRedisEvidence } from '../../src-main/adapters/outbox-redis/evidence.ts'
import { signal } from '../conformance/outbox-fixture.ts'
import { evidenceTold } from '../support/evidence-told.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { redisPrefix } from '../support/redis.ts'
import { addSqliteRows, sqliteFile } from '../support/sqlite.ts'
import { quickSweep } from '../support/sweep-samples.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'
import type { TestEngineOptions } from '../support/test-engine.ts'

const HOUR_MS = 3_600_000
const never = new AbortController().signal

async function opened(context: TestContext, options: Omit<TestEngineOptions, 'dataDir'>) {
  const rabbit = await openRabbitTest(context)
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-engine-'))
  const engine = openTestEngine({ dataDir, batch: 20, sweep: { ...quickSweep, order: 'none' }, ...options })
  onTestFinished(async () => {
    await engine.close()
    await rm(dataDir, { recursive: true })
  })
  return { engine, rabbit, queue: await rabbit.queue() }
}

test('staged messages of Redis: seen, confirmed as a mapping, planned, sent once, removed, in the journal', async (context) => {
  const { redis, prefix, url } = await redisPrefix()
  const table = `${prefix}:*`
  const { engine, rabbit, queue } = await opened(context, { databaseUrl: url, table })
  const stage = (n: number, routingKey: string) =>
    redis.hset(`${prefix}:${n}`, {
      message_id: `m-${n}`,
      type: 'OrderPaid',
      routing_key: routingKey,
      payload: `{"order":${n}}`,
      headers: '{"x-trace":"t"}',
      created_at: Date.now() - HOUR_MS,
    })
  for (let n = 1; n <= 50; n += 1) await stage(n, n === 50 ? 'redrive-no-such-queue' : queue)
  expect(
    await engine.engine.messages.list(
      testSource,
      { filter: { trouble: 'stuck' }, order: 'oldest', cursor: null, limit: 100 },
      never,
    ),
  ).toMatchObject({
    messages: { length: 50 },
  })
  // Nobody has said yet that this is what the fields mean.
  expect(await engine.sweep()).toMatchObject({ state: 'failed', trouble: { code: 'mapping-unconfirmed' } })
  await engine.confirmMapping()

  const plan = await engine.plan({ messageId: 'm-7' })
  const job = await engine.run(plan)
  expect(job).toMatchObject({ state: 'done', items: 1, ended: 1, tally: { confirmed: 1 } })
  expect(await redis.exists(`${prefix}:7`)).toBe(0)

  const run = await engine.sweep()
  expect(run).toMatchObject({
    state: 'done',
    outcome: { claimed: 49, confirmed: 48, retried: 1, returned: 1, unknown: 0 },
  })
  const arrived = await rabbit.drain(queue)
  expect(arrived.map(({ messageId }) => messageId).sort()).toEqual(
    Array.from({ length: 49 }, (_, n) => `m-${n + 1}`).sort(),
  )
  expect(arrived.find(({ messageId }) => messageId === 'm-3')).toMatchObject({
    payload: '{"order":3}',
    type: 'OrderPaid',
  })
  // What came back stays staged, counted, and waits.
  expect(await redis.exists(`${prefix}:50`)).toBe(1)
  const [left] = (
    await engine.engine.messages.list(
      testSource,
      { filter: {}, order: 'oldest', cursor: null, limit: 10 },
      never,
    )
  ).messages
  expect(left).toMatchObject({ messageId: 'm-50', state: 'scheduled', attempts: 1 })
  expect(await engine.store.journal.verify(never)).toMatchObject({ intact: true })
  const actions = (await engine.store.journal.list({ order: 'oldest', cursor: null, limit: 100 })).map(
    ({ action }) => action,
  )
  expect(actions).toEqual(expect.arrayContaining(['mapping-confirmed', 'source-unlocked']))
})

test('an outbox in a file of SQLite: swept through RabbitMQ while its service goes on writing', async (context) => {
  const file = await sqliteFile()
  const { engine, rabbit, queue } = await opened(context, { databaseUrl: file.url })
  const old = new Date(Date.now() - HOUR_MS).toISOString().replace('T', ' ').replace('Z', '')
  addSqliteRows(
    file,
    Array.from({ length: 60 }, (_, n) => ({ message_id: `m-${n + 1}`, routing_key: queue, created_at: old })),
  )
  let writing = true
  let written = 0
  const service = (async () => {
    while (writing) {
      addSqliteRows(file, [{ routing_key: queue }])
      written += 1
      await new Promise((later) => setTimeout(later, 2))
    }
  })()
  const run = await engine.sweep()
  writing = false
  await service
  expect(run).toMatchObject({ state: 'done', outcome: { claimed: 60, confirmed: 60, unknown: 0 } })
  expect((await rabbit.drain(queue)).map(({ messageId }) => messageId)).toEqual(
    Array.from({ length: 60 }, (_, n) => `m-${n + 1}`),
  )
  expect(written).toBeGreaterThan(3)
  expect(await file.sql(`select status, count(*) as n from outbox_message group by 1 order by 1`)).toEqual([
    { status: 'pending', n: String(written) },
    { status: 'sent', n: '60' },
  ])
})

test('dedupe keys: what was consumed is told as long as its key lives, and no longer', async () => {
  const { redis, prefix, url } = await redisPrefix()
  const retentionSec = 3_600
  const reader = await openRedisEvidence(
    {
      config: { table: `${prefix}:seen:{messageId}`, messageId: 'message_id', retentionSec },
      at: { url },
      password: async () => '',
    },
    signal(),
  )
  onTestFinished(() => reader.close())
  await redis.set(`${prefix}:seen:a`, '1', 'EX', retentionSec - 600, 'NX')
  await redis.set(`${prefix}:seen:forever`, '1')
  const ask = (messageId: string, ageSec: number | null) => ({
    id: messageId,
    messageId,
    createdAt: ageSec === null ? null : new Date(Date.now() - ageSec * 1_000).toISOString(),
  })
  const found = await reader.look(
    [
      ask('a', 900),
      ask('b', 900),
      ask('c', 2 * retentionSec),
      ask('d', null),
      ask('forever', 60),
      ask(`a*{x}`, 60),
    ],
    signal(),
  )
  expect(evidenceTold(found)).toEqual([
    'consumed',
    'not-seen-within-retention',
    'older-than-retention',
    'age-unknown',
    'consumed',
    'not-seen-within-retention',
  ])
  const agoSec = (Date.now() - Date.parse(found[0]!.consumedAt!)) / 1_000
  expect(agoSec).toBeGreaterThan(590)
  expect(agoSec).toBeLessThan(620)
  expect(found[4]!.consumedAt).toBeNull()
})
