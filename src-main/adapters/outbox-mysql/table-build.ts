import type { UniqueIndex } from '../../domain/dedupe/facts.ts'
import { nameOf } from '../outbox-sql/catalogue.ts'
import type { ReadBuild } from '../outbox-sql/dedupe.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { placeholder } from './binding.ts'
import type { Session } from './session.ts'

const BUILD_TIMEOUT_MS = 5_000
const NAMED = `table_schema = ${placeholder(1)} and table_name = ${placeholder(2)}`

const TABLE = `
select t.table_type as kind, t.engine as engine,
  (select e.transactions from information_schema.engines e where e.engine = t.engine) as transactions
from information_schema.tables t where t.${NAMED}`

const UNIQUES = `
select s.index_name as name, s.column_name as col, s.sub_part as part
from information_schema.statistics s where s.${NAMED} and s.non_unique = 0 order by s.index_name, s.seq_in_index`

export function buildOf(session: Session): ReadBuild {
  return async (of, signal) => {
    const read = (text: string): Promise<readonly Row[]> =>
      session.read({ text, values: [of.schema, of.table] }, BUILD_TIMEOUT_MS, signal)
    const [table] = await read(TABLE)
    const engine = table?.['engine'] ?? null
    const isTable = table?.['kind'] === 'BASE TABLE'
    return {
      table: nameOf(of),
      kind: isTable ? 'table' : 'view',
      uniques: [...Map.groupBy(await read(UNIQUES), (row) => row['name'] ?? '')].map(uniqueOf),
      emptiedBy: engine === 'MEMORY' ? 'restart' : null,
      transactions: !isTable || table['transactions'] === 'YES',
      engine,
    }
  }
}

function uniqueOf([name, parts]: readonly [string, readonly Row[]]): UniqueIndex {
  const cut = parts.flatMap(({ part }) => (part === null || part === undefined ? [] : [Number(part)]))
  return {
    name,
    columns: parts.map(({ col }) => col ?? null),
    partial: false,
    valid: true,
    deferred: false,
    cutAt: cut.length === 0 ? null : Math.min(...cut),
  }
}
