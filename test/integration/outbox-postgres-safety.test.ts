import { expect, onTestFinished, test, vi } from 'vitest'
import { parseAddress, parseTableName } from '../../src-main/adapters/outbox-postgres/address.ts'
import { openSession } from '../../src-main/adapters/outbox-postgres/session.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { addRows, openOutbox, testDatabase } from '../support/postgres.ts'
import { referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

const LIST = { filter: {}, order: 'newest', cursor: null, limit: 100, budgetMs: 10_000 } as const
const signal = () => AbortSignal.timeout(20_000)

function sessionOn(database: TestDatabase) {
  const settings = {
    address: parseAddress(database.url),
    password: async () => serverAddress().password,
    tls: false,
  } as const
  const session = openSession(settings)
  onTestFinished(() => session.close())
  return session
}

async function refused(running: Promise<unknown>): Promise<RedriveError> {
  const reason: unknown = await running.then(
    () => expect.fail('it should have been refused'),
    (error: unknown) => error,
  )
  expect(reason).toBeInstanceOf(RedriveError)
  return reason as RedriveError
}

test('a read cannot write, and cannot end its own transaction', async () => {
  const database = await testDatabase()
  const session = sessionOn(database)
  const insert = `insert into outbox_message (message_id, payload) values ('x', '{}') returning id`
  const read = (text: string) => session.read({ text, values: [] }, 1_000, signal())
  await refused(read(insert))
  await refused(read(`select nextval('outbox_message_id_seq')`))
  await refused(read('select * from outbox_message for update'))
  expect((await refused(read(`select 1; commit; ${insert}`))).detail['sqlstate']).toBe('42601')
  expect(await database.sql('select * from outbox_message')).toEqual([])
})

test('every read carries its limits, the first one of a connection and those after it', async () => {
  const database = await testDatabase()
  const session = sessionOn(database)
  const settings = `select current_setting('statement_timeout') as s, current_setting('lock_timeout') as l,
    current_setting('idle_in_transaction_session_timeout') as i, current_setting('timezone') as z,
    current_setting('application_name') as a, current_setting('transaction_read_only') as r`
  for (const limitMs of [1_234, 777, 60_001]) {
    const [row] = await session.read({ text: settings, values: [] }, limitMs, signal())
    expect(row).toEqual({ s: `${limitMs}ms`, l: '2s', i: '10s', z: 'UTC', a: 'redrive', r: 'on' })
  }
})

/** A list of ten million rows over a companion table ran for 2.4 s with a limit of 1.5: the server was compiling. */
test('a statement is never compiled, which no limit of the server ends', async () => {
  const database = await testDatabase()
  const session = sessionOn(database)
  const read = { text: `select current_setting('jit') as jit`, values: [] }
  expect(await session.read(read, 1_000, signal())).toEqual([{ jit: 'off' }])
  // The second one of a connection leaves out what is set for good.
  expect(await session.read(read, 1_000, signal())).toEqual([{ jit: 'off' }])
  expect(await session.write([read], signal())).toEqual([[{ jit: 'off' }]])
})

test('cancelling ends the statement on the server', async () => {
  const database = await testDatabase()
  const session = sessionOn(database)
  const running = (): Promise<readonly unknown[]> =>
    database.sql(
      `select 1 from pg_stat_activity where query like '%pg_sleep(3' || '0)%' and state = 'active' and pid <> pg_backend_pid()`,
    )
  const cancel = new AbortController()
  const sleeping = refused(session.read({ text: 'select pg_sleep(30)', values: [] }, 29_000, cancel.signal))
  await vi.waitFor(async () => expect(await running()).toHaveLength(1), { timeout: 20_000 })
  const cancelledAt = performance.now()
  cancel.abort()
  expect((await sleeping).code).toBe('cancelled')
  expect(performance.now() - cancelledAt).toBeLessThan(1_500)
  expect(await running()).toHaveLength(0)
  // The session is good for the next one.
  expect(await session.read({ text: 'select 1 as one', values: [] }, 1_000, signal())).toEqual([{ one: '1' }])
})

test('a write that is cancelled while it waits for a lock changes nothing', async () => {
  const database = await testDatabase()
  const [id] = await addRows(database, [{ status: 'failed' }])
  const outbox = await openOutbox(database)
  const [row] = await outbox.read([id!], signal())
  await database.sql('begin')
  await database.sql('select * from outbox_message for update')
  const cancel = new AbortController()
  const claiming = refused(outbox.claim([{ id: id!, version: row!.version }], 'job', cancel.signal))
  setTimeout(() => cancel.abort(), 300)
  expect(await claiming).toMatchObject({ code: 'cancelled', retry: 'later' })
  await database.sql('commit')
  expect(await outbox.read([id!], signal())).toEqual([row])
})

test('a lock that is held too long: try later, nothing happened', async () => {
  const database = await testDatabase()
  const [id] = await addRows(database, [{ status: 'failed' }])
  const outbox = await openOutbox(database)
  const [row] = await outbox.read([id!], signal())
  await database.sql('begin')
  await database.sql('select * from outbox_message for update')
  const error = await refused(outbox.claim([{ id: id!, version: row!.version }], 'job', signal()))
  expect(error).toMatchObject({ code: 'query-timeout', retry: 'later' })
  await database.sql('rollback')
  expect(await outbox.read([id!], signal())).toEqual([row])
})

test('out of time is never an empty list: it says how far it came, and goes on from there', async () => {
  const database = await testDatabase()
  await database.sql('drop index outbox_message_open_idx')
  await database.sql(`insert into outbox_message (message_id, payload, status)
    select n, '{}', case when n in (7, 150000) then 'failed' else 'sent' end from generate_series(1, 300000) n`)
  await database.sql('vacuum analyze outbox_message')
  const outbox = await openOutbox(database)
  expect((await outbox.report(signal())).indexed).toBe(false)
  const query = { ...LIST, filter: { trouble: 'failed' as const }, budgetMs: 1 }
  const found: string[] = []
  let incomplete = 0
  let page = await outbox.list(query, signal())
  for (let calls = 0; page.nextCursor !== null && calls < 1_000; calls += 1) {
    found.push(...page.messages.map((one) => one.id))
    if (!page.scope.complete) incomplete += 1
    page = await outbox.list({ ...query, budgetMs: 20, cursor: page.nextCursor }, signal())
  }
  found.push(...page.messages.map((one) => one.id))
  expect(page.scope).toEqual({ complete: true })
  expect(found).toEqual(['150000', '7'])
  expect(incomplete).toBeGreaterThan(0)
  const count = await outbox.count({ trouble: 'failed' }, 1, signal())
  expect(count.scope.complete).toBe(false)
  const whole = await outbox.count({ trouble: 'failed' }, 20_000, signal())
  expect(whole).toMatchObject({ count: 2, scope: { complete: true } })
}, 90_000)

test('an indexed list that the server stops says so, and its cursor goes on', async () => {
  const database = await testDatabase()
  const [id] = await addRows(database, [{ status: 'failed' }])
  const outbox = await openOutbox(database)
  const query = { ...LIST, filter: { trouble: 'failed' as const } }
  await database.sql('begin')
  await database.sql('lock table outbox_message in access exclusive mode')
  const blocked = await outbox.list({ ...query, budgetMs: 100 }, signal())
  expect(blocked).toMatchObject({ messages: [], scope: { complete: false, reason: 'time-budget' } })
  expect(blocked.nextCursor).not.toBeNull()
  expect((await outbox.count({ trouble: 'failed' }, 100, signal())).scope.complete).toBe(false)
  await database.sql('rollback')
  const page = await outbox.list({ ...query, cursor: blocked.nextCursor }, signal())
  expect(page.messages.map((one) => one.id)).toEqual([id])
})

test('counts stop at ten thousand and say so', async () => {
  const database = await testDatabase()
  await database.sql(`insert into outbox_message (message_id, payload, status, type)
    select n, '{}', 'failed', 'T' from generate_series(1, 10000) n`)
  const outbox = await openOutbox(database)
  expect(await outbox.count({ trouble: 'failed' }, 10_000, signal())).toMatchObject({
    count: 10_000,
    bounded: false,
  })
  await addRows(database, [{ status: 'failed' }])
  expect(await outbox.count({ trouble: 'failed' }, 10_000, signal())).toMatchObject({
    count: 10_000,
    bounded: true,
  })
  const groups = await outbox.groups({ trouble: 'failed' }, 'type', 10_000, signal())
  expect(groups.bounded).toBe(true)
  expect(groups.groups.reduce((sum, group) => sum + group.count, 0)).toBe(10_000)
})

test('two claimers race for the same rows: each row is claimed once', async () => {
  const database = await testDatabase()
  await database.sql(`insert into outbox_message (message_id, payload, status)
    select n, '{}', 'failed' from generate_series(1, 2000) n`)
  const one = await openOutbox(database)
  const other = await openOutbox(database)
  const ids = (await database.sql('select id from outbox_message order by id')).map((row) => row['id']!)
  const rows = await one.read(ids, signal())
  const requests = rows.map(({ id, version }) => ({ id, version }))
  const batches = (of: typeof requests) =>
    Array.from({ length: of.length / 100 }, (_, index) => of.slice(index * 100, (index + 1) * 100))
  const claimAll = async (outbox: typeof one, token: string, of: typeof requests) => {
    const won: string[] = []
    for (const batch of batches(of)) {
      const results = await outbox.claim(batch, token, signal())
      won.push(...results.flatMap((result) => (result.claimed ? [result.id] : [])))
    }
    return won
  }
  const [left, right] = await Promise.all([
    claimAll(one, 'job-left', requests),
    // Backwards within overlapping batches: the worst order for locks.
    claimAll(other, 'job-right', requests.toReversed()),
  ])
  expect(left.length + right.length).toBe(ids.length)
  expect(new Set([...left, ...right]).size).toBe(ids.length)
  const tokens = await database.sql(
    'select last_error as token, count(*) as n, max(attempts) as attempts from outbox_message group by 1 order by 1',
  )
  expect(tokens).toEqual(
    [
      { token: 'job-left', n: String(left.length), attempts: '1' },
      { token: 'job-right', n: String(right.length), attempts: '1' },
    ].filter((row) => row.n !== '0'),
  )
})

test('one batch claimed by many at the same moment is claimed once', async () => {
  const database = await testDatabase()
  await database.sql(`insert into outbox_message (message_id, payload, status)
    select n, '{}', 'failed' from generate_series(1, 300) n`)
  const outboxes = await Promise.all([1, 2, 3].map(() => openOutbox(database)))
  const ids = (await database.sql('select id from outbox_message order by id')).map((row) => row['id']!)
  const requests = (await outboxes[0]!.read(ids, signal())).map(({ id, version }) => ({ id, version }))
  const results = await Promise.all(
    [0, 1, 2, 0, 1, 2].map((index, job) =>
      outboxes[index]!.claim(job % 2 ? requests : requests.toReversed(), `job-${job}`, signal()),
    ),
  )
  const won = results.flat().filter((result) => result.claimed)
  expect(won).toHaveLength(ids.length)
  expect(new Set(won.map((result) => result.id)).size).toBe(ids.length)
})

test('names are what the catalogue says, however they look', async () => {
  const database = await testDatabase({ empty: true })
  const schema = `we"ird.schéma; drop`
  const table = `tab"le.漢字 $1 '`
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  await database.sql(`create schema ${quoted(schema)}`)
  await database.sql(`set search_path to ${quoted(schema)}`)
  await database.sql(await referenceSchema())
  await database.sql(`alter table outbox_message rename to ${quoted(table)}`)
  await database.sql(
    `insert into ${quoted(table)} (message_id, payload, status) values ('m', '{}', 'failed')`,
  )
  const outbox = await openOutbox(database, { table: `${quoted(schema)}.${quoted(table)}` })
  const report = await outbox.report(signal())
  expect(report).toMatchObject({ table: `${schema}.${table}`, indexed: true })
  const page = await outbox.list({ ...LIST, filter: { trouble: 'failed' } }, signal())
  const [claim] = await outbox.claim(page.messages, 'job', signal())
  expect(claim!.claimed).toBe(true)
  expect(
    await outbox.mark(
      [{ id: claim!.id, as: 'confirm', reason: null, stateBefore: 'failed' }],
      'job',
      signal(),
    ),
  ).toMatchObject([{ marked: true }])
  expect(parseTableName('"a""b".c')).toEqual({ schema: 'a"b', table: 'c' })
  expect(() => parseTableName('a.b.c')).toThrow(RedriveError)
  expect(() => parseTableName('"a')).toThrow(RedriveError)
})

test('PG* variables of the environment have no influence', async () => {
  const database = await testDatabase()
  const hostile = {
    PGHOST: '203.0.113.1',
    PGPORT: '1',
    PGUSER: 'nobody',
    PGDATABASE: 'nowhere',
    PGPASSWORD: 'wrong',
    PGSSLMODE: 'require',
    PGSSLNEGOTIATION: 'direct',
    PGOPTIONS: '-c default_transaction_read_only=on -c search_path=nowhere',
    PGAPPNAME: 'intruder',
    PGREPLICATION: 'database',
    PGCLIENT_ENCODING: 'LATIN1',
    PGCONNECT_TIMEOUT: '1',
  }
  for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const session = sessionOn(database)
  const text = `select current_database() as db, current_user as "user", current_setting('search_path') as path,
    current_setting('default_transaction_read_only') as ro, current_setting('client_encoding') as enc`
  const [row] = await session.read({ text, values: [] }, 5_000, signal())
  const { user } = serverAddress()
  expect(row).toEqual({ db: database.name, user, path: '"$user", public', ro: 'off', enc: 'UTF8' })
})

test('an address is read part by part, percent-encoding included', () => {
  expect(parseAddress('postgres://us%40er:@h.example:6543/my%2Fdb%20%C3%A9')).toEqual({
    host: 'h.example',
    port: 6543,
    user: 'us@er',
    database: 'my/db é',
  })
  expect(parseAddress('postgresql://u@[::1]/d')).toMatchObject({ host: '::1', port: 5432 })
  expect(parseAddress('postgres://u@%2Frun%2Fpostgresql/d')).toMatchObject({ host: '/run/postgresql' })
  const wrong = [
    '',
    'u@h/d',
    'mysql://u@h/d',
    'postgres://h/d',
    'postgres://u@h',
    'postgres://u@h/',
    'postgres://u@/d',
  ]
  const unsafe = [
    'postgres://u:secret@h/d',
    'postgres://u@h/d?sslmode=disable',
    'postgres://u%zz@h/d',
    'postgres://u%00x@h/d',
  ]
  for (const url of [...wrong, ...unsafe]) {
    expect(() => parseAddress(url), url).toThrow(RedriveError)
  }
  expect(() => parseAddress('postgres://u:secret@h/d')).not.toThrow(/secret/)
})
