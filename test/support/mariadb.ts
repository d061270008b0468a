import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { Cells, TestDatabase } from './postgres-server.ts'

export const MARIADB_URL = process.env['REDRIVE_TEST_MARIADB'] ?? 'mysql://root@127.0.0.1:3306/'

const SCHEMA_FILE = resolve(import.meta.dirname, '../../resources/outbox/mysql.sql')

export async function connectToMariadb(database: string | null): Promise<Connection> {
  const url = new URL(MARIADB_URL)
  url.pathname = database === null ? '/' : `/${encodeURIComponent(database)}`
  try {
    return await createConnection({
      uri: url.href,
      multipleStatements: true,
      // Every cell as the server's own text: a bigint or a zero date would not survive otherwise.
      typeCast: (field) => field.string(),
      timezone: 'Z',
    })
  } catch (error) {
    throw new Error(`MariaDB does not answer at ${url.host} (REDRIVE_TEST_MARIADB)`, { cause: error })
  }
}

/** A name as SQL. */
export function ticked(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

async function onServer(text: string): Promise<void> {
  const connection = await connectToMariadb(null)
  try {
    await connection.query(text)
  } finally {
    await connection.end()
  }
}

/** The text of resources/outbox/mysql.sql. */
export function mysqlSchema(): Promise<string> {
  return readFile(SCHEMA_FILE, 'utf8')
}

/** The password of the tests' user, which no source's address holds. */
export function mariadbPassword(): string {
  return decodeURIComponent(new URL(MARIADB_URL).password)
}

export async function dropMariadb(name: string): Promise<void> {
  await onServer(`drop database if exists ${ticked(name)}`)
}

/** Creates a database and connects to it with the session in UTC. */
export async function createMariadb(name: string): Promise<TestDatabase> {
  await onServer(`create database ${ticked(name)} character set utf8mb4`)
  const connection = await connectToMariadb(name)
  await connection.query(`set time_zone = '+00:00'`)
  const url = new URL(MARIADB_URL)
  url.pathname = `/${encodeURIComponent(name)}`
  url.password = ''
  return {
    driver: 'mysql',
    name,
    url: url.href,
    async sql(text, values): Promise<readonly Cells[]> {
      const [rows] = await connection.query<RowDataPacket[]>(text, values && [...values])
      return Array.isArray(rows) ? rows : []
    },
    close: () => connection.end(),
  }
}
