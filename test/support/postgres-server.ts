import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import pg from 'pg'
import type { SourceDriver } from '../../src-main/domain/workspace.ts'

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
  readonly driver: Exclude<SourceDriver, 'redis'>
  readonly name: string
  /** Without a password, as a source's `url`. */
  readonly url: string
  /** Runs SQL as the owner; every cell is the server's own text. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Cells[]>
  close(): Promise<void>
}

export const rawText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig

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

const EMPTY = `
do $$
declare one text;
begin
  perform pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
  for one in select extname from pg_extension where extname <> 'plpgsql' loop
    execute format('drop extension %I cascade', one);
  end loop;
  for one in select pubname from pg_publication loop
    execute format('drop publication %I', one);
  end loop;
  for one in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute format('drop schema %I cascade', one);
  end loop;
  create schema public authorization pg_database_owner;
  grant usage on schema public to public;
  execute format('alter database %I reset all', current_database());
  execute format('alter database %I with connection limit -1', current_database());
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, temporary on database %I to public', current_database());
end $$`

/** Everything in it is dropped, who is connected is sent away, and what was set for it is forgotten. */
export async function emptyDatabase(name: string): Promise<void> {
  const client = await connectTo(name)
  try {
    await client.query(EMPTY)
  } finally {
    await client.end()
  }
}

/** Creates or joins a database; the caller closes it and decides what becomes of it. */
export async function openDatabase(name: string, create: boolean): Promise<TestDatabase> {
  if (create) await onServer(`create database "${name}" template template0 encoding 'UTF8'`)
  const client = await connectTo(name)
  const { host, port, user } = serverAddress()
  return {
    driver: 'postgres',
    name,
    url: `postgres://${encodeURIComponent(user)}@${host.startsWith('/') ? encodeURIComponent(host) : host}:${port}/${name}`,
    async sql(text, values) {
      const result = await client.query<Record<string, string | null>>(text, values && [...values])
      return result.rows
    },
    close: () => client.end(),
  }
}
