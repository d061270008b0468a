import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { openMysqlSurvey } from '../../src-main/adapters/outbox-mysql/survey.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { proposeMapping } from '../../src-main/domain/mapping/propose.ts'
import { leastPrivilegeSql } from '../../src-renderer/features/connections/least-privilege.ts'
import { mariadbPassword } from '../support/mariadb.ts'
import { addMysqlRows, mysqlDatabase, openMysql } from '../support/mysql.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

const signal = () => AbortSignal.timeout(20_000)
const PASSWORD = 'it\'s \\ a "password" 密'

async function refused(running: Promise<unknown>): Promise<RedriveError> {
  const reason: unknown = await running.then(
    () => expect.fail('it should have been refused'),
    (error: unknown) => error,
  )
  expect(reason).toBeInstanceOf(RedriveError)
  return reason as RedriveError
}

/** A user of this test's own, who may do nothing yet. */
async function newUser(database: TestDatabase): Promise<{ readonly name: string; readonly url: string }> {
  const name = `redrive_${randomBytes(4).toString('hex')}`
  await database.sql('create user ? identified by ?', [name, PASSWORD])
  onTestFinished(async () => void (await database.sql('drop user ?', [name])))
  return { name, url: database.url.replace(/\/\/[^@]+@/, `//${name}@`) }
}

const password = async () => PASSWORD

test('each way in which connecting fails has its code, and names where', async () => {
  const database = await mysqlDatabase()
  const at = (url: string) => refused(openMysql(database, { url, password }))
  const user = await newUser(database)
  const { host } = new URL(database.url)
  expect(await at('mysql://me@127.0.0.1:1/x')).toMatchObject({
    code: 'host-unreachable',
    retry: 'later',
    detail: { host: '127.0.0.1', port: 1, database: 'x', user: 'me' },
  })
  expect((await at('mysql://me@no-such-host.invalid/x')).code).toBe('host-unreachable')
  expect((await at('mysql://me@%2Fno%2Fsuch.sock/x')).code).toBe('host-unreachable')
  expect((await at(`mysql://no_such_user@${host}/${database.name}`)).code).toBe('auth-failed')
  const wrong = openMysql(database, { url: user.url, password: async () => 'wrong' })
  expect(await refused(wrong)).toMatchObject({ code: 'auth-failed', retry: 'never' })
  expect((await at(user.url)).code).toBe('permission-denied')
  const url = new URL(database.url)
  url.pathname = '/no_such_database'
  const nowhere = openMysql(database, { url: url.href })
  expect(await refused(nowhere)).toMatchObject({
    code: 'database-unknown',
    detail: { database: 'no_such_database' },
  })
})

test('a socket is a host too', async () => {
  const database = await mysqlDatabase()
  const user = await newUser(database)
  await database.sql(`grant select on ${database.name}.outbox_message to ${user.name}`)
  const [row] = await database.sql('select @@socket as path')
  const url = `mysql://${user.name}@${encodeURIComponent(row!['path']!)}/${database.name}`
  const outbox = await openMysql(database, { url, password })
  expect(await outbox.report(signal())).toMatchObject({
    role: 'primary',
    privileges: { select: true, update: false },
  })
})

test('a user with just what the advice grants looks, claims, marks and resolves, and nothing else', async () => {
  const database = await mysqlDatabase()
  const user = await newUser(database)
  const advice = leastPrivilegeSql({
    kind: 'mysql',
    role: user.name,
    database: database.name,
    table: `${database.name}.outbox_message`,
    profile: 'redrive-reference',
  })
  const grant = advice.split('\n').find((line) => line.startsWith('grant'))!
  await database.sql(grant)
  const outbox = await openMysql(database, { url: user.url, password })
  expect(await outbox.report(signal())).toMatchObject({
    privileges: { select: true, update: true },
    readRoleCanWrite: false,
    drift: null,
  })
  const ids = await addMysqlRows(
    database,
    [1, 2].map(() => ({ status: 'failed', attempts: 3 })),
  )
  const [first, second] = await outbox.read(ids, signal())
  const claimed = await outbox.claim([{ id: first!.id, version: first!.version }], 'job', signal())
  expect(claimed).toMatchObject([{ claimed: true }])
  const mark = { id: first!.id, as: 'confirm', reason: null, stateBefore: 'failed' } as const
  expect(await outbox.mark([mark], 'job', signal())).toMatchObject([{ marked: true }])
  const resolve = { id: second!.id, version: second!.version, token: 'sent by hand' }
  expect(await outbox.resolve([resolve], signal())).toMatchObject([{ applied: true }])
})

test('a user who may only look is told so when it acts', async () => {
  const database = await mysqlDatabase()
  const user = await newUser(database)
  await database.sql(`grant select on ${database.name}.outbox_message to ${user.name}`)
  const [id = ''] = await addMysqlRows(database, [{ status: 'failed', attempts: 3 }])
  const outbox = await openMysql(database, { url: user.url, password })
  const [row] = await outbox.read([id], signal())
  const error = await refused(outbox.claim([{ id, version: row!.version }], 'job', signal()))
  expect(error).toMatchObject({ code: 'permission-denied', retry: 'never' })
})

const SURVEYED = `create table msg (
    id binary(16) not null, no int not null, status enum('NEW','SENT','it''s DEAD') not null comment 'who knows',
    kind varchar(20) check (kind in ('paid', 'it''s "odd"')), flag bit(1), phase tinyint(1), payload blob,
    last_error varchar(600), created_at timestamp(6) not null default now(6), sent_at datetime null,
    unique key by_no (no), primary key (id), key (status)
  ) comment = 'Messages of the shop';
  create view looking as select * from msg`

test('a survey tells names, types, comments, keys, allowed values, and a sample from both ends', async () => {
  const database = await mysqlDatabase({ empty: true })
  await database.sql(SURVEYED)
  await database.sql(
    `insert into msg (id, no, status, kind, flag, phase, payload, last_error) select unhex(lpad(hex(seq), 32, '0')), seq, 'SENT',
       'paid', b'1', 2, x'00ff', repeat('é', 600) from seq_1_to_1500`,
  )
  const survey = await openMysqlSurvey({
    config: { url: database.url },
    password: async () => mariadbPassword(),
  })
  onTestFinished(() => survey.close())
  const [table, ...others] = await survey.tables(signal())
  expect(others).toEqual([])
  expect(table).toMatchObject({
    schema: database.name,
    table: 'msg',
    comment: 'Messages of the shop',
    keys: [['id'], ['no']],
  })
  const columns = new Map(table!.columns.map((column) => [column.name, column]))
  expect(columns.get('status')).toEqual({
    name: 'status',
    type: `enum('NEW','SENT','it''s DEAD')`,
    nullable: false,
    comment: 'who knows',
    labels: ['NEW', 'SENT', `it's DEAD`],
  })
  expect(columns.get('kind')).toMatchObject({ nullable: true, comment: null, labels: ['paid', `it's "odd"`] })
  expect(columns.get('no')?.type).toBe('int')
  const rows = await survey.sample(table!, signal())
  expect(rows.length).toBe(1_000)
  const numbers = rows.map((row) => Number(row['no']))
  expect([Math.min(...numbers), Math.max(...numbers)]).toEqual([1, 1_500])
  expect(rows[0]).toMatchObject({
    ...{ id: '0x000000000000000000000000000005DC', flag: '1', phase: '2', payload: '0x00FF' },
    ...{ last_error: 'é'.repeat(300), sent_at: null, status: 'SENT' },
  })
  const { mapping } = proposeMapping({ table: table!, neighbours: [], rows })
  expect(mapping).toMatchObject({
    key: 'id',
    payload: { value: 'payload', encoding: 'bytea' },
    times: { created: 'created_at', sent: 'sent_at' },
    columns: { sent_at: { time: 'utc' } },
  })
})

test('a table that the user may not read is not looked into', async () => {
  const database = await mysqlDatabase()
  await database.sql('create table secret (id int primary key, payload text, status int)')
  const user = await newUser(database)
  await database.sql(`grant select on ${database.name}.outbox_message to ${user.name}`)
  await database.sql(`grant insert on ${database.name}.secret to ${user.name}`)
  const survey = await openMysqlSurvey({ config: { url: user.url }, password })
  onTestFinished(() => survey.close())
  expect((await survey.tables(signal())).map(({ table }) => table)).toEqual(['outbox_message'])
})
