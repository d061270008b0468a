import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { onTestFinished } from 'vitest'
import { openSqliteOutbox } from '../../src-main/adapters/outbox-sqlite/open.ts'
import type { SqliteOutboxOptions } from '../../src-main/adapters/outbox-sqlite/open.ts'
import { chooseMapping } from '../../src-main/adapters/profiles/profiles.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import type { Cells, TestDatabase } from './postgres-server.ts'
import { scratchFolder } from './scratch.ts'

const SCHEMA_FILE = resolve(import.meta.dirname, '../../resources/outbox/sqlite.sql')

export function sqliteSchema(): string {
  return readFileSync(SCHEMA_FILE, 'utf8')
}

export interface SqliteFile extends TestDatabase {
  readonly path: string
  readonly db: Database.Database
}

/** A file of this test's own, in WAL mode unless told otherwise, with the reference outbox for SQLite in it. */
export async function sqliteFile(
  options: { readonly empty?: boolean; readonly journal?: 'wal' | 'delete' } = {},
): Promise<SqliteFile> {
  const path = join(await scratchFolder(), 'service.db')
  const db = new Database(path, { timeout: 5_000 })
  db.pragma(`journal_mode = ${options.journal ?? 'wal'}`)
  // As fast as tests need it; what happens at a crash they test with a service of their own.
  db.pragma('synchronous = NORMAL')
  if (options.empty !== true) db.exec(sqliteSchema())
  onTestFinished(() => void db.close())
  return {
    driver: 'sqlite',
    name: path,
    path,
    db,
    url: pathToFileURL(path).href.replace(/^file:/, 'sqlite:'),
    sql(text, values): Promise<readonly Cells[]> {
      if (values === undefined && text.includes(';')) {
        db.exec(text)
        return Promise.resolve([])
      }
      const statement = db.prepare<unknown[], Record<string, unknown>>(text)
      if (!statement.reader) {
        statement.run(...(values ?? []))
        return Promise.resolve([])
      }
      const rows = statement.safeIntegers().all(...(values ?? []))
      const told = (cell: unknown): string | null =>
        cell === null || typeof cell === 'string' ? cell : (cell as bigint).toString()
      return Promise.resolve(
        rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, told(cell)]))),
      )
    },
    close: () => Promise.resolve(),
  }
}

export type SqliteRow = Readonly<Record<string, string | number | null>>

let rowNumber = 0

/** Inserts rows and returns their ids. */
export function addSqliteRows({ db }: SqliteFile, rows: readonly SqliteRow[]): string[] {
  return rows.map((row) => {
    rowNumber += 1
    const full: SqliteRow = {
      message_id: `message-${process.pid}-${rowNumber}`,
      payload: '{}',
      created_at: new Date().toISOString().replace('T', ' ').replace('Z', ''),
      ...row,
    }
    const columns = Object.keys(full)
    const { lastInsertRowid } = db
      .prepare(
        `insert into outbox_message (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
      )
      .run(...Object.values(full))
    return String(lastInsertRowid)
  })
}

export type SqliteTestOptions = Partial<Omit<SqliteOutboxOptions, 'config'>> &
  Partial<Omit<SqliteOutboxOptions['config'], 'outbox'>> & {
    readonly table?: string
    readonly profile?: string
  }

/** Opens the outbox of a file through the adapter; closed when the test ends. */
export async function openSqlite(
  file: Pick<TestDatabase, 'url'>,
  options: SqliteTestOptions = {},
): Promise<Outbox> {
  const outbox = await openSqliteOutbox(
    {
      config: {
        url: options.url ?? file.url,
        stuckAfterSec: options.stuckAfterSec ?? 60,
        maxAttempts: options.maxAttempts ?? 3,
        outbox: { table: options.table ?? 'outbox_message' },
      },
      chooseMapping:
        options.chooseMapping ?? ((columns) => chooseMapping(options.profile ?? 'auto', columns)),
    },
    AbortSignal.timeout(30_000),
  )
  onTestFinished(() => outbox.close())
  return outbox
}
