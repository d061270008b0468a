import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import { nameOf } from '../outbox-sql/catalogue.ts'
import type { Catalogue, Column, Index } from '../outbox-sql/catalogue.ts'
import type { TableLookup } from '../outbox-sql/fit.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { parseTableNames } from './address.ts'
import type { TableName } from './address.ts'
import { placeholder } from './binding.ts'
import type { Session } from './session.ts'

const CATALOGUE_TIMEOUT_MS = 5_000
const [FIRST, SECOND] = [placeholder(1), placeholder(2)]

const COLUMNS = `
select c.table_schema as s, c.table_name as t, c.column_name as name, c.column_type as type, c.extra as extra,
  c.collation_name as collation, t.engine as engine, c.is_nullable as nullable
from information_schema.columns c
join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
where c.table_schema = ${FIRST} and c.table_name = ${SECOND} order by c.ordinal_position`

const INDEXES = `
select s.table_name as t, s.index_name as name, s.non_unique as doubles, s.column_name as col, s.sub_part as part, s.nullable as nullable
from information_schema.statistics s
where s.table_schema = ${FIRST} and s.table_name = ${SECOND} order by s.index_name, s.seq_in_index`

const NAMES = `
select t.table_name as name from information_schema.tables t
where t.table_schema = ${FIRST} and t.table_type = 'BASE TABLE' and t.table_name like ${SECOND} escape '!'
order by t.table_name limit `

/** How the server is asked for the tables of a mapping; a table without a database is a neighbour of the outbox. */
export function tableLookup(session: Session, database: string): TableLookup<string> {
  const first = async (
    names: readonly TableName[],
    schema: string,
    signal: AbortSignal,
  ): Promise<Catalogue> => {
    for (const name of names) {
      const found = await readCatalogue(session, { schema: name.schema ?? schema, table: name.table }, signal)
      if (found !== null) return found
    }
    const table = names.map((name) => `${name.schema ?? schema}.${name.table}`).join(', ')
    throw new RedriveError('table-missing', 'never', { table })
  }
  return {
    catalogue: (text, signal) => first(parseTableNames(text), database, signal),
    beside: (own, text, signal) => first(namesBeside(own, text), own.schema, signal),
    async like({ schema, pattern, limit }, signal) {
      const like = pattern.replace(/[!%_]/g, '!$&').replaceAll('*', '%')
      const statement = { text: `${NAMES}${limit}`, values: [schema, like] }
      const rows = await session.read(statement, CATALOGUE_TIMEOUT_MS, signal)
      return rows.map((row) => row['name'] ?? '')
    },
  }
}

/** What is a schema elsewhere is the beginning of a name here: beside `cap.published` stands `cap.received`. */
function namesBeside({ table }: Catalogue, text: string): readonly TableName[] {
  const dot = table.indexOf('.')
  const prefixed = dot < 0 ? [] : [{ schema: null, table: `${table.slice(0, dot)}.${text}` }]
  return [...parseTableNames(text), ...prefixed]
}

export async function requireCatalogue(
  session: Session,
  name: { readonly schema: string; readonly table: string },
  signal: AbortSignal,
): Promise<Catalogue> {
  const found = await readCatalogue(session, name, signal)
  if (found !== null) return found
  throw new RedriveError('table-missing', 'never', { table: `${name.schema}.${name.table}` })
}

async function readCatalogue(
  session: Session,
  { schema, table }: { readonly schema: string; readonly table: string },
  signal: AbortSignal,
): Promise<Catalogue | null> {
  const read = (text: string): Promise<readonly Row[]> =>
    session.read({ text, values: [schema, table] }, CATALOGUE_TIMEOUT_MS, signal)
  const all = await read(COLUMNS)
  const name = spelled(all, table)
  if (name === null) return null
  const columns = all.filter((row) => row['t'] === name)
  const indexed = (await read(INDEXES)).filter((row) => row['t'] === name)
  const indexes = indexesOf(indexed)
  const keys = keysOf(indexed)
  const engine = columns[0]?.['engine'] ?? null
  const catalogue: Catalogue = {
    schema: columns[0]?.['s'] ?? schema,
    table: name,
    columns: new Map(columns.map((row) => [row['name'] ?? '', columnOf(row)])),
    keys: keys.map(({ columns: of }) => of),
    keyNames: keys.map((one) => one.name),
    leadingColumns: new Set([...indexes.values()].map(({ leading }) => leading)),
    indexes,
  }
  return engine === 'InnoDB'
    ? catalogue
    : { ...catalogue, unwritable: withoutTransactions(catalogue, engine) }
}

/** Letters of a name are compared as the server does it; of two that differ by case only, the one that was written. */
function spelled(rows: readonly Row[], table: string): string | null {
  const names = new Set(rows.map((row) => row['t'] ?? ''))
  if (names.has(table)) return table
  const [only] = names
  return names.size === 1 && only !== undefined ? only : null
}

function withoutTransactions(catalogue: Catalogue, engine: string | null) {
  const table = nameOf(catalogue)
  const reason = engine === null ? say('refused.view', { table }) : say('refused.engine', { table, engine })
  return { reason, instead: say('instead.innodb') }
}

function columnOf(row: Row): Column {
  const collation = row['collation'] ?? null
  return {
    name: row['name'] ?? '',
    type: typeOf(row['type'] ?? ''),
    computed: /\b(virtual|stored|persistent)( generated)?\b/i.test(row['extra'] ?? ''),
    ...(collation === null ? {} : { collation }),
  }
}

/** `int(11)` and `int` are one type: the number is a width for display, and only that of `tinyint(1)` says something. */
export function typeOf(type: string): string {
  return type
    .replace(/^((?:tiny|small|medium|big)?int)\((?!1\))\d+\)/, '$1')
    .replace(/^(\w*int)\(1\) unsigned/, '$1 unsigned')
}

function indexesOf(rows: readonly Row[]): Map<string, Index> {
  const found = new Map<string, Index>()
  for (const row of rows) {
    const [name, leading] = [row['name'] ?? '', row['col'] ?? null]
    // An index on an expression has no column.
    if (!found.has(name) && leading !== null) found.set(name, { partial: false, leading })
  }
  return found
}

/** Unique, whole and never null. */
export function keysOf(
  rows: readonly Row[],
): readonly { readonly name: string; readonly columns: readonly string[] }[] {
  const names = [...new Set(rows.filter((row) => row['doubles'] === '0').map((row) => row['name'] ?? ''))]
  return names.flatMap((name) => {
    const parts = rows.filter((row) => row['name'] === name)
    const whole = parts.every(
      (row) => (row['col'] ?? null) !== null && (row['part'] ?? null) === null && row['nullable'] !== 'YES',
    )
    return whole ? [{ name, columns: parts.map((row) => row['col'] ?? '') }] : []
  })
}
