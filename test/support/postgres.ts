import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import pg from 'pg'
import { onTestFailed, onTestFinished } from 'vitest'
import { chooseMapping } from '../../src-main/adapters/profiles/profiles.ts'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import type { PostgresOutboxOptions } from '../../src-main/adapters/outbox-postgres/open.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'

export const SERVER_URL = process.env['REDRIVE_TEST_PG'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

const SCHEMA_FILE = resolve(import.meta.dirname, '../../resources/outbox/postgres.sql')

/** The text of resources/outbox/postgres.sql. */
export function referenceSchema(): Promise<string> {
  return readFile(SCHEMA_FILE, 'utf8')
}

export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

export function serverAddress(): ServerAddress {
  const url = new URL(SERVER_URL)
  return {
    host: decodeURIComponent(url.hostname),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
}

export type Cells = Readonly<Record<string, string | null>>

export interface TestDatabase {
  readonly name: string
  /** Without a password, as a source's `url`. */
  readonly url: string
  /** Runs SQL as the owner; every cell is the server's own text. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Cells[]>
  close(): Promise<void>
}

const rawText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig

export async function connectTo(database: string, user?: string): Promise<pg.Client> {
  const address = serverAddress()
  const client = new pg.Client({
    ...address,
    ...(user === undefined ? {} : { user }),
    database,
    ssl: false,
    types: rawText,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw new Error(`PostgreSQL does not answer at ${address.host}:${address.port} (REDRIVE_TEST_PG)`, {
      cause: error,
    })
  }
  return client
}

async function onServer(text: string): Promise<void> {
  const client = await connectTo(new URL(SERVER_URL).pathname.slice(1) || 'postgres')
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

export async function dropDatabase(name: string): Promise<void> {
  await onServer(`drop database if exists "${name}" with (force)`)
}

/** Creates or joins a database; the caller closes it and decides what becomes of it. */
export async function openDatabase(name: string, create: boolean): Promise<TestDatabase> {
  if (create) await onServer(`create database "${name}" template template0 encoding 'UTF8'`)
  const client = await connectTo(name)
  const { host, port, user } = serverAddress()
  return {
    name,
    url: `postgres://${encodeURIComponent(user)}@${host.startsWith('/') ? encodeURIComponent(host) : host}:${port}/${name}`,
    async sql(text, values) {
      const result = await client.query<Record<string, string | null>>(text, values && [...values])
      return result.rows
    },
    close: () => client.end(),
  }
}

/**
 * A database of this test's own with the reference outbox in it. Dropped when the test passes; kept and named when it
 * fails. Call it inside a test.
 */
export async function testDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const name = `redrive_test_${process.pid}_${randomBytes(4).toString('hex')}`
  const database = await openDatabase(name, true)
  let failed = false
  onTestFailed(() => {
    failed = true
    console.error(`kept for inspection: database ${name}`)
  })
  onTestFinished(async () => {
    await database.close()
    if (!failed) await dropDatabase(name)
  })
  if (options.empty !== true) await database.sql(await referenceSchema())
  return database
}

export interface OutboxRow {
  readonly prev_id?: string | null
  readonly chain_key?: string | null
  readonly message_id?: string
  readonly exchange?: string
  readonly routing_key?: string
  readonly type?: string | null
  /** JSON text. */
  readonly payload?: string
  readonly headers?: string | null
  readonly status?: 'pending' | 'sending' | 'sent' | 'failed'
  readonly attempts?: number
  readonly next_attempt_at?: string | null
  readonly created_at?: string
  readonly updated_at?: string | null
  readonly last_error?: string | null
}

let rowNumber = 0

/** Inserts rows and returns their ids. */
export async function addRows(database: TestDatabase, rows: readonly OutboxRow[]): Promise<string[]> {
  const ids: string[] = []
  for (const row of rows) {
    rowNumber += 1
    const full = { message_id: `message-${process.pid}-${rowNumber}`, payload: '{}', ...row }
    const columns = Object.keys(full)
    const places = columns.map((_, index) => `$${index + 1}`)
    const [added] = await database.sql(
      `insert into outbox_message (${columns.join(', ')}) values (${places.join(', ')}) returning id`,
      Object.values(full),
    )
    ids.push(added!['id']!)
  }
  return ids
}

export type OutboxTestOptions = Partial<Omit<PostgresOutboxOptions, 'config'>> &
  Partial<PostgresOutboxOptions['config']> & { readonly table?: string; readonly profile?: string }

/** Opens the outbox of a database through the adapter; closed when the test ends. */
export async function openOutbox(
  database: Pick<TestDatabase, 'url'>,
  options: OutboxTestOptions = {},
): Promise<Outbox> {
  const outbox = await openPostgresOutbox(
    {
      config: {
        url: options.url ?? database.url,
        ...(options.tls === undefined ? {} : { tls: options.tls }),
        stuckAfterSec: options.stuckAfterSec ?? 60,
        maxAttempts: options.maxAttempts ?? 3,
        outbox: { table: options.table ?? 'public.outbox_message' },
      },
      password: options.password ?? (async () => serverAddress().password),
      chooseMapping:
        options.chooseMapping ?? ((columns) => chooseMapping(options.profile ?? 'auto', columns)),
    },
    AbortSignal.timeout(30_000),
  )
  onTestFinished(() => outbox.close())
  return outbox
}
