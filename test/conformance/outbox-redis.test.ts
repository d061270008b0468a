import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { openStaged, redisPrefix } from '../support/redis.ts'
import type { RedisPrefix } from '../support/redis.ts'
import { outboxConformance } from './outbox.ts'
import type { FixtureOptions, OutboxFixture, SeedRow } from './outbox-fixture.ts'

/*
 * The whole suite speaks of messages that stay when they are sent. Some services keep them so in Redis: a field says what
 * became of the message. What is removed at the confirmation has tests of its own, in integration/outbox-redis.test.ts.
 */
const KEPT: Omit<Mapping, 'staged' | 'profile'> = {
  key: '@id',
  messageId: 'message_id',
  type: 'type',
  chain: { key: 'chain_key' },
  destination: { exchange: 'exchange', routingKey: 'routing_key' },
  payload: { value: 'payload', encoding: 'json' },
  headers: { value: 'headers' },
  times: { created: 'created_at', updated: 'updated_at', nextAttempt: 'next_attempt_at' },
  attempts: { value: 'attempts' },
  lastError: 'last_error',
  columns: {
    created_at: { time: 'epoch-ms' },
    updated_at: { time: 'epoch-ms' },
    next_attempt_at: { time: 'iso' },
  },
  states: [
    { state: 'sent', when: { column: 'status', equals: 'sent' } },
    { state: 'discarded', when: { column: 'status', equals: 'discarded' } },
    { state: 'failed', when: { column: 'status', equals: 'failed' } },
    { state: 'in-flight', when: { column: 'status', equals: 'sending' } },
    { state: 'scheduled', when: { column: 'next_attempt_at', above: { is: 'now' } } },
    { state: 'retrying', when: { column: 'attempts', above: 0 } },
    { state: 'pending', when: { all: [] } },
  ],
  sentRows: 'kept',
  relay: { model: 'poller' },
}

const STATUS = {
  pending: 'pending',
  scheduled: 'pending',
  retrying: 'pending',
  'in-flight': 'sending',
  sent: 'sent',
  failed: 'failed',
  discarded: 'discarded',
} as const satisfies Record<SeedRow['state'], string>

function fieldsOf(seed: SeedRow, number: number): Record<string, string> {
  const before = (seconds: number): string => String(Date.now() - seconds * 1_000)
  const all = {
    message_id: seed.messageId ?? `message-${number}`,
    status: STATUS[seed.state],
    attempts: String(seed.attempts ?? 0),
    type: seed.type,
    last_error: seed.error,
    exchange: seed.exchange ?? '',
    routing_key: seed.routingKey ?? '',
    chain_key: seed.chainKey,
    payload: seed.payload ?? '{}',
    headers: seed.headers,
    created_at: before(seed.createdSecAgo ?? 0),
    updated_at: seed.updatedSecAgo === undefined ? undefined : before(seed.updatedSecAgo),
    next_attempt_at:
      seed.dueInSec === undefined ? undefined : new Date(Date.now() + seed.dueInSec * 1_000).toISOString(),
  }
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  )
}

interface Layout {
  readonly table: (prefix: string) => string
  readonly staged: NonNullable<Mapping['staged']>
  readonly put: (at: RedisPrefix, id: string, fields: Record<string, string>) => Promise<unknown>
  readonly get: (at: RedisPrefix, id: string) => Promise<Record<string, string>>
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  'one hash with a field for each message': {
    table: (prefix) => `${prefix}:staged`,
    staged: { layout: 'fields', onConfirm: 'keep' },
    put: ({ redis, prefix }, id, fields) => redis.hset(`${prefix}:staged`, id, JSON.stringify(fields)),
    get: async ({ redis, prefix }, id) =>
      JSON.parse((await redis.hget(`${prefix}:staged`, id)) ?? '{}') as Record<string, string>,
  },
  'a sorted set of ids with a hash for each': {
    table: (prefix) => `${prefix}:due`,
    staged: { layout: 'sorted-set', payloadKey: '', onConfirm: 'keep' },
    put: async ({ redis, prefix }, id, fields) => {
      await redis.del(`${prefix}:m:${id}`)
      await redis.hset(`${prefix}:m:${id}`, fields)
      await redis.zadd(`${prefix}:due`, Number(fields['created_at'] ?? 0), id)
    },
    get: ({ redis, prefix }, id) => redis.hgetall(`${prefix}:m:${id}`),
  },
}

async function fixture(
  layout: Layout,
  { stuckAfterSec, attemptsMax }: FixtureOptions,
): Promise<OutboxFixture> {
  const at = await redisPrefix()
  const staged =
    layout.staged.payloadKey === undefined
      ? layout.staged
      : { ...layout.staged, payloadKey: `${at.prefix}:m:{member}` }
  const mapping: Mapping = { ...KEPT, profile: 'kept', staged }
  const open = () =>
    openStaged({ table: layout.table(at.prefix), mapping, stuckAfterSec, maxAttempts: attemptsMax })
  let last = 0
  const change = async (id: string, fields: Record<string, string>): Promise<void> => {
    await layout.put(at, id, { ...(await layout.get(at, id)), ...fields })
  }
  return {
    outbox: await open(),
    add: async (rows) => {
      const ids: string[] = []
      for (const row of rows) {
        last += 1
        await layout.put(at, String(last), fieldsOf(row, last))
        ids.push(String(last))
      }
      return ids
    },
    touch: (id) => change(id, { touched: String(Math.random()) }),
    // Another console's note: the service says it in its own way, which no note of ours hides.
    async sendElsewhere(id) {
      await at.redis.hset(notesKey(layout.table(at.prefix)), id, JSON.stringify({ s: 'sent', u: Date.now() }))
    },
    lockElsewhere: () => Promise.reject(new Error('nobody locks a message of Redis')),
    another: open,
  }
}

function notesKey(table: string): string {
  return `redrive:{${table}}:notes:${table}`
}

for (const [name, layout] of Object.entries(LAYOUTS))
  outboxConformance(`redis: ${name}`, (options) => fixture(layout, options), {
    rowLocks: false,
    chains: false,
  })
