import { join } from 'node:path'
import { Cluster } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { parseAddress } from '../../src-main/adapters/outbox-redis/address.ts'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { codeOf, signal } from '../conformance/outbox-fixture.ts'
import { connectToRedis, openStaged } from '../support/redis.ts'
import {
  makeCertificates,
  startRedis,
  startRedisCluster,
  startRedisSet,
  until,
} from '../support/redis-nodes.ts'
import { scratchFolder } from '../support/scratch.ts'

const HOUR_MS = 3_600_000
const RULE = { limit: 1_000, attemptsMax: 3, stuckAfterSec: 60, chained: false, repeat: false }
const MESSAGES = 60

type Setter = { hset(key: string, fields: Record<string, string | number>): Promise<unknown> }

async function stage(redis: Setter, count = MESSAGES): Promise<void> {
  for (let n = 0; n < count; n += 1)
    await redis.hset(`staged:${n}`, { message_id: `m-${n}`, payload: '{}', created_at: Date.now() - HOUR_MS })
}

/** Claims all and confirms all: what the console does with every message of a sweep. */
async function sendAll(outbox: Outbox): Promise<number> {
  const token = claimTokenOf('sweep-1')
  const rows = await outbox.claimDue(RULE, token, signal())
  const marks = await outbox.mark(
    rows.map(({ id, stateBefore }) => ({ id, as: 'confirm' as const, reason: null, stateBefore })),
    token,
    signal(),
  )
  return marks.filter(({ marked }) => marked).length
}

test(
  'a cluster: messages on three servers, each claimed and removed where it is',
  { timeout: 90_000 },
  async () => {
    const cluster = await startRedisCluster(await scratchFolder())
    onTestFinished(() => cluster.close())
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    onTestFinished(() => client.disconnect())
    await stage(client)
    const outbox = await openStaged({ url: cluster.url, table: 'staged:*' })
    const counts = await Promise.all(cluster.nodes.map((node) => node.ask('DBSIZE')))
    expect(counts.every((count) => Number(count) > 5)).toBe(true)
    expect(await outbox.count({}, 10_000, signal())).toMatchObject({
      count: MESSAGES,
      scope: { complete: true },
    })
    expect(await sendAll(outbox)).toBe(MESSAGES)
    expect(await outbox.count({}, 10_000, signal())).toMatchObject({ count: 0, scope: { complete: true } })
    expect((await outbox.report(signal())).warnings!.map(({ say }) => say)).toContain('warning.redis-nothing')
  },
)

test(
  'sentinels: the console follows the primary, and a claim of the old one is known on the new one',
  { timeout: 90_000 },
  async () => {
    const set = await startRedisSet(await scratchFolder(), { appendonly: 'yes' })
    onTestFinished(() => set.close())
    const redis = await connectToRedis(set.primary.url)
    await stage(redis)
    const outbox = await openStaged({ url: set.url, table: 'staged:*' })
    const report = await outbox.report(signal())
    expect(report.warnings!.map(({ say }) => say)).toEqual(['warning.redis-fsync', 'warning.redis-failover'])
    const token = claimTokenOf('sweep-1')
    const rows = await outbox.claimDue({ ...RULE, limit: 20 }, token, signal())
    expect(rows).toHaveLength(20)
    await redis.wait(1, 5_000)
    redis.disconnect()
    await set.primary.stop('SIGKILL')
    const dead = await outbox.count({}, 500, signal()).catch((error: unknown) => error as RedriveError)
    expect(dead).toMatchObject({ retry: 'later' })
    await until('the new primary answers', async () => {
      await outbox.count({}, 5_000, signal())
      return true
    })
    await until('it leads', async () => (await outbox.report(signal())).role === 'primary')
    const confirm = rows.map(({ id, stateBefore }) => ({
      id,
      as: 'confirm' as const,
      reason: null,
      stateBefore,
    }))
    const marks = await outbox.mark(confirm, token, signal())
    expect(marks.every(({ marked }) => marked)).toBe(true)
    expect(await outbox.count({}, 10_000, signal())).toMatchObject({ count: MESSAGES - 20 })
    expect(await sendAll(outbox)).toBe(MESSAGES - 20)
  },
)

test('TLS: a certificate is checked, and a password asked for', { timeout: 60_000 }, async () => {
  const folder = await scratchFolder()
  const tls = await makeCertificates(join(folder, 'certificates'))
  const node = await startRedis({ folder: join(folder, 'node'), tls })
  onTestFinished(() => node.stop('SIGKILL'))
  await node.ask('HSET', 'staged:1', 'message_id', 'm-1', 'created_at', String(Date.now() - HOUR_MS))
  await node.ask('CONFIG', 'SET', 'requirepass', 'secret')
  const url = node.url.replace('redis:', 'rediss:')
  const open = (options: Partial<Parameters<typeof openStaged>[0]>) =>
    openStaged({ url, table: 'staged:*', password: 'secret', ...options })
  expect(await codeOf(open({}))).toBe('tls-failed')
  const checked = { mode: 'verify-full', caFile: tls.caFile } as const
  expect(await codeOf(open({ tls: checked, password: 'wrong' }))).toBe('auth-failed')
  expect(await codeOf(open({ tls: checked, password: '' }))).toBe('auth-failed')
  expect(await sendAll(await open({ tls: checked }))).toBe(1)
  // Encrypted only: the certificate of an authority that nobody knows will do.
  expect(await codeOf(open({ tls: { mode: 'require' }, table: 'nothing:*' }))).toBe('table-missing')
})

test('what keeps a console out is told by what has to be done', { timeout: 60_000 }, async () => {
  const folder = await scratchFolder()
  const plain = await startRedis({ folder })
  onTestFinished(() => plain.stop('SIGKILL'))
  await plain.ask('HSET', 'staged:1', 'message_id', 'm-1', 'created_at', String(Date.now() - HOUR_MS))
  await plain.ask('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-config', '-hset')
  const outbox = await openStaged({
    url: plain.url.replace('//', '//reader@'),
    table: 'staged:*',
    password: 'secret',
  })
  expect((await outbox.report(signal())).warnings!.map(({ say }) => say)).toEqual(['warning.redis-unknown'])
  expect(await codeOf(outbox.claimDue(RULE, claimTokenOf('s'), signal()))).toBe('permission-denied')
  expect(await codeOf(openStaged({ url: 'redis://127.0.0.1:1/0', table: 'a' }))).toBe('host-unreachable')
  expect(await codeOf(openStaged({ url: plain.url.replace('/0', '/99'), table: 'a' }))).toBe(
    'database-unknown',
  )
})

test.each([
  [
    'redis://me@h:1/2',
    { kind: 'single', nodes: [{ host: 'h', port: 1 }], user: 'me', database: 2, secured: false },
  ],
  ['rediss://[::1]', { kind: 'single', nodes: [{ host: '::1', port: 6379 }], secured: true, database: 0 }],
  [
    'redis-sentinel://a,b:1/shop/3',
    {
      kind: 'sentinel',
      master: 'shop',
      database: 3,
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
      ],
    },
  ],
  [
    'redis-cluster://a:1,b:2',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    },
  ],
] as const)('%s is read', (url, wanted) => {
  expect(parseAddress(url)).toMatchObject(wanted)
})

test.each([
  'redis://',
  'redis://a,b/0',
  'redis-sentinel://a',
  'redis-cluster://a/1',
  'redis://a:p@h/0',
  'http://a',
  'redis://h/x',
])('%s is refused', (url) => {
  expect(() => parseAddress(url)).toThrow(RedriveError)
})
