import { expect, test } from 'vitest'
import type { IdService } from '../../src-main/domain/id-service.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { cliFixture } from '../support/cli-fixture.ts'
import { openMapped } from '../support/mapped-table.ts'
import { testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

const never = new AbortController().signal
const EPOCH_MS = 1_288_834_974_657
const NOON_MS = Date.parse('2026-03-01T12:00:00Z')
const snowflake: IdService = {
  kind: 'snowflake',
  epochMs: EPOCH_MS,
  shift: 22,
  worker: { shift: 12, bits: 10 },
  clockMsMax: 1_000,
}

/** The id that a worker makes so many milliseconds after noon. */
function flake(ms: number, worker: number, counter = 0): string {
  return String((BigInt(NOON_MS + ms - EPOCH_MS) << 22n) | (BigInt(worker) << 12n) | BigInt(counter))
}

const mapping: Mapping = {
  profile: 'own',
  key: 'row',
  messageId: 'row',
  chain: { key: 'chain', sequence: 'id' },
  times: { created: 'made' },
  states: [{ state: 'pending', when: { all: [] } }],
  sentRows: 'kept',
  relay: { model: 'none' },
}

const TABLE = `create table box (row bigserial primary key, chain text, id bigint not null, made timestamptz not null)`

/** Rows in the order in which they are stored: chain, id, milliseconds after noon. */
async function store(
  database: TestDatabase,
  rows: readonly (readonly [string | null, string, number])[],
): Promise<void> {
  await database.sql(
    `insert into box (chain, id, made)
     select chain, id::bigint, to_timestamp($3::numeric / 1000) + ms::numeric * interval '1 millisecond'
     from unnest($1::text[], $2::text[], $4::text[]) with ordinality u(chain, id, ms, n) order by n`,
    [
      rows.map(([chain]) => chain),
      rows.map(([, id]) => id),
      String(NOON_MS),
      rows.map(([, , ms]) => String(ms)),
    ],
  )
}

async function found(
  database: TestDatabase,
  service: IdService,
  own: Mapping = mapping,
  since: string | null = null,
) {
  const outbox = await openMapped(database, 'public.box', own)
  const all = await outbox.ids!.search({ service, since, statementMs: 30_000 }, never)
  const told = all.findings.map(({ fault, id, beforeId, byMs }) => [fault, id, beforeId, byMs])
  return { ...all, told }
}

test('snowflakes with gaps, of several workers, are in order', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql(TABLE)
  const rows = Array.from({ length: 300 }, (_, at) => {
    // Two workers whose clocks are half a second apart, in chains of their own; hours without a message.
    const worker = at % 2
    const ms = at * 997 + (at > 200 ? 7_200_000 : 0)
    return [`c-${worker}`, flake(ms + worker * 500, worker, at % 7), ms + 5] as const
  })
  await store(database, rows)
  const { told, messages, byFault, unseen } = await found(database, snowflake)
  expect(told).toEqual([])
  expect(messages).toBe(300)
  expect(Object.values(byFault)).toEqual([0, 0, 0, 0, 0])
  expect(unseen).toEqual([])
})

test('a clock that steps back, one that is ahead, ids that go back, and ids that come twice', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql(TABLE)
  await store(database, [
    ['a', flake(0, 1), 0],
    ['a', flake(100, 1), 100],
    // The same millisecond, and the counter goes back: no clock did.
    ['b', flake(200, 2, 9), 200],
    ['b', flake(200, 2, 3), 210],
    // Worker 1 is set back by five seconds, and another chain is the first to see it.
    ['c', flake(5_000, 1), 5_000],
    ['d', flake(50, 1), 5_050],
    ['a', flake(60, 1), 5_060],
    // Worker 3 is a minute ahead.
    ['e', flake(66_000, 3), 6_000],
    [null, flake(7_000, 4), 7_000],
    [null, flake(7_000, 4), 7_001],
  ])
  const { told, byFault } = await found(database, snowflake)
  expect(told).toEqual([
    ['duplicate', flake(7_000, 4), null, null],
    ['regression', flake(60, 1), flake(100, 1), null],
    ['regression', flake(200, 2, 3), flake(200, 2, 9), null],
    ['clock-back', flake(50, 1), flake(5_000, 1), 4_950],
    ['clock-ahead', flake(66_000, 3), null, 60_000],
  ])
  expect(byFault).toMatchObject({ duplicate: 1, regression: 2, 'clock-back': 1, 'clock-ahead': 1 })
  const late = await found(database, snowflake, mapping, flake(7_000, 0))
  expect(late.told.map(([fault]) => fault)).toEqual(['duplicate', 'clock-ahead'])
})

test('where the id is the key of the row, the time of the row says in which order they were stored', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql('create table box (id bigint primary key, chain text, made timestamptz not null)')
  const put = (chain: string, id: string, ms: number) =>
    database.sql('insert into box values ($2, $1, $3)', [chain, id, new Date(NOON_MS + ms).toISOString()])
  await put('a', flake(9_000, 1), 9_000)
  await put('a', flake(2_000, 1), 9_500)
  const own: Mapping = { ...mapping, key: 'id', messageId: 'id', chain: { key: 'chain', sequence: 'id' } }
  const anonymous: IdService = { kind: 'snowflake', epochMs: EPOCH_MS, shift: 22, clockMsMax: 1_000 }
  const seen = await found(database, anonymous, own)
  expect(seen.told).toEqual([['clock-back', flake(2_000, 1), flake(9_000, 1), 7_000]])
  expect(seen.unseen).toEqual(['worker'])
  const timeless = await found(database, anonymous, { ...own, times: {} })
  expect(timeless.told).toEqual([])
  expect(timeless.unseen).toEqual(['order', 'worker', 'created'])
})

test('of ranges a rest is left behind at each restart; a whole range without a message is told', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql(TABLE)
  const ids = [1, 2, 3, 101, 102, 350, 399, 400, 401, 950]
  await store(
    database,
    ids.map((id, at) => [`c-${id}`, String(id), at] as const),
  )
  const { findings, byFault } = await found(database, { kind: 'segment', step: 100, first: 1 })
  expect(findings.map(({ fault, from, to, beforeId, id }) => [fault, from, to, beforeId, id])).toEqual([
    ['range-unused', '201', '300', '102', '350'],
    ['range-unused', '501', '900', '401', '950'],
  ])
  expect(byFault['range-unused']).toBe(2)
})

test('many faults are counted, and some of them listed', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql(TABLE)
  await database.sql(
    `insert into box (chain, id, made) select 'c-' || n, n, now() from generate_series(1, 500) n, generate_series(1, 2)`,
  )
  const { findings, byFault } = await found(database, { kind: 'segment', step: 1_000, first: 1 })
  expect(findings).toHaveLength(200)
  expect(byFault.duplicate).toBe(500)
})

test('the command line says it by lines, as JSON and by exit code', { timeout: 60_000 }, async (context) => {
  const ids = { kind: 'segment', step: 10 }
  const outbox = { profile: 'auto', table: 'public.outbox_message', ids }
  const { cli, database } = await cliFixture(context, { source: { outbox } })
  const audit = ['audit', '--source', 'orders', '--ids']
  const insert = (id: number) =>
    database.sql(
      `insert into outbox_message (id, message_id, payload) overriding system value values ($1, $2, '{}')`,
      [id, `m-${id}`],
    )
  await insert(3)
  await insert(14)
  const intact = await cli.plainHere(...audit)
  expect(intact.stdout).toContain('intact: 2 messages, 0 findings in ids by segment')
  expect(intact.code).toBe(0)
  await insert(45)
  const broken = await cli.here(...audit)
  expect(broken.code).toBe(3)
  expect(broken.records.map(({ type, kind, from, to }) => [type, kind, from, to])).toEqual([
    ['finding', 'range-unused', '21', '40'],
    ['summary', undefined, undefined, undefined],
  ])
  expect((await cli.plainHere(...audit, '--chain', 'a')).code).toBe(2)
  const { cli: other } = await cliFixture(context)
  const unsaid = await other.plainHere(...audit)
  expect(unsaid.code).toBe(2)
  expect(unsaid.stderr).toContain('add "ids" to its outbox')
})
