import type { UniqueIndex } from '../../domain/dedupe/facts.ts'
import { nameOf } from '../outbox-sql/catalogue.ts'
import type { ReadBuild } from '../outbox-sql/dedupe.ts'
import type { Row } from '../outbox-sql/statement.ts'
import type { Session } from './session.ts'

const BUILD_TIMEOUT_MS = 5_000

const BUILD = `
select c.relkind as kind, c.relpersistence as kept, i.relname as name, x.indpred is not null as partial,
  x.indisvalid and x.indisready as valid, not x.indimmediate as deferred,
  (select json_agg(a.attname order by k.place)
     from unnest((x.indkey::int2[])[0:x.indnkeyatts - 1]) with ordinality k(attnum, place)
     left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum and k.attnum > 0) as columns
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_index x on x.indrelid = c.oid and x.indisunique
left join pg_class i on i.oid = x.indexrelid
where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by i.relname`

/** A table that is unlogged is emptied when its server comes back after a crash. */
export function buildOf(session: Session): ReadBuild {
  return async (of, signal) => {
    const statement = { text: BUILD, values: [of.schema, of.table] }
    const rows = await session.read(statement, BUILD_TIMEOUT_MS, signal)
    const [first] = rows
    const isTable = first?.['kind'] === 'r' || first?.['kind'] === 'p'
    return {
      table: nameOf(of),
      kind: isTable ? 'table' : 'view',
      uniques: rows.flatMap((row) => ((row['name'] ?? null) === null ? [] : [uniqueOf(row)])),
      emptiedBy: first?.['kept'] === 'u' ? 'crash' : null,
      transactions: true,
      engine: null,
    }
  }
}

function uniqueOf(row: Row): UniqueIndex {
  return {
    name: row['name'] ?? '',
    columns: JSON.parse(row['columns'] ?? '[]') as (string | null)[],
    partial: row['partial'] === 't',
    valid: row['valid'] === 't',
    deferred: row['deferred'] === 't',
    cutAt: null,
  }
}
