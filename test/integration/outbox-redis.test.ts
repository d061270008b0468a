import { describe, expect, test } from 'vitest'
import { persistence } from '../../src-main/adapters/outbox-redis/report.ts'
import { chooseStaged } from '../../src-main/adapters/profiles/staged.ts'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import { stagedLayouts } from '../../src-main/domain/mapping/mapping.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { codeOf, signal } from '../conformance/outbox-fixture.ts'
import { openStaged, redisPrefix } from '../support/redis.ts'
import type { RedisPrefix } from '../support/redis.ts'

type Layout = (typeof stagedLayouts)[number]
const HOUR_MS = 3_600_000
const RULE = { limit: 100, attemptsMax: 3, stuckAfterSec: 60, chained: false, repeat: false }
const PAYLOAD = '{"order": 12345678901234567890, "text": "a \\" quote, 漢字"}'

interface Staged {
  readonly table: string
  readonly mapping?: Mapping
}

/** Stages three messages of an hour ago, as a service does that knows nothing of Redrive. */
async function stage({ redis, prefix }: RedisPrefix, layout: Layout): Promise<Staged> {
  const fields = (n: number) => ({
    message_id: `m-${n}`,
    type: 'OrderPaid',
    exchange: '',
    routing_key: 'orders',
    payload: PAYLOAD,
    created_at: String(Date.now() - HOUR_MS + n),
  })
  for (const n of [1, 2, 3]) {
    const all = fields(n)
    if (layout === 'hash') await redis.hset(`${prefix}:${n}`, all)
    if (layout === 'json') await redis.set(`${prefix}:${n}`, JSON.stringify(all))
    if (layout === 'fields') await redis.hset(prefix, `${n}`, JSON.stringify(all))
    if (layout === 'stream')
      await redis.xadd(prefix, `${Date.now() - HOUR_MS + n}-0`, ...Object.entries(all).flat())
    if (layout === 'sorted-set') {
      await redis.zadd(prefix, Number(all.created_at), `${n}`)
      await redis.hset(`${prefix}:of:${n}`, all)
    }
  }
  if (layout === 'hash' || layout === 'json') return { table: `${prefix}:*` }
  if (layout !== 'sorted-set') return { table: prefix }
  const usual = chooseStaged('redis-sorted-set', layout)!
  return { table: prefix, mapping: { ...usual, staged: { layout, payloadKey: `${prefix}:of:{member}` } } }
}

async function leftKeys({ redis, prefix }: RedisPrefix): Promise<string[]> {
  const [, keys] = await redis.scan('0', 'MATCH', `${prefix}*`, 'COUNT', 100_000)
  return keys.sort()
}

async function ids(outbox: Outbox): Promise<readonly string[]> {
  const query = { filter: {}, order: 'oldest', cursor: null, limit: 100, budgetMs: 5_000 } as const
  const { messages, scope } = await outbox.list(query, signal())
  expect(scope).toEqual({ complete: true })
  return messages.map(({ id }) => id)
}

describe.each(stagedLayouts)('%s', (layout) => {
  test('is read as it is, claimed beside it, and removed at the confirmation', async () => {
    const at = await redisPrefix()
    const outbox = await openStaged(await stage(at, layout))
    const [first, second, third] = (await ids(outbox)) as [string, string, string]
    const [message] = await outbox.read([first], signal())
    expect(message).toMatchObject({
      messageId: 'm-1',
      state: 'pending',
      trouble: 'stuck',
      attempts: 0,
      type: 'OrderPaid',
      destination: { exchange: '', routingKey: 'orders' },
      content: { payload: PAYLOAD, headers: null },
    })
    const before = await leftKeys(at)
    const token = claimTokenOf('sweep-1')
    const rows = await outbox.claimDue(RULE, token, signal())
    expect(rows.map(({ messageId, attempts }) => [messageId, attempts])).toEqual([
      ['m-1', 1],
      ['m-2', 1],
      ['m-3', 1],
    ])
    // Only keys of Redrive's own came to be: not one byte of the service's has changed.
    expect(await leftKeys(at)).toEqual(before)
    expect(await outbox.claimDue(RULE, claimTokenOf('sweep-2'), signal())).toEqual([])
    const mark = (id: string, as: 'confirm' | 'retry') =>
      ({
        id,
        as,
        reason: as === 'confirm' ? null : 'returned',
        delaySec: 600,
        stateBefore: 'pending',
      }) as const
    const marks = await outbox.mark([mark(first, 'confirm'), mark(second, 'retry')], token, signal())
    expect(marks.map((one) => one.marked)).toEqual([true, true])
    expect(await ids(outbox)).toEqual([second, third])
    const [waits] = await outbox.read([second], signal())
    expect(waits).toMatchObject({ state: 'scheduled', attempts: 1, lastError: 'returned' })
    // The same again: it is known by its trace, and nothing is removed twice.
    expect(await outbox.mark([mark(first, 'confirm')], token, signal())).toEqual([marks[0]])
    expect(await outbox.mark([mark(first, 'confirm')], claimTokenOf('other'), signal())).toEqual([
      { id: first, marked: false },
    ])
  })

  test('a decision removes it, and an undo brings it back', async () => {
    const at = await redisPrefix()
    const outbox = await openStaged(await stage(at, layout))
    const [first] = (await ids(outbox)) as [string]
    const [before] = await outbox.read([first], signal())
    const request = { id: first, version: before!.version, token: 'decision-1' }
    const [resolved] = await outbox.resolve([request], signal())
    expect(resolved).toMatchObject({ applied: true })
    expect(await ids(outbox)).toHaveLength(2)
    expect(await outbox.resolve([request], signal())).toEqual([resolved])
    if (!resolved!.applied) return expect.fail('not applied')
    const undo = { id: first, version: resolved!.version, before: resolved!.before }
    if (layout === 'stream') {
      expect(await codeOf(outbox.undo([undo], signal()))).toBe('undo-too-late')
      return
    }
    expect(await outbox.undo([undo], signal())).toMatchObject([{ marked: true }])
    expect(await outbox.read([first], signal())).toEqual([before])
    expect(await outbox.undo([undo], signal())).toMatchObject([{ marked: true }])
  })
})

test('a late mark of an older claim is refused, though the message is claimed again', async () => {
  const at = await redisPrefix()
  const staged = await stage(at, 'hash')
  const [one, other] = [await openStaged(staged), await openStaged(staged)]
  const [first] = (await ids(one)) as [string]
  const old = claimTokenOf('sweep-old')
  await one.claimDue({ ...RULE, limit: 1 }, old, signal())
  // The server lost the claim: a failover to a replica that was behind.
  const key = `redrive:{${first}}:notes:${first}`
  await at.redis.del(key)
  const young = claimTokenOf('sweep-young')
  expect(await other.claimDue({ ...RULE, limit: 1 }, young, signal())).toHaveLength(1)
  const confirm = { id: first, as: 'confirm', reason: null, stateBefore: 'pending' } as const
  expect(await one.mark([confirm], old, signal())).toEqual([{ id: first, marked: false }])
  expect(await ids(one)).toHaveLength(3)
  expect(await other.mark([confirm], young, signal())).toMatchObject([{ marked: true }])
  const fences = [old, young].map((token) =>
    at.redis.hget(`redrive:{${staged.table}}:claims:${staged.table}:${token}`, '@fence'),
  )
  const [before, after] = (await Promise.all(fences)).map(Number)
  expect(after).toBeGreaterThan(before!)
})

test('two sweepers get messages of their own, and each message goes to one', async () => {
  const at = await redisPrefix()
  for (let n = 0; n < 600; n += 1)
    await at.redis.hset(`${at.prefix}:${n}`, { message_id: `m-${n}`, created_at: Date.now() - HOUR_MS })
  const table = `${at.prefix}:*`
  const both = [await openStaged({ table }), await openStaged({ table })]
  const sweep = async (outbox: Outbox, name: string): Promise<string[]> => {
    const mine: string[] = []
    for (let n = 0; ; n += 1) {
      const rows = await outbox.claimDue({ ...RULE, limit: 23 }, claimTokenOf(`${name}/${n}`), signal())
      if (rows.length === 0) return mine
      mine.push(...rows.map(({ id }) => id))
    }
  }
  const taken = (await Promise.all(both.map((one, n) => sweep(one, `s-${n}`)))).flat()
  expect(taken).toHaveLength(600)
  expect(new Set(taken).size).toBe(600)
})

test('what only SQL can say, a chain in sequence and a key of another type are refused by name', async () => {
  const at = await redisPrefix()
  const { table } = await stage(at, 'hash')
  const usual = chooseStaged('redis-hash', 'hash')!
  const companion = { ...usual, states: [{ state: 'pending', when: { exists: 'other' } }] } as const
  expect(await codeOf(openStaged({ table, mapping: companion }))).toBe('mapping-invalid')
  const chained = await openStaged({ table, mapping: { ...usual, chain: { key: 'type' } } })
  expect(chained.chains).toBe('unavailable')
  expect(await codeOf(chained.claimDue({ ...RULE, chained: true }, 't', signal()))).toBe('action-refused')
  await at.redis.set(`${at.prefix}-text`, '1')
  expect(await codeOf(openStaged({ table: `${at.prefix}-text` }))).toBe('table-missing')
  expect(await codeOf(openStaged({ table: `${at.prefix}-nothing:*` }))).toBe('table-missing')
})

test('where time runs out before SCAN has told all, the answer says that it is not complete', async () => {
  const at = await redisPrefix()
  const { table } = await stage(at, 'hash')
  const outbox = await openStaged({ table })
  const count = await outbox.count({}, 0, signal())
  expect(count.scope).toMatchObject({ complete: false, reason: 'time-budget' })
})

test('what a crash would take with it is said', async () => {
  const warned = (settings: Readonly<Record<string, string>>, replicas = 0): string[] =>
    persistence(new Map(Object.entries(settings)), replicas).warnings.map(({ say }) => say)
  const safe = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' }
  expect(warned(safe)).toEqual([])
  expect(warned({ ...safe, appendfsync: 'everysec' })).toEqual(['warning.redis-fsync'])
  expect(warned({ ...safe, appendonly: 'no', save: '' })).toEqual(['warning.redis-nothing'])
  expect(warned({ ...safe, appendonly: 'no', save: '3600 1' })).toEqual(['warning.redis-snapshots'])
  expect(warned({ ...safe, 'maxmemory-policy': 'allkeys-lru' })).toEqual(['warning.redis-eviction'])
  expect(warned(safe, 1)).toEqual(['warning.redis-failover'])
  expect(warned({ ...safe, 'min-replicas-to-write': '1' }, 1)).toEqual([])
  const at = await redisPrefix()
  const outbox = await openStaged(await stage(at, 'fields'))
  const report = await outbox.report(signal())
  expect(report).toMatchObject({ role: 'primary', profile: 'redis-fields', privileges: { select: true } })
  expect(report.serverVersion).toMatch(/^Redis \d+\./)
  expect(report.facts!.map(({ say }) => say)).toContain('fact.redis-log')
})
