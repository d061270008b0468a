import { RedriveError } from '../../domain/errors.ts'
import type { TableName } from './address.ts'
import type { Row, Session, Statement } from './session.ts'

const CATALOGUE_TIMEOUT_MS = 5_000

export interface Column {
  readonly name: string
  /** As written in a cast. */
  readonly type: string
}

/** What the server knows of the table; the only source of names that go into SQL. */
export interface Catalogue {
  readonly schema: string
  readonly table: string
  readonly columns: ReadonlyMap<string, Column>
  /** Columns that identify a row alone: a primary key or a unique index of one column that is never null. */
  readonly singleKeys: ReadonlySet<string>
  /** First columns of indexes over the whole table. */
  readonly leadingColumns: ReadonlySet<string>
  readonly indexes: ReadonlyMap<string, Index>
}

export interface Index {
  readonly partial: boolean
  readonly leading: string
}

const FIND = `
select n.nspname as schema, c.relname as "table", c.relkind as kind, a.attname as "column",
  format_type(a.atttypid, a.atttypmod) as type,
  (select bool_or(i.indisunique and i.indnkeyatts = 1 and i.indpred is null and i.indimmediate and a.attnotnull)
     from pg_index i where i.indrelid = c.oid and i.indisvalid and i.indkey[0] = a.attnum) as key,
  (select json_object_agg(x.relname, i.indpred is not null)
     from pg_index i join pg_class x on x.oid = i.indexrelid
     where i.indrelid = c.oid and i.indisvalid and i.indkey[0] = a.attnum) as indexes
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and case when $1::text is null then pg_table_is_visible(c.oid) else n.nspname = $1 end
order by a.attnum`

/** Throws RedriveError `table-missing`. */
export async function readCatalogue(
  session: Session,
  name: TableName,
  signal: AbortSignal,
): Promise<Catalogue> {
  const statement: Statement = { text: FIND, values: [name.schema, name.table] }
  const rows = await session.read(statement, CATALOGUE_TIMEOUT_MS, signal)
  const [first] = rows
  if (first === undefined) {
    const table = name.schema === null ? name.table : `${name.schema}.${name.table}`
    throw new RedriveError('table-missing', 'never', { table })
  }
  const named = (wanted: (row: (typeof rows)[number]) => boolean): string[] =>
    rows.filter(wanted).map((row) => row['column'] ?? '')
  const indexes = indexesOf(rows)
  return {
    schema: first['schema'] ?? '',
    table: first['table'] ?? '',
    columns: new Map(
      rows.map((row) => [row['column'] ?? '', { name: row['column'] ?? '', type: row['type'] ?? '' }]),
    ),
    singleKeys: new Set(named((row) => row['key'] === 't')),
    leadingColumns: new Set([...indexes.values()].flatMap((one) => (one.partial ? [] : [one.leading]))),
    indexes,
  }
}

function indexesOf(rows: readonly Row[]): Map<string, Index> {
  return new Map(
    rows.flatMap((row) => {
      const partials = JSON.parse(row['indexes'] ?? '{}') as Readonly<Record<string, boolean>>
      const leading = row['column'] ?? ''
      return Object.entries(partials).map(([name, partial]) => [name, { partial, leading }] as const)
    }),
  )
}

const INTEGER_TYPES = new Set(['bigint', 'integer', 'smallint'])

/** Throws RedriveError `table-without-key`: without one an update could change more than the row that was shown. */
export function requireKey(catalogue: Catalogue, key: string): void {
  const detail = { table: `${catalogue.schema}.${catalogue.table}`, column: key }
  if (!catalogue.singleKeys.has(key)) throw new RedriveError('table-without-key', 'never', detail)
  const type = catalogue.columns.get(key)?.type ?? ''
  if (!INTEGER_TYPES.has(type)) {
    throw new RedriveError('table-without-key', 'never', { ...detail, type, reason: 'the key is no integer' })
  }
}
