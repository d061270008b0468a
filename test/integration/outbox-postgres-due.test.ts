import { expect, onTestFinished, test } from 'vitest'
import { parseAddress } from '../../src-main/adapters/outbox-postgres/address.ts'
import { readCatalogue } from '../../src-main/adapters/outbox-postgres/catalogue.ts'
import { claimDueStatement } from '../../src-main/adapters/outbox-postgres/claiming-due.ts'
import { postgresDialect } from '../../src-main/adapters/outbox-postgres/dialect.ts'
import { newCompiler } from '../../src-main/adapters/outbox-sql/compiler.ts'
import type { Parts } from '../../src-main/adapters/outbox-postgres/parts.ts'
import { openSession } from '../../src-main/adapters/outbox-postgres/session.ts'
import { chooseMapping } from '../../src-main/adapters/profiles/profiles.ts'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import type { DueRequest } from '../../src-main/ports/due.ts'
import { openOutbox, testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

const RULE: DueRequest = { limit: 20, attemptsMax: 3, stuckAfterSec: 60, chained: false, repeat: false }
const signal = (): AbortSignal => AbortSignal.timeout(25_000)

test('a job’s claim is known as a claim of Redrive', () => {
  expect(claimTokenOf('job-1')).toBe(claimTokenOf('job-1'))
})

async function addDue(database: TestDatabase, count: number): Promise<void> {
  await database.sql(
    `insert into outbox_message (message_id, payload, chain_key, created_at)
     select 'm-' || i, '{}', 'c-' || i % 10, now() - interval '1 hour' from generate_series(1, $1::int) i`,
    [count],
  )
}

async function claimedRows(database: TestDatabase) {
  return database.sql(
    `select id::text, attempts::text from outbox_message where status = 'sending' order by outbox_message.id`,
  )
}

test('after a lost answer the repeat gives the rows that were claimed', async () => {
  const database = await testDatabase()
  await addDue(database, 50)
  const proxy = await openTcpProxy(serverAddress())
  onTestFinished(() => proxy.close())
  const url = new URL(database.url)
  url.host = `127.0.0.1:${proxy.port}`
  const lossy = await openOutbox({ url: url.href })
  const token = claimTokenOf('job-lost/1')
  // Looks only, and leaves a connection open to lose the answer on.
  expect(await lossy.claimDue({ ...RULE, limit: 0, repeat: true }, token, signal())).toEqual([])
  proxy.blackHole('down')
  const lost = lossy.claimDue(RULE, token, signal())
  lost.catch(() => undefined)
  await expect.poll(async () => (await claimedRows(database)).length, { timeout: 10_000 }).toBe(RULE.limit)
  proxy.reset()
  await expect(lost).rejects.toMatchObject({ code: 'connection-lost', retry: 'unknown-effect' })
  const outbox = await openOutbox(database)
  const again = await outbox.claimDue({ ...RULE, repeat: true }, token, signal())
  expect((await claimedRows(database)).map((row) => [row['id'], row['attempts']])).toEqual(
    again.map(({ id }) => [id, '1']),
  )
  expect(again).toHaveLength(RULE.limit)
})

test('a repeat waits for the claim that the server is still at', async () => {
  const database = await testDatabase()
  await addDue(database, 50)
  // The claim takes a second for its rows; meanwhile the connection goes away.
  await database.sql(
    `create function slowly() returns trigger language plpgsql as 'begin perform pg_sleep(0.05); return new; end';
     create trigger slowly before update on outbox_message for each row execute function slowly()`,
  )
  const proxy = await openTcpProxy(serverAddress())
  onTestFinished(() => proxy.close())
  const url = new URL(database.url)
  url.host = `127.0.0.1:${proxy.port}`
  const lossy = await openOutbox({ url: url.href })
  const token = claimTokenOf('job-slow/1')
  const lost = lossy.claimDue(RULE, token, signal())
  lost.catch(() => undefined)
  const atWork = async (): Promise<string | null | undefined> => {
    const [row] = await database.sql(
      `select count(*)::text as n from pg_stat_activity where datname = current_database() and query like 'with waiting%'
       and state = 'active'`,
    )
    return row?.['n']
  }
  await expect.poll(atWork, { timeout: 10_000, interval: 20 }).toBe('1')
  proxy.reset()
  await expect(lost).rejects.toMatchObject({ code: 'connection-lost', retry: 'unknown-effect' })
  const outbox = await openOutbox(database)
  const again = await outbox.claimDue({ ...RULE, repeat: true }, token, signal())
  const rows = await claimedRows(database)
  expect(again.map(({ id }) => id)).toEqual(rows.map((row) => row['id']))
  expect(again.every(({ attempts }) => attempts === 1)).toBe(true)
  expect(again).toHaveLength(RULE.limit)
})

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly PlanNode[]
}

async function partsOf(database: TestDatabase): Promise<Parts> {
  const session = openSession({
    address: parseAddress(database.url),
    password: async () => serverAddress().password,
    tls: false,
  })
  onTestFinished(() => session.close())
  const catalogue = await readCatalogue(session, { schema: 'public', table: 'outbox_message' }, signal())
  const mapping = chooseMapping('auto', [...catalogue.columns.keys()])
  const limits = { stuckAfterSec: 60, attemptsMax: 3 }
  const sql = newCompiler(
    postgresDialect,
    mapping,
    { own: catalogue, more: [], companions: new Map() },
    limits,
  )
  const drift = { find: () => Promise.resolve(null), refuse: () => Promise.resolve() }
  return { session, mapping, sql, catalogue, limits, drift, served: () => new Set() }
}

test.each([false, true])('the indexes serve the claim; in chains: %s', async (chained) => {
  const database = await testDatabase()
  await database.sql(
    `insert into outbox_message (message_id, payload, chain_key, status, attempts, created_at)
     select 'm-' || i, '{}', 'c-' || i % 2000, case when i % 10 = 0 then 'pending' when i % 97 = 0 then 'sending'
       else 'sent' end, 0, now() - interval '1 hour' from generate_series(1, 100000) i`,
  )
  await database.sql('vacuum analyze outbox_message')
  const parts = await partsOf(database)
  const statement = claimDueStatement(parts, { ...RULE, chained }, claimTokenOf('job-plan/1'))
  const explain = { ...statement, text: `explain (format json, analyze) ${statement.text}` }
  const [[row] = []] = await parts.session.write([explain], signal())
  const [plan] = JSON.parse(row?.['QUERY PLAN'] ?? '[]') as [{ Plan: PlanNode; 'Execution Time': number }]
  const nodes: PlanNode[] = []
  const walk = (node: PlanNode): void => {
    nodes.push(node)
    node.Plans?.forEach(walk)
  }
  walk(plan.Plan)
  const scans = nodes.filter(
    (node) => node['Relation Name'] === 'outbox_message' && / Scan$/.test(node['Node Type']),
  )
  expect(new Set(scans.map((node) => node['Node Type']))).toEqual(new Set(['Index Only Scan', 'Index Scan']))
  const wanted = ['outbox_message_open_idx', 'outbox_message_pkey']
  expect(new Set(scans.map((node) => node['Index Name']))).toEqual(
    new Set(chained ? [...wanted, 'outbox_message_chain_idx'] : wanted),
  )
})
