import { RedriveError } from '../../domain/errors.ts'
import { parseTableName } from './address.ts'
import type { TableName } from './address.ts'
import type { Catalogue, Index } from '../outbox-sql/catalogue.ts'
import type { TableLookup } from '../outbox-sql/fit.ts'
import type { Row, Statement } from '../outbox-sql/statement.ts'
import type { Session } from './session.ts'

const CATALOGUE_TIMEOUT_MS = 5_000

const FIND = `
select n.nspname as schema, c.relname as "table", c.relkind as kind, a.attname as "column",
  format_type(a.atttypid, a.atttypmod) as type, a.attgenerated <> '' as computed,
  (select json_object_agg(x.relname, i.indpred is not null)
     from pg_index i join pg_class x on x.oid = i.indexrelid
     where i.indrelid = c.oid and i.indisvalid and i.indkey[0] = a.attnum) as indexes,
  case when a.attnum = first.attnum then (
    select json_agg(k.columns) from (
      select (select json_agg(m.attname order by m.attnum) from pg_attribute m
          where m.attrelid = i.indrelid and m.attnum in (select unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]))) as columns,
        i.indnkeyatts as wanted
      from pg_index i
      where i.indrelid = c.oid and i.indisvalid and i.indisunique and i.indimmediate and i.indpred is null
        and not exists (select from pg_attribute m where m.attrelid = i.indrelid and not m.attnotnull
          and m.attnum in (select unnest((i.indkey::int2[])[0:i.indnkeyatts - 1])))
    ) k where json_array_length(k.columns) = k.wanted
  ) end as keys
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select min(f.attnum) as attnum from pg_attribute f where f.attrelid = c.oid and f.attnum > 0 and not f.attisdropped
) first
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and case when $1::text is null then pg_table_is_visible(c.oid) else n.nspname = $1 end
order by a.attnum`

const NAMES = `
select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition and c.relname like $2 escape '!'
order by c.relname collate "C" limit $3::bigint`

/** How the server is asked for the tables of a mapping. A table without a schema is a neighbour of the outbox. */
export function tableLookup(session: Session): TableLookup<TableName> {
  return {
    catalogue: (name, signal) => readCatalogue(session, name, signal),
    beside({ schema }, text, signal) {
      const name = parseTableName(text)
      return readCatalogue(session, name.schema === null ? { ...name, schema } : name, signal)
    },
    like: (of, signal) => tablesLike(session, of, signal),
  }
}

/** Names of tables in a schema; in `pattern` a * stands for any text. */
async function tablesLike(
  session: Session,
  { schema, pattern, limit }: { readonly schema: string; readonly pattern: string; readonly limit: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const like = pattern.replace(/[!%_]/g, '!$&').replaceAll('*', '%')
  const statement: Statement = { text: NAMES, values: [schema, like, String(limit)] }
  return (await session.read(statement, CATALOGUE_TIMEOUT_MS, signal)).map((row) => row['name'] ?? '')
}

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
  const indexes = indexesOf(rows)
  return {
    schema: first['schema'] ?? '',
    table: first['table'] ?? '',
    columns: new Map(
      rows.map((row) => [
        row['column'] ?? '',
        { name: row['column'] ?? '', type: row['type'] ?? '', computed: row['computed'] === 't' },
      ]),
    ),
    keys: (JSON.parse(first['keys'] ?? '[]') ?? []) as string[][],
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
