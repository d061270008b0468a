import type { ChainMethod } from '../../ports/chains.ts'
import type { ChainConnection } from './chain-connection.ts'
import { keyAtEnd } from './chain-sql.ts'
import type { ChainNames } from './chain-sql.ts'
import type { Row, SqlValue } from '../outbox-sql/statement.ts'

const CATALOGUE_TIMEOUT_MS = 10_000

export interface ChainLayout extends ChainMethod {
  /** Some index begins with the ordering key: one chain is found without reading the table. */
  readonly chainsAreIndexed: boolean
  /** The statistics know of no message without a chain. */
  readonly allHaveKeys: boolean
  /** The statistics know of no chain that has more than twice the messages of the others. */
  readonly chainsAreEven: boolean
  /** Keys that part the table into pieces of about the same size, in the order of the index; none where the statistics say nothing. */
  readonly bounds: readonly string[]
}

/** How much of the table must be known to be visible to all for its index to answer alone. */
const VISIBLE_PART_MIN = 0.2

const INDEXES = `
select coalesce(bool_or(i.indkey[0] = k.attnum), false) as leading,
  coalesce(bool_or(i.indkey[0] = k.attnum and i.indkey[1] = d.attnum and (p.attnum is null or array[p.attnum] <@ i.indkey::int2[])), false) as covering
from pg_index i
join pg_attribute k on k.attrelid = i.indrelid and k.attname = $2
join pg_attribute d on d.attrelid = i.indrelid and d.attname = $3
left join pg_attribute p on p.attrelid = i.indrelid and p.attname = $4
where i.indrelid = $1::text::regclass and i.indisvalid and i.indpred is null and i.indexprs is null`

const CHAINS =
  'case when s.n_distinct >= 0 then s.n_distinct else -s.n_distinct * greatest(c.reltuples, 0) end'

const SIZE = `
select greatest(c.reltuples, -1)::bigint as messages, coalesce(s.null_frac = 0, false) as all_keys, c.relpages as pages, c.relallvisible as visible,
  ${CHAINS}::bigint as chains,
  coalesce((select max(f) from unnest(s.most_common_freqs) f) * ${CHAINS} <= 2, true) as even,
  array_to_json(coalesce(s.histogram_bounds::text::text[], '{}') || coalesce(s.most_common_vals::text::text[], '{}')) as bounds
from pg_class c
left join pg_stats s on s.schemaname = c.relnamespace::regnamespace::text and s.tablename = c.relname and s.attname = $2 and not s.inherited
where c.oid = $1::text::regclass`

/** Looks at indexes and statistics; reads no message. */
export async function layoutOf(
  connection: ChainConnection,
  names: ChainNames,
  signal: AbortSignal,
): Promise<ChainLayout> {
  const { shape, table, keyType } = names
  const read = (text: string, values: readonly SqlValue[]) =>
    connection.rows({ text, values }, { timeoutMs: CATALOGUE_TIMEOUT_MS, signal })
  const [index] = await read(INDEXES, [table, shape.chain, shape.id, shape.previousId])
  const [size] = await read(SIZE, [table, shape.chain])
  const estimate = (name: string): number | null => {
    const value = Number(size?.[name] ?? -1)
    return value < 0 ? null : value
  }
  const says = (row: Row | undefined, name: string): boolean => row?.[name] === 't'
  const pages = Number(size?.['pages'] ?? 0)
  const visible = pages === 0 ? 1 : Number(size?.['visible'] ?? 0) / pages
  const continues = keyAtEnd(keyType, 'k', 'max') !== null
  const covering = says(index, 'covering') && visible >= VISIBLE_PART_MIN && continues
  const sorted = await read(
    `select distinct b from json_array_elements_text($1::json) e(x), lateral (select x::${keyType} as b) c order by b`,
    [size?.['bounds'] ?? '[]'],
  )
  return {
    reading: covering ? 'index' : 'scan',
    messagesEstimate: estimate('messages'),
    chainsEstimate: size?.['chains'] === null ? null : estimate('chains'),
    allHaveKeys: says(size, 'all_keys'),
    chainsAreIndexed: says(index, 'leading'),
    chainsAreEven: says(size, 'even'),
    bounds: sorted.map((row) => row['b'] ?? ''),
  }
}
