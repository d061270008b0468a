import { expect, onTestFinished, test } from 'vitest'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import { detectLayouts } from '../../src-main/adapters/profiles/detect.ts'
import { renamed } from '../../src-main/adapters/profiles/rename.ts'
import { shippedProfiles } from '../../src-main/adapters/profiles/shipped.ts'
import type { TableShape } from '../../src-main/adapters/profiles/table-shape.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { plainCell, STUCK_AFTER_SEC } from './layout.ts'
import { loadLayout } from './load.ts'
import { layouts } from './layouts.ts'
import { tableAndNeighbours } from './shapes.ts'
import { plain } from '../../src-main/domain/text.ts'
import type { Text } from '../../src-main/domain/text.ts'

function saidOf({ reasons }: { readonly reasons: readonly Text[] }): string {
  return reasons.map(plain).join('; ')
}

const CERTAIN = 0.85
const NEAR = 0.05

/** Layouts that a table does not tell apart. */
const twins: Readonly<Record<string, readonly string[]>> = {
  'debezium-quarkus': ['debezium'],
  'eventuate-tram-polling': ['eventuate-tram-tailing'],
  'eventuate-tram-tailing': ['eventuate-tram-polling'],
  'pg-transactional-outbox': ['pg-transactional-outbox-replication'],
  'pg-transactional-outbox-replication': ['pg-transactional-outbox'],
}

const shape = (table: string, columns: Readonly<Record<string, string>>): TableShape => ({
  schema: 'public',
  table,
  columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
  keys: [[Object.keys(columns)[0]!]],
})

test.each(layouts.map((layout) => [layout.name, layout] as const))(
  '%s is the best candidate for its table, whatever its name, beside those that nothing tells apart from it',
  async (name, layout) => {
    const [table, neighbours] = await tableAndNeighbours(await loadLayout(layout))
    const candidates = detectLayouts(table, neighbours)
    const profile = layout.profile ?? name
    const best = candidates.filter((one) => candidates[0]!.score - one.score < NEAR).map((one) => one.profile)
    expect(best.sort()).toEqual([profile, ...(twins[profile] ?? [])].sort())
    const own = candidates.find((one) => one.profile === profile)!
    expect(own.score).toBeGreaterThanOrEqual(CERTAIN)
    for (const twin of twins[profile] ?? []) expect(saidOf(own)).toContain(twin)
    const lookOnly = ['resend', 'retry', 'resolve', 'edit'].every(
      (action) => layout.refuses[action as 'retry'] !== undefined,
    )
    expect(own.writes, saidOf(own)).toBe(lookOnly ? 'refused' : 'needs-confirmation')

    const scores = (of: TableShape) => detectLayouts(of, neighbours).map((one) => [one.profile, one.score])
    expect(scores({ ...table, table: 'x_1' })).toEqual(scores(table))
    const other = shape(table.table, { id: 'bigint', name: 'text', email: 'text', created_at: 'timestamptz' })
    expect(scores(other)).toEqual([])
  },
)

test('a table of another kind is no outbox', () => {
  const orders = {
    id: 'bigint',
    customer: 'bigint',
    status: 'text',
    total: 'numeric',
    created_at: 'timestamptz',
  }
  expect(detectLayouts(shape('orders', orders))).toEqual([])
  const log = { id: 'bigint', level: 'text', message: 'text', timestamp: 'timestamp with time zone' }
  expect(detectLayouts(shape('log', log))).toEqual([])
})

test('codes of another type are another layout, and never taken for the same', () => {
  const broker = {
    message_id: 'varchar(255)',
    message: 'varchar(4000)',
    try_count: 'int(4)',
    status: 'varchar(10)',
    next_retry: 'timestamp',
    create_time: 'timestamp',
    update_time: 'timestamp',
  }
  const of = (columns: Readonly<Record<string, string>>) =>
    detectLayouts(shape('t', columns)).find((one) => one.profile === 'broker-message-log')!
  expect(of(broker)).toMatchObject({ score: 1, writes: 'needs-confirmation' })
  const integers = of({ ...broker, status: 'int(11)' })
  expect(integers.score).toBeLessThan(1)
  expect(integers.writes).toBe('refused')
  expect(saidOf(integers)).toContain('status is int(11), not text')
})

test('a column that is missing is named, and nothing may be written', () => {
  const table = shape('t', {
    id: 'uuid',
    status: 'text',
    record_key: 'text',
    record_type: 'text',
    payload: 'text',
    context: 'text',
    created_at: 'timestamp with time zone',
    completed_at: 'timestamp with time zone',
    failure_count: 'integer',
    failure_reason: 'text',
    next_retry_at: 'timestamp with time zone',
    handler_id: 'text',
  })
  const [best] = detectLayouts(table)
  expect(best).toMatchObject({ profile: 'namastack', writes: 'refused' })
  expect(saidOf(best!)).toContain('missing: partition_no')
})

test('renaming nothing changes nothing, and there and back is the same', () => {
  for (const profile of shippedProfiles as readonly Mapping[]) {
    expect(renamed(profile, (name) => name)).toEqual(profile)
    const there = renamed(profile, (name) => `x${name}`)
    expect(there).not.toEqual(profile)
    expect(renamed(there, (name) => name.slice(1))).toEqual(profile)
  }
})

test('a project that names its columns otherwise gets a mapping in its own spelling', async () => {
  const layout = layouts.find((one) => one.name === 'masstransit')!
  const loaded = await loadLayout(layout)
  const { database } = loaded
  const snake = (name: string): string => name.replace(/(?<=[a-z])([A-Z])/g, '_$1').toLowerCase()
  for (const old of ['OutboxMessage', 'OutboxState', 'InboxState']) {
    const columns = await database.sql(
      'select column_name as name from information_schema.columns where table_name = $1',
      [old],
    )
    for (const { name } of columns)
      await database.sql(`alter table "${old}" rename column "${name}" to "${snake(name!)}"`)
    await database.sql(`alter table "${old}" rename to "mt_${snake(old)}"`)
  }
  const [table, neighbours] = await tableAndNeighbours(loaded, 'mt_outbox_message')
  const [best] = detectLayouts(table, neighbours)
  expect(best).toMatchObject({ profile: 'masstransit', writes: 'needs-confirmation' })
  const outbox = await openPostgresOutbox(
    {
      config: {
        url: database.url,
        stuckAfterSec: STUCK_AFTER_SEC,
        maxAttempts: 3,
        outbox: { table: 'mt_outbox_message' },
      },
      password: async () => serverAddress().password,
      chooseMapping: () => best!.mapping,
    },
    AbortSignal.timeout(20_000),
  )
  onTestFinished(() => outbox.close())
  const page = await outbox.list(
    { filter: {}, order: 'oldest', cursor: null, limit: 100, budgetMs: 10_000 },
    AbortSignal.timeout(20_000),
  )
  expect(page.messages.map(({ id, state }) => [id, state])).toEqual(
    layout.rows.map((row) => [plainCell(row, 'SequenceNumber'), row.shows.state]),
  )
})
