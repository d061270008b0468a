import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { createMariadb, dropMariadb } from '../support/mariadb.ts'
import { dropDatabase, openDatabase } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { identityOf, keyOf } from './layout.ts'
import type { Cell, Cells, Engine, Layout, LayoutRow } from './layout.ts'

export interface LoadedLayout {
  readonly layout: Layout
  readonly database: TestDatabase
  /** The names of the rows that these queries return; a row that the fixture does not know is named by its key. */
  named(queries: readonly string[]): Promise<readonly string[]>
  /** Runs a statement with `@row` standing for this row; an error of the server is given back as its text. */
  on(row: LayoutRow, statement: string): Promise<string | null>
  /** The rows as they were at first. */
  reset(): Promise<void>
  /** Every column of every row of the layout's tables, by the row's name. */
  snapshot(): Promise<ReadonlyMap<string, Readonly<Record<string, string | null>>>>
}

/** A database of the test's own with the layout and its rows. Call it inside a test. */
export async function loadLayout(layout: Layout): Promise<LoadedLayout> {
  const database = await ownDatabase(layout.engine)
  // Nothing of a fixture has to outlive a crash.
  if (layout.engine === 'postgres') await database.sql('set synchronous_commit = off')
  await database.sql(layout.schema)
  for (const { table, cells } of layout.companions ?? []) await insert(database, layout, table, cells)
  await insertRows(database, layout)
  const names = new Map(layout.rows.map((row) => [keyOf(layout, row), row.is]))
  const nameOf = (cells: Readonly<Record<string, string | null>>): string => {
    const key = identityOf(layout)
      .map((column) => cells[column])
      .join('|')
    return names.get(key) ?? `unknown row ${key}`
  }
  return {
    layout,
    database,
    async named(queries) {
      const found = new Set<string>()
      for (const query of queries) {
        await database.sql('begin')
        const rows = await database.sql(query)
        await database.sql('rollback')
        for (const row of rows) found.add(nameOf(row))
      }
      return [...found].sort()
    },
    async on(row, statement) {
      try {
        await database.sql(statement.replaceAll('@row', conditionOf(layout, row)))
        return null
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    },
    async reset() {
      await database.sql('begin')
      for (const table of layout.tables)
        await database.sql(`delete from ${quotedTable(layout.engine, table)}`)
      await insertRows(database, layout)
      await database.sql('commit')
    },
    async snapshot() {
      const rows = new Map<string, Readonly<Record<string, string | null>>>()
      for (const table of layout.tables)
        for (const row of await database.sql(`select * from ${quotedTable(layout.engine, table)}`))
          rows.set(nameOf(row), row)
      return rows
    },
  }
}

export async function insertRows(database: TestDatabase, layout: Layout): Promise<void> {
  for (const row of layout.rows) await insert(database, layout, tableOf(layout, row), row.cells)
}

export function tableOf(layout: Layout, row: LayoutRow): string {
  return row.table ?? layout.tables[0]!
}

async function ownDatabase(engine: Engine): Promise<TestDatabase> {
  const name = `redrive_layout_${process.pid}_${randomBytes(4).toString('hex')}`
  const database = engine === 'postgres' ? await openDatabase(name, true) : await createMariadb(name)
  onTestFinished(async ({ task }) => {
    await database.close()
    if (task.result?.state === 'fail') console.error(`kept for inspection: ${engine} database ${name}`)
    else await (engine === 'postgres' ? dropDatabase(name) : dropMariadb(name))
  })
  return database
}

async function insert(database: TestDatabase, layout: Layout, table: string, cells: Cells): Promise<void> {
  const { engine } = layout
  const columns = Object.keys(cells).map((column) => quoted(engine, column))
  const values = Object.values(cells).map((cell) => literal(engine, cell))
  await database.sql(
    `insert into ${quotedTable(engine, table)} (${columns.join(', ')}) values (${values.join(', ')})`,
  )
}

function conditionOf(layout: Layout, row: LayoutRow): string {
  return identityOf(layout)
    .map(
      (column) => `${quoted(layout.engine, column)} = ${literal(layout.engine, row.cells[column] ?? null)}`,
    )
    .join(' and ')
}

function literal(engine: Engine, cell: Cell): string {
  if (cell === null) return 'null'
  if (typeof cell === 'object') return cell[engine]
  if (typeof cell !== 'string') return String(cell)
  const text = cell.replaceAll("'", "''")
  return `'${engine === 'mariadb' ? text.replaceAll('\\', '\\\\') : text}'`
}

function quoted(engine: Engine, name: string): string {
  return engine === 'postgres' ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll('`', '``')}\``
}

/** In PostgreSQL a dot parts schema and table; in MariaDB it is a part of the name, as CAP means it. */
function quotedTable(engine: Engine, table: string): string {
  const parts = engine === 'postgres' ? table.split('.') : [table]
  return parts.map((part) => quoted(engine, part)).join('.')
}
