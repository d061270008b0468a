import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import type { Catalogue, Column, Index } from '../outbox-sql/catalogue.ts'
import type { TableLookup } from '../outbox-sql/fit.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { parseTableName } from './address.ts'
import type { Session } from './session.ts'

const CATALOGUE_TIMEOUT_MS = 5_000
const SCHEMA = 'main'
const COMPUTED = new Set(['2', '3'])

const TABLE = `
select l.name as name, l.type as kind, l.wr as without_rowid, l.strict as strict
from pragma_table_list l where l.schema = 'main' and l.name = @p1 collate nocase and l.type in ('table', 'view')`

const COLUMNS = `
select x.name as name, lower(x.type) as type, x."notnull" as required, x.pk as pk, x.hidden as hidden
from pragma_table_xinfo(@p1) x order by x.cid`

const INDEXES = `
select l.name as name, l."unique" as uniq, l.partial as partial, i.name as col
from pragma_index_list(@p1) l join pragma_index_xinfo(l.name) i where i.key = 1 order by l.seq, i.seqno`

const NAMES = `
select l.name as name from pragma_table_list l where l.schema = 'main' and l.type = 'table'
and l.name like @p1 escape '!' and l.name not like 'sqlite!_%' escape '!' order by l.name limit `

/** How the file is asked for the tables of a mapping. */
export function tableLookup(session: Session): TableLookup<string> {
  const named = (text: string, signal: AbortSignal): Promise<Catalogue> =>
    requireCatalogue(session, { table: parseTableName(text) }, signal)
  return {
    catalogue: named,
    beside: (_, text, signal) => named(text, signal),
    async like({ pattern, limit }, signal) {
      const like = pattern.replace(/[!%_]/g, '!$&').replaceAll('*', '%')
      const statement = { text: `${NAMES}${Math.floor(limit)}`, values: [like] }
      const rows = await session.read(statement, CATALOGUE_TIMEOUT_MS, signal)
      return rows.map((row) => row['name'] ?? '')
    },
  }
}

/** Throws RedriveError `table-missing`. */
export async function requireCatalogue(
  session: Session,
  { table }: { readonly table: string },
  signal: AbortSignal,
): Promise<Catalogue> {
  const read = (text: string, name: string): Promise<readonly Row[]> =>
    session.read({ text, values: [name] }, CATALOGUE_TIMEOUT_MS, signal)
  const [found] = await read(TABLE, table)
  if (found === undefined)
    throw new RedriveError('table-missing', 'never', { table: `${SCHEMA}.${table}`, file: session.path })
  const name = found['name'] ?? table
  const columns = await read(COLUMNS, name)
  const indexed = await read(INDEXES, name)
  const rowKey = rowidKey(found, columns)
  const indexes = indexesOf(indexed)
  const catalogue: Catalogue = {
    schema: SCHEMA,
    table: name,
    columns: new Map(columns.map((row) => [row['name'] ?? '', columnOf(row)])),
    keys: [...(rowKey === null ? [] : [[rowKey]]), ...keysOf(indexed, columns)],
    leadingColumns: new Set([
      ...(rowKey === null ? [] : [rowKey]),
      ...[...indexes.values()].filter(({ partial }) => !partial).map(({ leading }) => leading),
    ]),
    indexes,
  }
  if (found['kind'] === 'table') return catalogue
  const reason = say('refused.view', { table: `${SCHEMA}.${name}` })
  return { ...catalogue, unwritable: { reason, instead: say('instead.base-table') } }
}

function columnOf(row: Row): Column {
  return {
    name: row['name'] ?? '',
    type: row['type'] ?? '',
    computed: COMPUTED.has(row['hidden'] ?? ''),
  }
}

/** INTEGER PRIMARY KEY is the place of the row itself: no index stands for it, and it is never null. */
export function rowidKey(table: Row, columns: readonly Row[]): string | null {
  const parts = columns.filter((row) => row['pk'] !== '0')
  const [only] = parts
  if (parts.length !== 1 || only === undefined || table['without_rowid'] === '1') return null
  return only['type'] === 'integer' ? (only['name'] ?? null) : null
}

function indexesOf(rows: readonly Row[]): Map<string, Index> {
  const found = new Map<string, Index>()
  for (const row of rows) {
    const [name, leading] = [row['name'] ?? '', row['col'] ?? null]
    // An index on an expression has no column.
    if (!found.has(name) && leading !== null) found.set(name, { partial: row['partial'] === '1', leading })
  }
  return found
}

/** Unique, over all rows and never null: a primary key of SQLite may be null unless it says otherwise. */
export function keysOf(rows: readonly Row[], columns: readonly Row[]): readonly (readonly string[])[] {
  const required = new Set(columns.filter((row) => row['required'] === '1').map((row) => row['name']))
  const whole = rows.filter((row) => row['uniq'] === '1' && row['partial'] === '0')
  return [...Map.groupBy(whole, (row) => row['name']).values()].flatMap((parts) =>
    parts.every((row) => row['col'] !== null && required.has(row['col'] ?? ''))
      ? [parts.map((row) => row['col'] ?? '')]
      : [],
  )
}
