import { RedriveError } from '../../domain/errors.ts'
import type { SurveyedTable } from '../../domain/mapping/surveyed.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import { SAMPLE_CHARS_MAX, SAMPLE_ROWS_MAX, SURVEY_TABLES_MAX } from '../../ports/survey.ts'
import type { SampleRow, Survey } from '../../ports/survey.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { parseAddress } from './address.ts'
import { placeholder } from './binding.ts'
import { tlsFrom } from './connection.ts'
import { mysqlDialect } from './dialect.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'

const SURVEY_TIMEOUT_MS = 10_000
const SAMPLE_TIMEOUT_MS = 3_000
/** A table with more columns than this is no outbox; the rest is not sampled. */
const SAMPLE_COLUMNS_MAX = 100

/** The database of the address alone: another one is another source. What a user may not read is not in these lists. */
const TABLES = `
select table_schema as s, table_name as t, table_comment as comment from information_schema.tables
where table_schema = ${placeholder(1)} and table_type = 'BASE TABLE' order by table_name limit ${SURVEY_TABLES_MAX}`

const COLUMNS = `
select table_name as t, column_name as name, column_type as type, is_nullable as nullable, column_comment as comment
from information_schema.columns where table_schema = ${placeholder(1)} order by table_name, ordinal_position`

const KEYS = `
select table_name as t, index_name as name, column_name as col from information_schema.statistics s
where table_schema = ${placeholder(1)} and non_unique = 0 and not exists (
  select 1 from information_schema.statistics o where o.table_schema = s.table_schema and o.table_name = s.table_name
    and o.index_name = s.index_name and (o.nullable = 'YES' or o.sub_part is not null or o.column_name is null))
order by table_name, index_name <> 'PRIMARY', index_name, seq_in_index`

/** Looks through a database. Throws RedriveError as connecting does. */
export async function openMysqlSurvey({
  config,
  password,
}: {
  readonly config: Pick<SourceConfig, 'url' | 'tls'>
  /** '' where there is none. */
  readonly password: () => Promise<string>
}): Promise<Survey> {
  const address = parseAddress(config.url)
  const session = openSession({ address, password, tls: await tlsFrom(config.tls, address) })
  return {
    tables: (signal) => tablesOf(session, address.database, signal),
    sample: (table, signal) => sampleOf(session, table, signal),
    close: () => session.close(),
  }
}

async function tablesOf(
  session: Session,
  database: string,
  signal: AbortSignal,
): Promise<readonly SurveyedTable[]> {
  const read = (text: string): Promise<readonly Row[]> =>
    session.read({ text, values: [database] }, SURVEY_TIMEOUT_MS, signal)
  const [tables, columns, keys] = [await read(TABLES), await read(COLUMNS), await read(KEYS)]
  const [columnsOf, keysOf] = [byTable(columns), byTable(keys)]
  return tables.map((row) => {
    const table = row['t'] ?? ''
    const indexes = keysOf.get(table) ?? []
    return {
      schema: row['s'] ?? database,
      table,
      comment: row['comment'] || null,
      columns: (columnsOf.get(table) ?? []).map((column) => ({
        name: column['name'] ?? '',
        type: column['type'] ?? '',
        nullable: column['nullable'] === 'YES',
        comment: column['comment'] || null,
        labels: labelsOf(column['type'] ?? ''),
      })),
      keys: [...new Set(indexes.map((index) => index['name']))].map((name) =>
        indexes.filter((index) => index['name'] === name).map((index) => index['col'] ?? ''),
      ),
    }
  })
}

function byTable(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) found.set(row['t'] ?? '', [...(found.get(row['t'] ?? '') ?? []), row])
  return found
}

/** `enum('a','b')` */
function labelsOf(type: string): readonly string[] {
  if (!type.startsWith('enum(')) return []
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"))
}

async function sampleOf(
  session: Session,
  table: SurveyedTable,
  signal: AbortSignal,
): Promise<readonly SampleRow[]> {
  const orders = table.keys[0] === undefined ? [''] : ['desc', 'asc']
  const found: SampleRow[] = []
  for (const order of orders) {
    try {
      const statement = { text: sampleText(table, order, orders.length), values: [] }
      const rows = await session.read(statement, SAMPLE_TIMEOUT_MS, signal)
      found.push(...rows.map((row) => sampleRow(table, row)))
    } catch (error) {
      if (!(error instanceof RedriveError) || error.code !== 'query-timeout') throw error
    }
  }
  return distinct(found, table)
}

function sampleText({ schema, table, columns, keys }: SurveyedTable, order: string, halves: number): string {
  const { quote, isBytes } = mysqlDialect
  const list = columns.slice(0, SAMPLE_COLUMNS_MAX).map(({ name, type }, place) => {
    // Bytes in hexadecimal digits are two characters each.
    if (isBytes(type)) return `lower(hex(left(${quote(name)}, ${SAMPLE_CHARS_MAX / 2}))) as c${place}`
    return `left(convert(${quote(name)} using utf8mb4), ${SAMPLE_CHARS_MAX}) as c${place}`
  })
  const by = (keys[0] ?? []).map((name) => `${quote(name)} ${order}`)
  return (
    `select ${list.join(', ')} from ${quote(schema)}.${quote(table)} ` +
    `${by.length === 0 ? '' : `order by ${by.join(', ')} `}limit ${Math.floor(SAMPLE_ROWS_MAX / halves)}`
  )
}

function sampleRow({ columns }: SurveyedTable, row: Row): SampleRow {
  return Object.fromEntries(
    columns.slice(0, SAMPLE_COLUMNS_MAX).map(({ name }, place) => [name, row[`c${place}`] ?? null]),
  )
}

/** A small table has the same rows at both ends. */
function distinct(rows: readonly SampleRow[], { keys }: SurveyedTable): readonly SampleRow[] {
  const [key] = keys
  if (key === undefined) return rows
  return [...new Map(rows.map((row) => [JSON.stringify(key.map((name) => row[name])), row])).values()]
}
