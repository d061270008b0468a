import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openCli } from '../support/cli.ts'
import type { CliResult } from '../support/cli.ts'
import { openRabbitTest, rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { redisPrefix } from '../support/redis.ts'
import { addSqliteRows, sqliteFile } from '../support/sqlite.ts'

const EACH_MS = 120_000
const HOUR_MS = 3_600_000

async function opened(context: TestContext, source: object) {
  const broker = await openRabbitTest(context)
  const queue = await broker.queue()
  const cli = await openCli({
    sources: {
      orders: {
        ...source,
        environment: 'development',
        deliver: { broker: 'rabbit' },
        stuckAfterSec: 60,
        maxAttempts: 3,
      },
    },
    brokers: { rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } } },
  })
  const done = async (...words: readonly string[]): Promise<CliResult['records']> => {
    const { code, stdout, stderr, records } = await cli.here(...words)
    expect(code, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0)
    return records
  }
  return { cli, broker, queue, done }
}

test(
  'a Redis: tested, listed, confirmed, planned and resent',
  async (context) => {
    const { redis, prefix, url } = await redisPrefix()
    const outbox = { profile: 'auto', table: `${prefix}:*` }
    const { cli, broker, queue, done } = await opened(context, { driver: 'redis', url, outbox })
    for (let n = 1; n <= 5; n += 1)
      await redis.hset(`${prefix}:${n}`, {
        message_id: `m-${n}`,
        routing_key: queue,
        payload: `{"n":${n}}`,
        created_at: Date.now() - HOUR_MS,
      })
    const [report] = await done('sources', 'test', '--source', 'orders')
    expect(report).toMatchObject({ ok: true, role: 'primary', profile: 'redis-hash' })
    const told = await cli.plain('sources', 'test', '--source', 'orders')
    expect(told.stdout).toMatch(/^kept how +Append-only file/m)
    expect(told.stdout).toMatch(/^could be lost +.*crash/m)
    const listed = await done('messages', 'list', '--source', 'orders', '--trouble', 'stuck', '--limit', '10')
    expect(listed.slice(0, 5).map(({ messageId }) => messageId)).toEqual(['m-1', 'm-2', 'm-3', 'm-4', 'm-5'])
    const [preview] = await done('mapping', 'preview', '--source', 'orders')
    const digest = String(preview!['digest'])
    await done('mapping', 'confirm', '--source', 'orders', '--digest', digest)
    const [plan] = await done(
      'plan',
      'resend',
      '--source',
      'orders',
      '--trouble',
      'stuck',
      '--out',
      `${cli.folder}/plan.ndjson`,
    )
    expect(plan).toMatchObject({ items: 5 })
    await done('run', `${cli.folder}/plan.ndjson`, '--confirm', String(plan!['digest']))
    expect((await broker.drain(queue)).map(({ payload }) => payload).sort()).toEqual(
      [1, 2, 3, 4, 5].map((n) => `{"n":${n}}`),
    )
    expect(await redis.exists(...[1, 2, 3, 4, 5].map((n) => `${prefix}:${n}`))).toBe(0)
  },
  EACH_MS,
)

test(
  'a file of SQLite: tested, detected, listed, planned and resent',
  async (context) => {
    const file = await sqliteFile()
    const outbox = { profile: 'auto', table: 'outbox_message' }
    const { cli, broker, queue, done } = await opened(context, { driver: 'sqlite', url: file.url, outbox })
    const old = new Date(Date.now() - HOUR_MS).toISOString().replace('T', ' ').replace('Z', '')
    const ids = addSqliteRows(
      file,
      Array.from({ length: 4 }, () => ({
        status: 'failed',
        attempts: 3,
        routing_key: queue,
        created_at: old,
      })),
    )
    const [report] = await done('sources', 'test', '--source', 'orders')
    expect(report).toMatchObject({ ok: true, role: 'primary', profile: 'redrive-reference', indexed: true })
    expect(await done('sources', 'detect', '--source', 'orders')).toMatchObject([
      { profile: 'redrive-reference', table: 'main.outbox_message', writes: 'allowed' },
    ])
    const listed = await done(
      'messages',
      'list',
      '--source',
      'orders',
      '--trouble',
      'failed',
      '--limit',
      '10',
    )
    expect(listed.slice(0, 4)).toMatchObject(ids.map((id) => ({ id, state: 'failed' })))
    const [plan] = await done(
      'plan',
      'resend',
      '--source',
      'orders',
      '--trouble',
      'failed',
      '--out',
      `${cli.folder}/plan.ndjson`,
    )
    await done('run', `${cli.folder}/plan.ndjson`, '--confirm', String(plan!['digest']))
    expect(await broker.count(queue)).toBe(4)
    expect(await file.sql('select distinct status, attempts from outbox_message')).toEqual([
      { status: 'sent', attempts: '4' },
    ])
  },
  EACH_MS,
)
