import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test, vi } from 'vitest'
import { classify } from '../../src-main/adapters/outbox-postgres/classify.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { addRows, openOutbox, testDatabase } from '../support/postgres.ts'
import type { OutboxTestOptions } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { plain } from '../../src-main/domain/text.ts'

const LIST = { filter: {}, order: 'newest', cursor: null, limit: 100, budgetMs: 10_000 } as const
const signal = () => AbortSignal.timeout(20_000)

async function refused(running: Promise<unknown>): Promise<RedriveError> {
  const reason: unknown = await running.then(
    () => expect.fail('it should have been refused'),
    (error: unknown) => error,
  )
  expect(reason).toBeInstanceOf(RedriveError)
  return reason as RedriveError
}

function opening(database: TestDatabase, options: OutboxTestOptions): Promise<RedriveError> {
  return refused(openOutbox(database, options))
}

/** A role of this test's own, dropped with everything it was granted. */
async function newRole(database: TestDatabase, options: string): Promise<{ name: string; url: string }> {
  const name = `redrive_test_${randomBytes(4).toString('hex')}`
  await database.sql(`create role ${name} login ${options}`)
  onTestFinished(async () => {
    await database.sql(`drop owned by ${name}; drop role ${name}`)
  })
  return { name, url: database.url.replace(/\/\/[^@]+@/, `//${name}@`) }
}

test('each way in which connecting fails has its code, and names where', async () => {
  const database = await testDatabase()
  const { host, port, user } = serverAddress()
  const at = (url: string) => opening(database, { url })
  expect(await at(`postgres://${user}@127.0.0.1:1/x`)).toMatchObject({
    code: 'host-unreachable',
    retry: 'later',
    detail: { host: '127.0.0.1', port: 1, database: 'x', user },
  })
  expect((await at(`postgres://${user}@no-such-host.invalid:5432/x`)).code).toBe('host-unreachable')
  expect(await at(`postgres://${user}@${host}:${port}/no_such_database`)).toMatchObject({
    code: 'database-unknown',
    retry: 'never',
    detail: { database: 'no_such_database' },
  })
  expect((await at(`postgres://no_such_role@${host}:${port}/${database.name}`)).code).toBe('auth-failed')
  const secret = new RedriveError('secret-missing', 'never', {})
  expect(
    (await opening(database, { password: () => Promise.reject(secret) }).catch(() => secret)).code,
  ).toBeDefined()
})

test('TLS that the server does not speak, and files that are not there', async () => {
  const database = await testDatabase()
  const [row] = await database.sql('show ssl')
  expect(row!['ssl'], 'this test needs a server without TLS').toBe('off')
  expect(await opening(database, { tls: { mode: 'require' } })).toMatchObject({
    code: 'tls-failed',
    retry: 'never',
  })
  expect(await opening(database, { tls: { mode: 'verify-full', caFile: 'no-such-file.pem' } })).toMatchObject(
    {
      code: 'tls-failed',
      detail: { file: 'no-such-file.pem' },
    },
  )
})

test('a role with no connection left', async () => {
  const database = await testDatabase()
  const role = await newRole(database, 'connection limit 0')
  expect(await opening(database, { url: role.url })).toMatchObject({
    code: 'too-many-connections',
    retry: 'later',
  })
})

test('a role that may not look, and one that may not write', async () => {
  const database = await testDatabase()
  const role = await newRole(database, '')
  const outbox = await openOutbox(database, { url: role.url }).catch((error: unknown) => error)
  expect(outbox).toMatchObject({ code: 'permission-denied', retry: 'never' })
  await database.sql(`grant select on outbox_message to ${role.name}`)
  const [id] = await addRows(database, [{ status: 'failed' }])
  const reader = await openOutbox(database, { url: role.url })
  expect(await reader.report(signal())).toMatchObject({
    role: 'primary',
    privileges: { select: true, update: false },
    readRoleCanWrite: false,
  })
  const [row] = await reader.read([id!], signal())
  const claim = refused(reader.claim([{ id: id!, version: row!.version }], 'job', signal()))
  expect(await claim).toMatchObject({ code: 'permission-denied', retry: 'never' })
  const owner = await openOutbox(database)
  expect(await owner.report(signal())).toMatchObject({
    privileges: { select: true, update: true },
    readRoleCanWrite: true,
    profile: 'redrive-reference',
    table: 'public.outbox_message',
  })
})

test('a role that was set to read-only is no standby', async () => {
  const database = await testDatabase()
  const role = await newRole(database, '')
  await database.sql(`grant select, update on outbox_message to ${role.name}`)
  await database.sql(`alter role ${role.name} set default_transaction_read_only = on`)
  const [id] = await addRows(database, [{ status: 'failed' }])
  const outbox = await openOutbox(database, { url: role.url })
  const error = await refused(outbox.claim([{ id: id!, version: '1' }], 'job', signal()))
  expect(error).toMatchObject({ code: 'permission-denied', detail: { sqlstate: '25006' } })
})

test('what is wrong with the table is said before anything is read', async () => {
  const database = await testDatabase()
  expect(await opening(database, { table: 'nowhere.outbox_message' })).toMatchObject({
    code: 'table-missing',
    detail: { table: 'nowhere.outbox_message' },
  })
  expect((await opening(database, { table: 'PUBLIC.outbox_message' })).code).toBe('table-missing')
  await database.sql('create table keyless as select * from outbox_message')
  await database.sql('create view looking as select * from outbox_message')
  await database.sql('create table pairs (like outbox_message, primary key (id, message_id))')
  for (const table of ['keyless', 'looking', 'pairs']) {
    expect(await opening(database, { table }), table).toMatchObject({
      code: 'table-without-key',
      retry: 'never',
    })
  }
  await database.sql('create table strange (id bigint primary key, body text)')
  const nothing = await opening(database, { table: 'strange' })
  expect(nothing).toMatchObject({ code: 'no-profile-matches', retry: 'never' })
  // The nearest of all profiles, and what the table lacks for it.
  expect(nothing.detail['profile']).not.toBe('-')
  expect(plain(nothing.detail['columns'] ?? '').split(', ').length).toBeGreaterThan(1)
  await database.sql('alter table outbox_message drop column headers cascade')
  expect((await opening(database, {})).detail['columns']).toBe('headers')
  expect(await opening(database, { profile: 'redrive-reference' })).toMatchObject({
    code: 'column-missing',
    detail: { columns: 'headers' },
  })
  expect((await opening(database, { profile: 'no-such-profile' })).code).toBe('workspace-invalid')
})

test('a column that disappears while the outbox is open', async () => {
  const database = await testDatabase()
  const outbox = await openOutbox(database)
  await database.sql('alter table outbox_message drop column type')
  expect(await refused(outbox.list(LIST, signal()))).toMatchObject({ code: 'column-missing', retry: 'never' })
  await database.sql('drop table outbox_message')
  expect((await refused(outbox.list(LIST, signal()))).code).toBe('table-missing')
})

test('a connection that breaks: a write may have happened, a read has not', async () => {
  const database = await testDatabase()
  const [id] = await addRows(database, [{ status: 'failed' }])
  const outbox = await openOutbox(database)
  const [row] = await outbox.read([id!], signal())
  const requests = [{ id: id!, version: row!.version }]
  const kill = (): Promise<void> =>
    vi.waitFor(async () => {
      // Within a transaction the view would stay as it was first seen.
      await database.sql('select pg_stat_clear_snapshot()')
      const killed = await database.sql(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()`)
      expect(killed).toHaveLength(1)
    }, 20_000)
  await database.sql('begin')
  await database.sql('lock table outbox_message in access exclusive mode')
  const reading = refused(outbox.list(LIST, signal()))
  await kill()
  expect(await reading).toMatchObject({ code: 'connection-lost', retry: 'later' })
  const claiming = refused(outbox.claim(requests, 'job', signal()))
  await kill()
  expect(await claiming).toMatchObject({ code: 'connection-lost', retry: 'unknown-effect' })
  await database.sql('rollback')
  // Repeating is safe, and the pools have recovered.
  expect(await outbox.claim(requests, 'job', signal())).toMatchObject([{ claimed: true, attempts: 1 }])
})

test('idle connections that the server ends do no harm', async () => {
  const database = await testDatabase()
  const outbox = await openOutbox(database)
  await outbox.list(LIST, signal())
  await database.sql(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  await vi.waitFor(async () => expect((await outbox.list(LIST, signal())).messages).toEqual([]), {
    timeout: 20_000,
  })
})

test('whatever is thrown becomes an error with a code, and the password is in none', () => {
  const detail = { host: 'h', port: 1, database: 'd', user: 'u' }
  const of = (error: unknown, during: 'connect' | 'read' | 'write') =>
    classify(error, { during, cancelled: false, detail })
  expect(of('a string', 'read')).toMatchObject({ code: 'connection-lost', retry: 'later' })
  expect(of(undefined, 'write')).toMatchObject({ code: 'connection-lost', retry: 'unknown-effect' })
  expect(
    of(new AggregateError([Object.assign(new Error('no'), { code: 'ECONNREFUSED' })]), 'connect').code,
  ).toBe('host-unreachable')
  const cases = [
    ['28P01', 'auth-failed'],
    ['53300', 'too-many-connections'],
    ['57014', 'query-timeout'],
    ['25006', 'source-is-standby'],
    ['22P02', 'query-failed'],
    ['57P01', 'connection-lost'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls-failed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-failed'],
  ] as const
  for (const [code, expected] of cases) {
    const during = expected === 'tls-failed' ? 'connect' : 'read'
    expect(of(Object.assign(new Error('x'), { code }), during).code, code).toBe(expected)
  }
})
