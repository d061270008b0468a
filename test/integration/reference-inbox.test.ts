import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { openMysqlEvidence } from '../../src-main/adapters/outbox-mysql/evidence.ts'
import { openPostgresEvidence } from '../../src-main/adapters/outbox-postgres/evidence.ts'
import { openSqliteEvidence } from '../../src-main/adapters/outbox-sqlite/evidence.ts'
import type { TableEvidence } from '../../src-main/domain/workspace.ts'
import type { EvidenceReader } from '../../src-main/ports/evidence.ts'
import { foundOf } from '../conformance/dedupe.ts'
import { connectToMariadb, mariadbPassword } from '../support/mariadb.ts'
import { mysqlDatabase } from '../support/mysql.ts'
import { testDatabase } from '../support/postgres.ts'
import { connectTo, serverAddress } from '../support/postgres-server.ts'
import { sqliteFile } from '../support/sqlite.ts'

const FOLDER = resolve(import.meta.dirname, '../../resources/receiver')
const signal = () => AbortSignal.timeout(20_000)

const config: TableEvidence = {
  table: 'inbox_message',
  messageId: 'message_id',
  processedAt: 'received_at',
  scope: { column: 'receiver', equals: 'billing' },
  retentionSec: 2_592_000,
}

/** The file, and the statements that it tells a receiver to use, by the number under which it says them. */
async function recipe(server: string) {
  const text = await readFile(resolve(FOLDER, `inbox-${server}.sql`), 'utf8')
  const statement = (number: number): string => {
    const lines = text.slice(text.indexOf(`-- ${number}. `)).split('\n')
    const said = lines
      .flatMap((line) => (line.startsWith('--      ') ? [line.slice(2).trim()] : []))
      .join(' ')
    return said.slice(0, said.indexOf(';'))
  }
  return { text, take: statement(2), cleanUp: statement(3) }
}

/** What Redrive itself says of the table: it refuses duplicates, and a message that was taken is found. */
async function judged(reader: EvidenceReader, messageId: string) {
  onTestFinished(() => reader.close())
  const createdAt = new Date().toISOString()
  const [seen] = await reader.look([{ id: '1', messageId, createdAt }], signal())
  return [...(await foundOf(reader)), seen!.verdict]
}

test('PostgreSQL: of two deliveries at the same moment one takes effect; clean-up goes by batches', async () => {
  const { text, take, cleanUp } = await recipe('postgres')
  const database = await testDatabase({ empty: true })
  await database.sql(text)
  // Safe to run again.
  await database.sql(text)
  await database.sql('create table effect (message_id text)')
  const [one, two] = [await connectTo(database.name), await connectTo(database.name)]
  onTestFinished(async () => void (await Promise.all([one.end(), two.end()])))

  const deliver = async (first: 'commit' | 'rollback', messageId: string): Promise<number[]> => {
    await one.query('begin')
    await two.query('begin')
    const taken = await one.query(take, [messageId, 'billing'])
    const waiting = two.query(take, [messageId, 'billing'])
    await one.query('insert into effect values ($1)', [messageId])
    await one.query(first)
    const again = await waiting
    if (again.rowCount === 1) await two.query('insert into effect values ($1)', [messageId])
    await two.query(again.rowCount === 1 ? 'commit' : 'rollback')
    return [taken.rowCount ?? 0, again.rowCount ?? 0]
  }
  expect(await deliver('commit', 'm-1')).toEqual([1, 0])
  expect(await deliver('rollback', 'm-2')).toEqual([1, 1])
  expect(await database.sql('select message_id from effect order by 1')).toEqual([
    { message_id: 'm-1' },
    { message_id: 'm-2' },
  ])
  // Another receiver takes the same message as well.
  expect((await one.query(take, ['m-1', 'search'])).rowCount).toBe(1)

  await database.sql(
    `insert into inbox_message select 'old-' || n, 'billing', now() - interval '31 days' from generate_series(1, 1500) n`,
  )
  const batches = [await one.query(cleanUp), await one.query(cleanUp), await one.query(cleanUp)]
  expect(batches.map(({ rowCount }) => rowCount)).toEqual([1_000, 500, 0])

  const password = async () => serverAddress().password
  const at = { url: database.url }
  expect(await judged(await openPostgresEvidence({ config, at, password }, signal()), 'm-1')).toEqual([
    'ok dedupe.unique',
    'consumed',
  ])
})

test('MariaDB: of two deliveries at the same moment one takes effect; clean-up goes by batches', async () => {
  const { text, take, cleanUp } = await recipe('mysql')
  const database = await mysqlDatabase({ empty: true })
  await database.sql(text)
  await database.sql(text)
  await database.sql('create table effect (message_id varchar(80))')
  const [one, two] = [await connectToMariadb(database.name), await connectToMariadb(database.name)]
  onTestFinished(async () => void (await Promise.all([one.end(), two.end()])))

  const deliver = async (first: 'commit' | 'rollback', messageId: string): Promise<string> => {
    await one.query('start transaction')
    await two.query('start transaction')
    await one.query(take, [messageId, 'billing'])
    const waiting = two.query(take, [messageId, 'billing']).then(
      () => 'taken',
      (error: { errno?: number }) => String(error.errno),
    )
    await one.query('insert into effect values (?)', [messageId])
    await one.query(first)
    const again = await waiting
    if (again === 'taken') await two.query('insert into effect values (?)', [messageId])
    await two.query(again === 'taken' ? 'commit' : 'rollback')
    return again
  }
  expect(await deliver('commit', 'm-1')).toBe('1062')
  expect(await deliver('rollback', 'm-2')).toBe('taken')
  expect(await database.sql('select message_id from effect order by 1')).toEqual([
    { message_id: 'm-1' },
    { message_id: 'm-2' },
  ])
  // Ids that differ by a letter's case are two messages.
  await one.query(take, ['M-1', 'billing'])

  await database.sql(
    `insert into inbox_message select concat('old-', seq), 'billing', utc_timestamp(6) - interval 31 day from seq_1_to_1500`,
  )
  const removed = async (): Promise<number> => {
    const [result] = await one.query(cleanUp)
    return (result as { affectedRows: number }).affectedRows
  }
  expect([await removed(), await removed(), await removed()]).toEqual([1_000, 500, 0])

  const password = async () => mariadbPassword()
  const own = { ...config, columns: { received_at: { time: 'utc' } } } as const
  const at = { url: database.url }
  expect(await judged(await openMysqlEvidence({ config: own, at, password }, signal()), 'm-1')).toEqual([
    'ok dedupe.unique',
    'consumed',
  ])
})

test('SQLite: of two deliveries at the same moment one takes effect; clean-up goes by batches', async () => {
  const { text, take, cleanUp } = await recipe('sqlite')
  const file = await sqliteFile({ empty: true })
  file.db.exec(text)
  file.db.exec(text)
  file.db.exec('create table effect (message_id text)')
  const [one, two] = [file.db, new Database(file.path, { timeout: 0 })]
  onTestFinished(() => void two.close())
  const deliver = (db: Database.Database): boolean => {
    db.exec('begin immediate')
    const isNew = db.prepare(take).run('m-1', 'billing').changes === 1
    if (isNew) db.prepare('insert into effect values (?)').run('m-1')
    db.exec(isNew ? 'commit' : 'rollback')
    return isNew
  }
  one.exec('begin immediate')
  expect(() => deliver(two)).toThrow('database is locked')
  one.prepare(take).run('m-1', 'billing')
  one.prepare('insert into effect values (?)').run('m-1')
  one.exec('commit')
  expect(deliver(two)).toBe(false)
  expect(await file.sql('select message_id from effect')).toEqual([{ message_id: 'm-1' }])

  const old = file.db.prepare(
    `insert into inbox_message values (?, 'billing', strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-31 days'))`,
  )
  for (let n = 0; n < 1_500; n += 1) old.run(`old-${n}`)
  const batches = [1, 2, 3].map(() => file.db.prepare(cleanUp).run().changes)
  expect(batches).toEqual([1_000, 500, 0])

  const own = { ...config, columns: { received_at: { time: 'iso' } } } as const
  const reader = await openSqliteEvidence({ config: own, at: { url: file.url } }, signal())
  expect(await judged(reader, 'm-1')).toEqual(['ok dedupe.unique', 'consumed'])
})
