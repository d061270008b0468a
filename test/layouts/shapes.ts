import type { TableShape } from '../../src-main/adapters/profiles/table-shape.ts'
import type { LoadedLayout } from './load.ts'

const POSTGRES_COLUMNS = `
  select n.nspname as schema, c.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
  order by n.nspname, c.relname, a.attnum`

const MARIADB_COLUMNS = `
  select table_schema as \`schema\`, table_name as \`table\`, column_name as name, column_type as type
  from information_schema.columns where table_schema = database() order by table_name, ordinal_position`

const KEYS = `
  select c.table_schema as s, c.table_name as t, c.constraint_name as c, k.column_name as name
  from information_schema.table_constraints c
  join information_schema.key_column_usage k on k.constraint_name = c.constraint_name
    and k.table_schema = c.table_schema and k.table_name = c.table_name
  where c.constraint_type in ('PRIMARY KEY', 'UNIQUE')`

/** Every table of the database as the catalogue tells it: what a detection may know. */
export async function shapesOf({ layout, database }: LoadedLayout): Promise<readonly TableShape[]> {
  const columns = await database.sql(layout.engine === 'postgres' ? POSTGRES_COLUMNS : MARIADB_COLUMNS)
  const keyed = await database.sql(KEYS)
  const names = [...new Set(columns.map((row) => `${row['schema']}\n${row['table']}`))]
  return names.map((both) => {
    const [schema = '', table = ''] = both.split('\n')
    const here = keyed.filter((row) => row['s'] === schema && row['t'] === table)
    const constraints = [...new Set(here.map((row) => row['c']))]
    return {
      schema,
      table,
      columns: columns
        .filter((row) => row['schema'] === schema && row['table'] === table)
        .map((row) => ({ name: row['name'] ?? '', type: row['type'] ?? '' })),
      keys: constraints.map((one) => here.filter((row) => row['c'] === one).map((row) => row['name'] ?? '')),
    }
  })
}

/** The layout's outbox, and what lies beside it. */
export async function tableAndNeighbours(
  loaded: LoadedLayout,
  table: string = loaded.layout.tables[0]!,
): Promise<readonly [TableShape, readonly TableShape[]]> {
  const shapes = await shapesOf(loaded)
  const own = shapes.find((shape) => shape.table === table || `${shape.schema}.${shape.table}` === table)
  if (own === undefined) throw new Error(`${loaded.layout.name}: no table ${table}`)
  return [own, shapes.filter((shape) => shape !== own)]
}
