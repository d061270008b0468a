import { expect, onTestFinished, test } from 'vitest'
import { parseAddress, parseTableName } from '../../src-main/adapters/outbox-postgres/address.ts'
import { readCatalogue } from '../../src-main/adapters/outbox-postgres/catalogue.ts'
import { postgresDialect } from '../../src-main/adapters/outbox-postgres/dialect.ts'
import { servedStates } from '../../src-main/adapters/outbox-postgres/served.ts'
import { newCompiler } from '../../src-main/adapters/outbox-sql/compiler.ts'
import { selectionOf, windowed } from '../../src-main/adapters/outbox-sql/selection.ts'
import { openSession } from '../../src-main/adapters/outbox-postgres/session.ts'
import { chooseMapping, detectProfile, profileByName } from '../../src-main/adapters/profiles/profiles.ts'
import { parseMapping } from '../../src-main/adapters/mapping-schema/parse.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { mappingColumns } from '../../src-main/domain/mapping/walk.ts'
import type { MessageFilter } from '../../src-main/ports/outbox.ts'
import { openOutbox, testDatabase } from '../support/postgres.ts'
import { referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

const signal = () => AbortSignal.timeout(20_000)
const reference = profileByName('redrive-reference')

async function partsOf(database: TestDatabase) {
  const session = openSession({
    address: parseAddress(database.url),
    password: async () => serverAddress().password,
    tls: false,
  })
  onTestFinished(() => session.close())
  const catalogue = await readCatalogue(session, parseTableName('public.outbox_message'), signal())
  const sql = newCompiler(
    postgresDialect,
    reference,
    { own: catalogue, more: [], companions: new Map() },
    { stuckAfterSec: 60, attemptsMax: 3 },
  )
  return { session, catalogue, sql, mapping: reference }
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly Plans?: readonly PlanNode[]
}

function scans(node: PlanNode): string[] {
  const below = node.Plans ?? []
  return below.length > 0 ? below.flatMap(scans) : [`${node['Node Type']} ${node['Index Name'] ?? ''}`]
}

async function fill(database: TestDatabase): Promise<void> {
  await database.sql(`insert into outbox_message (message_id, payload, status, attempts)
    select n, '{}', case when n % 100 < 96 then 'sent' when n % 100 = 96 then 'sending' when n % 100 = 97 then 'pending'
      else 'failed' end, n % 4 from generate_series(1, 50000) n`)
  await database.sql('vacuum analyze outbox_message')
}

test('ids of a page, counts and groups come from the open index alone', async () => {
  const database = await testDatabase()
  await fill(database)
  const parts = await partsOf(database)
  const scanned = async (filter: MessageFilter, columns: readonly string[]) => {
    const selection = selectionOf(filter, reference, parts.sql)
    const window = { order: 'newest', limit: 100, from: null, to: null } as const
    const text = `explain (format json) ${windowed(selection, window, () => columns, parts)}`
    const [row] = await parts.session.read({ text, values: selection.params.values }, 5_000, signal())
    const [plan] = JSON.parse(row!['QUERY PLAN']!) as { Plan: PlanNode }[]
    return new Set(scans(plan!.Plan))
  }
  const alone = new Set(['Index Only Scan outbox_message_open_idx'])
  const columns = ['t.type', 't.exchange', 't.routing_key', 't.created_at']
  expect(await scanned({ trouble: 'failed' }, columns)).toEqual(alone)
  expect(await scanned({ trouble: 'stuck' }, columns)).toEqual(alone)
  expect(await scanned({ states: ['failed', 'in-flight', 'retrying'] }, columns)).toEqual(alone)
  expect(await scanned({ trouble: 'failed', type: 'T', exchange: 'e', ageSecMin: 5 }, columns)).toEqual(alone)
})

test('which states an index serves is the planner’s answer, not a guess', async () => {
  const database = await testDatabase()
  await fill(database)
  const states = async () => [
    ...(await servedStates(
      await partsOf(database).then((one) => one.session),
      await partsOf(database),
      signal(),
    )),
  ]
  const open = ['discarded', 'failed', 'in-flight', 'waiting-confirm', 'scheduled', 'retrying', 'pending']
  expect(await states()).toEqual(open)
  await database.sql('drop index outbox_message_open_idx')
  expect(await states()).toEqual([])
  await database.sql('create index on outbox_message (attempts)')
  expect(await states()).toEqual([])
  await database.sql(`create index other on outbox_message (id) where status = 'pending'`)
  expect(await states()).toEqual(['scheduled', 'retrying', 'pending'])
  await database.sql('drop index other')
  await database.sql('create index on outbox_message (status)')
  expect(await states()).toEqual(expect.arrayContaining(open))
})

test('the schema may be run again, and in another schema', async () => {
  const database = await testDatabase()
  await database.sql(await referenceSchema())
  await database.sql('create schema shop')
  await database.sql('set search_path to shop')
  await database.sql(await referenceSchema())
  const outbox = await openOutbox(database, { table: 'shop.outbox_message' })
  expect(await outbox.report(signal())).toMatchObject({ table: 'shop.outbox_message', indexed: true })
})

test('the schema refuses what no broker could carry or no state means', async () => {
  const database = await testDatabase()
  const insert = (column: string, value: string) =>
    database.sql(`insert into outbox_message (message_id, payload, ${column}) values ('m', '{}', $1)`, [
      value,
    ])
  for (const [column, value] of [
    ['status', 'lost'],
    ['attempts', '-1'],
    ['exchange', 'x'.repeat(256)],
    ['routing_key', '漢'.repeat(86)],
    ['type', 'x'.repeat(256)],
  ] as const) {
    await expect(insert(column, value), column).rejects.toMatchObject({ code: '23514' })
  }
  await insert('routing_key', '漢'.repeat(85))
  await expect(insert('routing_key', 'x')).rejects.toMatchObject({ code: '23505' })
})

test('a profile is found by the set of its columns', () => {
  const columns = mappingColumns(reference)
  expect(chooseMapping('auto', [...columns, 'tenant'].reverse())).toEqual(reference)
  expect(chooseMapping('redrive-reference', columns)).toEqual(reference)
  const [candidate] = detectProfile([...columns.filter((name) => name !== 'attempts'), 'tenant'])
  expect(candidate).toMatchObject({ missing: ['attempts'], unused: ['tenant'] })
  expect(candidate!.reason).toContain('attempts')
  const code = (run: () => unknown): string => {
    try {
      run()
    } catch (error) {
      if (error instanceof RedriveError) return error.code
    }
    return expect.fail('it should have been refused')
  }
  expect(code(() => chooseMapping('auto', ['id', 'status']))).toBe('no-profile-matches')
  expect(code(() => chooseMapping('redrive-reference', columns.slice(1)))).toBe('column-missing')
  expect(code(() => chooseMapping('other', columns))).toBe('workspace-invalid')
  expect(code(() => parseMapping({ ...reference, states: [] }, 'here'))).toBe('mapping-invalid')
  expect(code(() => parseMapping({ ...reference, surprise: 1 }, 'here'))).toBe('mapping-invalid')
})
