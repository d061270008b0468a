import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { parseAddress } from '../../src-main/adapters/outbox-mysql/address.ts'
import { openSession } from '../../src-main/adapters/outbox-mysql/session.ts'
import type { Session } from '../../src-main/adapters/outbox-mysql/session.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { connectToMariadb, mariadbPassword } from '../support/mariadb.ts'
import { addMysqlRows, mysqlDatabase, openMysql } from '../support/mysql.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

const signal = () => AbortSignal.timeout(20_000)
const POLL_MS = 20
const POLLS_MAX = 250
/** The packet of the driver: the code of a query, then its text. */
const COMMIT = '\u0003commit'

async function refused(running: Promise<unknown>): Promise<RedriveError> {
  const reason: unknown = await running.then(
    () => expect.fail('it should have been refused'),
    (error: unknown) => error,
  )
  expect(reason).toBeInstanceOf(RedriveError)
  return reason as RedriveError
}

/** A failed row, its outbox through a proxy, and one that stands beside it. */
async function behindProxy(status: 'failed' | 'pending') {
  const database = await mysqlDatabase()
  const { host, port } = parseAddress(database.url)
  const proxy = await openTcpProxy({ host, port })
  onTestFinished(() => proxy.close())
  const url = new URL(database.url)
  url.port = String(proxy.port)
  const outbox = await openMysql(database, { url: url.href })
  const old = new Date(Date.now() - 3_600_000).toISOString().replace('T', ' ').replace('Z', '')
  const [id = ''] = await addMysqlRows(database, [
    { status, attempts: status === 'failed' ? 3 : 0, created_at: old },
  ])
  return { database, proxy, outbox, id, rows: () => rowsOf(database) }
}

function rowsOf(database: TestDatabase) {
  return database.sql('select status, attempts, last_error from outbox_message order by id')
}

async function versionOf(outbox: Outbox, id: string): Promise<string> {
  const [message] = await outbox.read([id], signal())
  return message!.version
}

const ways = [
  ['did not arrive', false],
  ['arrived', true],
] as const

test.each(ways)(
  'the connection breaks at the COMMIT of a claim, which %s: unknown, and its repeat counts the attempt once',
  async (_, delivered) => {
    const { proxy, outbox, id, rows } = await behindProxy('failed')
    const request = [{ id, version: await versionOf(outbox, id) }]
    const cut = Promise.withResolvers<void>()
    proxy.cutAt(COMMIT, delivered, cut.resolve)
    const error = await refused(outbox.claim(request, 'job-1', signal()))
    await cut.promise
    expect(error).toMatchObject({ code: 'connection-lost', retry: 'unknown-effect' })
    expect(await rows()).toMatchObject([
      delivered
        ? { status: 'sending', attempts: '4', last_error: 'job-1' }
        : { status: 'failed', attempts: '3' },
    ])
    const again = await outbox.claim(request, 'job-1', signal())
    expect(again).toMatchObject([{ id, claimed: true, attempts: 4 }])
    expect(await rows()).toMatchObject([{ status: 'sending', attempts: '4' }])
    // Another job never gets what this one may hold.
    expect(await outbox.claim(request, 'job-2', signal())).toEqual([{ id, claimed: false }])
  },
)

test.each(ways)(
  'the connection breaks at the COMMIT of a claim of due rows, which %s: the repeat holds the same rows',
  async (_, delivered) => {
    const { proxy, outbox, id, rows } = await behindProxy('pending')
    const request = { limit: 10, chained: false, attemptsMax: 3, stuckAfterSec: 60, repeat: false } as const
    proxy.cutAt(COMMIT, delivered)
    const error = await refused(outbox.claimDue(request, 'sweep-1', signal()))
    expect(error).toMatchObject({ code: 'connection-lost', retry: 'unknown-effect' })
    expect(await rows()).toMatchObject([{ status: delivered ? 'sending' : 'pending' }])
    const held = await outbox.claimDue({ ...request, repeat: true }, 'sweep-1', signal())
    expect(held.map((row) => row.id)).toEqual([id])
    expect(await rows()).toMatchObject([{ status: 'sending', attempts: '1' }])
  },
)

test.each(ways)(
  'the connection breaks at the COMMIT of a mark, which %s: unknown, and its repeat marks what is marked',
  async (_, delivered) => {
    const { proxy, outbox, id, rows } = await behindProxy('failed')
    await outbox.claim([{ id, version: await versionOf(outbox, id) }], 'job-1', signal())
    const mark = [{ id, as: 'confirm', reason: null, stateBefore: 'failed', attempts: 4 }] as const
    proxy.cutAt(COMMIT, delivered)
    const error = await refused(outbox.mark(mark, 'job-1', signal()))
    expect(error).toMatchObject({ code: 'connection-lost', retry: 'unknown-effect' })
    expect(await rows()).toMatchObject([{ status: delivered ? 'sent' : 'sending' }])
    expect(await outbox.mark(mark, 'job-1', signal())).toMatchObject([{ id, marked: true }])
    expect(await rows()).toMatchObject([{ status: 'sent', attempts: '4' }])
  },
)

/** Holds the row's lock until it is released. */
async function lockedElsewhere(database: TestDatabase, id: string) {
  const connection = await connectToMariadb(database.name)
  onTestFinished(() => connection.end().catch(() => undefined))
  await connection.query('begin')
  await connection.query('select 1 from outbox_message where id = ? for update', [id])
  return { release: () => connection.query('rollback') }
}

/** Connections of Redrive whose statement contains this, by their number on the server. */
async function busy(database: TestDatabase, text: string): Promise<readonly string[]> {
  const rows = await database.sql(
    `select id from information_schema.processlist where db = database() and id <> connection_id() and info like ?`,
    [`%${text}%`],
  )
  return rows.map((row) => row['id'] ?? '')
}

/** The server answers a moment before its list of processes forgets the statement; a second is none of its minutes. */
async function ended(database: TestDatabase, text: string): Promise<void> {
  await expect.poll(() => busy(database, text), { timeout: 1_000 }).toEqual([])
}

async function whenBusy(database: TestDatabase, text: string): Promise<string> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const [id] = await busy(database, text)
    if (id !== undefined) return id
    await sleep(POLL_MS)
  }
  throw new Error(`nobody runs ${text}`)
}

test.each([
  ['query', { code: 'query-timeout', retry: 'later' }],
  ['connection', { code: 'connection-lost', retry: 'later' }],
] as const)(
  'KILL %s in the middle of a claim: nothing happened, and the next one works',
  async (what, wanted) => {
    const database = await mysqlDatabase()
    const outbox = await openMysql(database)
    const [id = ''] = await addMysqlRows(database, [{ status: 'failed', attempts: 3 }])
    const request = [{ id, version: await versionOf(outbox, id) }]
    const lock = await lockedElsewhere(database, id)
    const claiming = refused(outbox.claim(request, 'job-1', signal()))
    await database.sql(`kill ${what} ${await whenBusy(database, 'for update')}`)
    expect(await claiming).toMatchObject(wanted)
    await lock.release()
    expect(await rowsOf(database)).toMatchObject([{ status: 'failed', attempts: '3' }])
    expect(await outbox.claim(request, 'job-1', signal())).toMatchObject([{ id, claimed: true, attempts: 4 }])
  },
)

test('a connection that the server ended while nobody used it is not handed out again', async () => {
  const database = await mysqlDatabase()
  const outbox = await openMysql(database)
  const [id = ''] = await addMysqlRows(database, [{ status: 'failed', attempts: 3 }])
  const version = await versionOf(outbox, id)
  const idle = await database.sql(
    `select id from information_schema.processlist where db = database() and id <> connection_id() and command = 'Sleep'`,
  )
  expect(idle.length).toBeGreaterThan(0)
  for (const row of idle) await database.sql(`kill connection ${row['id']}`)
  await sleep(POLL_MS * 5)
  expect(await outbox.claim([{ id, version }], 'job-1', signal())).toMatchObject([{ claimed: true }])
  expect(await versionOf(outbox, id)).not.toBe(version)
})

async function sessionOn(database: TestDatabase): Promise<Session> {
  const settings = { address: parseAddress(database.url), password: async () => mariadbPassword(), tls: null }
  const session = openSession(settings)
  onTestFinished(() => session.close())
  return session
}

/** Some minutes of work, if nobody ends it. */
const LONG = { text: 'select count(*) as n from seq_1_to_1000000 a, seq_1_to_1000000 b', values: [] }

test('the server itself ends a read at its limit, and the connection goes on', async () => {
  const database = await mysqlDatabase()
  const session = await sessionOn(database)
  const startedAt = performance.now()
  const error = await refused(session.read(LONG, 300, signal()))
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  // 1969: by max_statement_time, not by a KILL of ours.
  expect(error).toMatchObject({ code: 'query-timeout', retry: 'later', detail: { errno: 1969 } })
  await ended(database, 'seq_1_to_1000000')
  const [row] = await session.read(
    { text: 'select @@max_statement_time as seconds, connection_id() as id', values: [] },
    4_000,
    signal(),
  )
  expect(Number(row!['seconds'])).toBe(4)
  const [same] = await session.read({ text: 'select connection_id() as id', values: [] }, 4_000, signal())
  expect(same!['id']).toBe(row!['id'])
})

test('a read that is cancelled ends on the server, at once', async () => {
  const database = await mysqlDatabase()
  const session = await sessionOn(database)
  const stop = new AbortController()
  const reading = refused(session.read(LONG, 60_000, stop.signal))
  await whenBusy(database, 'seq_1_to_1000000')
  stop.abort()
  expect(await reading).toMatchObject({ code: 'cancelled', retry: 'later' })
  await ended(database, 'seq_1_to_1000000')
})

test('a row that is locked for too long is tried later, and nothing has happened', async () => {
  const database = await mysqlDatabase()
  const outbox = await openMysql(database)
  const [id = ''] = await addMysqlRows(database, [{ status: 'failed', attempts: 3 }])
  const request = [{ id, version: await versionOf(outbox, id) }]
  const lock = await lockedElsewhere(database, id)
  const error = await refused(outbox.claim(request, 'job-1', signal()))
  expect(error).toMatchObject({ code: 'query-timeout', retry: 'later' })
  await lock.release()
  expect(await rowsOf(database)).toMatchObject([{ status: 'failed', attempts: '3', last_error: null }])
})

test('a read cannot write', async () => {
  const database = await mysqlDatabase()
  const session = await sessionOn(database)
  await addMysqlRows(database, [{ status: 'failed' }])
  for (const text of [
    'update outbox_message set attempts = 9',
    'delete from outbox_message',
    'drop table outbox_message',
  ])
    expect((await refused(session.read({ text, values: [] }, 1_000, signal()))).retry, text).toBe('never')
  expect(await rowsOf(database)).toMatchObject([{ attempts: '0' }])
})
