import { expect, onTestFinished, test } from 'vitest'
import { openMysqlEvidence } from '../../src-main/adapters/outbox-mysql/evidence.ts'
import { openPostgresEvidence } from '../../src-main/adapters/outbox-postgres/evidence.ts'
import { openRedisEvidence } from '../../src-main/adapters/outbox-redis/evidence.ts'
import { openSqliteEvidence } from '../../src-main/adapters/outbox-sqlite/evidence.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { TableEvidence } from '../../src-main/domain/workspace.ts'
import { openMapped } from '../support/mapped-table.ts'
import { mariadbPassword } from '../support/mariadb.ts'
import { mysqlDatabase, openMysql } from '../support/mysql.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { startRedis } from '../support/redis-nodes.ts'
import { redisPrefix } from '../support/redis.ts'
import { scratchFolder } from '../support/scratch.ts'
import { sqliteFile } from '../support/sqlite.ts'
import { dedupeConformance, foundOf } from './dedupe.ts'
import type { DedupeServer } from './dedupe.ts'
import { signal } from './outbox-fixture.ts'

const postgres: DedupeServer = {
  open: () => testDatabase({ empty: true }),
  async read({ url }, config) {
    const password = async () => serverAddress().password
    const reader = await openPostgresEvidence({ config, at: { url }, password }, signal())
    onTestFinished(() => reader.close())
    return reader
  },
  id: 'text',
}
const mysql: DedupeServer = {
  open: () => mysqlDatabase({ empty: true }),
  async read({ url }, config) {
    const password = async () => mariadbPassword()
    const reader = await openMysqlEvidence({ config, at: { url }, password }, signal())
    onTestFinished(() => reader.close())
    return reader
  },
  id: 'varchar(80)',
}
const sqlite: DedupeServer = {
  open: () => sqliteFile({ empty: true }),
  async read({ url }, config) {
    const reader = await openSqliteEvidence({ config, at: { url } }, signal())
    onTestFinished(() => reader.close())
    return reader
  },
  id: 'text',
}

dedupeConformance('PostgreSQL', postgres)
dedupeConformance('MariaDB', mysql)
dedupeConformance('SQLite', sqlite)

const inbox: TableEvidence = { table: 'inbox', messageId: 'message_id', retentionSec: null }

/** One database for all tables of a test: each is called `inbox` and a number. */
async function finder({ open, read }: DedupeServer) {
  const database = await open()
  let number = 0
  return async (...statements: readonly string[]): Promise<string[]> => {
    number += 1
    const table = `inbox${number}`
    for (const statement of statements) await database.sql(statement.replaceAll('inbox', table))
    return foundOf(await read(database, { ...inbox, table }))
  }
}

test.for([
  ['PostgreSQL', postgres],
  ['SQLite', sqlite],
] as const)('%s: an index over a part of the rows, or over an expression', async ([, server]) => {
  const found = await finder(server)
  const table = 'create table inbox (message_id text, done integer)'
  expect(await found(table, 'create unique index part_inbox on inbox (message_id) where done = 1')).toEqual([
    'broken dedupe.unique-partial',
  ])
  expect(await found(table, 'create unique index low_inbox on inbox (lower(message_id))')).toEqual([
    'unknown dedupe.unique-expression',
  ])
})

test('PostgreSQL: an index that could not be built is none', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql('create table inbox (message_id text)')
  await database.sql(`insert into inbox values ('a'), ('a'), ('b')`)
  await expect(
    database.sql('create unique index concurrently inbox_message on inbox (message_id)'),
  ).rejects.toThrow('could not create unique index')
  expect(await foundOf(await postgres.read(database, inbox))).toEqual([
    'broken dedupe.unique-invalid',
    'broken dedupe.doubled',
  ])
})

test('PostgreSQL: columns that are only carried along, checks at the end, a table without a log', async () => {
  const found = await finder(postgres)
  expect(
    await found(
      'create table inbox (message_id text, at timestamptz)',
      'create unique index one_inbox on inbox (message_id) include (at)',
    ),
  ).toEqual(['ok dedupe.unique'])
  const late = 'create table inbox (message_id text unique deferrable initially deferred)'
  expect(await found(late)).toEqual(['weak dedupe.unique-deferred'])
  expect(await found('create unlogged table inbox (message_id text primary key)')).toEqual([
    'ok dedupe.unique',
    'broken dedupe.crash',
  ])
  const parts = `create table inbox (message_id text, month date, primary key (message_id, month)) partition by list (month)`
  expect(await found(parts)).toEqual(['broken dedupe.unique-wider'])
})

test('SQLite: a number that is the row itself', async () => {
  const found = await finder(sqlite)
  expect(await found('create table inbox (message_id integer primary key)')).toEqual(['ok dedupe.unique'])
})

test('MariaDB: an index over the beginning of an id, engines without transactions or without a disk', async () => {
  const found = await finder(mysql)
  const wide = 'create table inbox (message_id varchar(200), unique key begins (message_id(20)))'
  expect(await found(wide)).toEqual(['weak dedupe.unique-cut'])
  const table = 'create table inbox (message_id varchar(80) primary key) engine = '
  expect(await found(`${table}MyISAM`)).toEqual(['ok dedupe.unique', 'weak dedupe.no-transactions'])
  expect(await found(`${table}MEMORY`)).toEqual(['ok dedupe.unique', 'broken dedupe.restart'])
})

/** A companion in the outbox's own database. */
function withCompanion(on: NonNullable<Mapping['companions']>[string]['on']): Mapping {
  return {
    profile: 'own',
    key: 'id',
    messageId: 'msg',
    times: {},
    states: [{ state: 'pending', when: { all: [] } }],
    sentRows: 'kept',
    relay: { model: 'poller' },
    companions: { inbox: { table: 'inbox', on } },
    evidence: { companion: 'inbox', retentionSec: 3_600 },
  }
}

const JOINED = {
  all: [
    { column: 'message_id', equals: { row: 'msg' } },
    { column: 'receiver', equals: 'billing' },
  ],
} as const

test('a companion is judged by the columns that join it to the outbox', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql('create table outbox (id bigint primary key, msg text not null)')
  await database.sql('create table inbox (message_id text, receiver text, unique (receiver, message_id))')
  const open = async (on: Parameters<typeof withCompanion>[0]) =>
    (await openMapped(database, 'public.outbox', withCompanion(on))).evidence!
  expect(await foundOf(await open(JOINED))).toEqual(['ok dedupe.unique'])
  expect(await foundOf(await open(JOINED.all[0]))).toEqual(['broken dedupe.unique-wider'])
  const above = { all: [{ column: 'message_id', atLeast: { row: 'msg' } }] } as const
  expect(await foundOf(await open(above))).toEqual(['unknown dedupe.condition'])
  await database.sql('alter table inbox drop constraint inbox_receiver_message_id_key')
  await database.sql(
    `insert into inbox values ('a', 'billing'), ('a', 'billing'), ('b', 'billing'), ('b', 'search')`,
  )
  const reader = await open(JOINED)
  expect(await reader.dedupe(signal())).toMatchObject({
    sample: { proofs: 3, doubled: 1 },
    retentionSec: 3_600,
  })
})

test('a companion in MariaDB', async () => {
  const database = await mysqlDatabase({ empty: true })
  await database.sql('create table outbox (id bigint primary key, msg varchar(80) not null)')
  await database.sql(
    'create table inbox (message_id varchar(80), receiver varchar(80), key plain (message_id))',
  )
  await database.sql(`insert into inbox values ('a', 'billing'), ('a', 'billing')`)
  const outbox = await openMysql(database, { table: 'outbox', chooseMapping: () => withCompanion(JOINED) })
  expect(await foundOf(outbox.evidence!)).toEqual(['broken dedupe.unique-none', 'broken dedupe.doubled'])
})

async function keysOf(url: string, prefix: string, retentionSec: number | null) {
  const config: TableEvidence = {
    table: `${prefix}:seen:{messageId}`,
    messageId: 'message_id',
    retentionSec,
  }
  const reader = await openRedisEvidence(
    { config, at: { url }, password: () => Promise.resolve('') },
    signal(),
  )
  onTestFinished(() => reader.close())
  return reader
}

test('Redis: keys live as long as the evidence says, or shorter, or for ever', async () => {
  const { redis, url, prefix } = await redisPrefix()
  const lifetimes = async (retentionSec: number | null): Promise<string[]> =>
    (await foundOf(await keysOf(url, prefix, retentionSec))).slice(0, 2)
  expect(await lifetimes(60)).toEqual(['unknown dedupe.keys-none', expect.any(String)])
  await redis.set(`${prefix}:seen:a`, 'at noon', 'EX', 3_600, 'NX')
  await redis.set(`${prefix}:seen:b`, 'later', 'EX', 3_600, 'NX')
  await redis.set(`${prefix}:else`, '1')
  expect(await lifetimes(3_600)).toEqual(['ok dedupe.keys', 'ok dedupe.lives'])
  expect(await lifetimes(86_400)).toEqual(['ok dedupe.keys', 'broken dedupe.short-lived'])
  expect(await lifetimes(null)).toEqual(['ok dedupe.keys', 'broken dedupe.not-endless'])
  await redis.set(`${prefix}:seen:c`, '1')
  expect(await lifetimes(3_600)).toEqual(['ok dedupe.keys', 'weak dedupe.endless-some'])
  await redis.del(`${prefix}:seen:a`, `${prefix}:seen:b`)
  expect(await lifetimes(null)).toEqual(['ok dedupe.keys', 'ok dedupe.endless'])
})

test('Redis: a value that many keys share tells nothing of when they were set', async () => {
  const { redis, url, prefix } = await redisPrefix()
  await redis.set(`${prefix}:seen:a`, '1', 'EX', 3_600, 'NX')
  const lifetime = async (retentionSec: number): Promise<string | undefined> =>
    (await foundOf(await keysOf(url, prefix, retentionSec)))[1]
  expect(await lifetime(3_600)).toBe('ok dedupe.lives')
  expect(await lifetime(86_400)).toBe('unknown dedupe.lives-unknown')
})

test('Redis: a full memory, and a crash, are told by what the server is set to', async () => {
  const folder = await scratchFolder()
  const node = await startRedis({ folder })
  onTestFinished(() => node.stop())
  const set = (name: string, value: string): Promise<unknown> => node.ask('CONFIG', 'SET', name, value)
  await node.ask('SET', 'r:seen:a', '1', 'EX', '60', 'NX')
  const kept = async (): Promise<string[]> => (await foundOf(await keysOf(node.url, 'r', 60))).slice(2)
  await set('appendonly', 'yes')
  await set('appendfsync', 'always')
  expect(await kept()).toEqual(['ok dedupe.memory', 'ok dedupe.disk'])
  await set('appendfsync', 'everysec')
  await set('maxmemory-policy', 'allkeys-lru')
  expect(await kept()).toEqual(['weak dedupe.memory-unlimited', 'weak dedupe.disk-late'])
  await set('maxmemory', '100mb')
  await set('appendonly', 'no')
  await set('save', '3600 1')
  expect(await kept()).toEqual(['broken dedupe.memory-full', 'weak dedupe.disk-snapshots'])
  await set('maxmemory-policy', 'volatile-ttl')
  await set('save', '')
  expect(await kept()).toEqual(['broken dedupe.memory-full', 'broken dedupe.disk-none'])
})

test('Redis: what a user may not ask for is not known', async () => {
  const folder = await scratchFolder()
  const node = await startRedis({ folder })
  onTestFinished(() => node.stop())
  await node.ask('SET', 'r:seen:a', '1', 'EX', '60')
  await node.ask('ACL', 'SETUSER', 'default', '-config')
  expect((await foundOf(await keysOf(node.url, 'r', 60))).slice(2)).toEqual([
    'ok dedupe.memory',
    'unknown dedupe.disk-unknown',
  ])
})
