import type { UniqueIndex } from '../../domain/dedupe/facts.ts'
import { nameOf } from '../outbox-sql/catalogue.ts'
import type { ReadBuild } from '../outbox-sql/dedupe.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { rowidKey } from './catalogue.ts'
import type { Session } from './session.ts'

const BUILD_TIMEOUT_MS = 5_000

const TABLE = `
select l.type as kind, l.wr as without_rowid from pragma_table_list l where l.schema = 'main' and l.name = @p1`
const COLUMNS = `select x.name as name, lower(x.type) as type, x.pk as pk from pragma_table_xinfo(@p1) x`
const UNIQUES = `
select l.name as name, l.partial as partial, i.name as col
from pragma_index_list(@p1) l join pragma_index_xinfo(l.name) i
where i.key = 1 and l."unique" = 1 order by l.seq, i.seqno`

export function buildOf(session: Session): ReadBuild {
  return async (of, signal) => {
    const read = (text: string): Promise<readonly Row[]> =>
      session.read({ text, values: [of.table] }, BUILD_TIMEOUT_MS, signal)
    const [table = {}] = await read(TABLE)
    const rowKey = rowidKey(table, await read(COLUMNS))
    const uniques = [...Map.groupBy(await read(UNIQUES), (row) => row['name'] ?? '')].map(uniqueOf)
    return {
      table: nameOf(of),
      kind: table['kind'] === 'table' ? 'table' : 'view',
      uniques: [...(rowKey === null ? [] : [whole('rowid', [rowKey], false)]), ...uniques],
      emptiedBy: null,
      transactions: true,
      engine: null,
    }
  }
}

function uniqueOf([name, parts]: readonly [string, readonly Row[]]): UniqueIndex {
  const columns = parts.map(({ col }) => col ?? null)
  return whole(name, columns, parts[0]?.['partial'] === '1')
}

function whole(name: string, columns: UniqueIndex['columns'], partial: boolean): UniqueIndex {
  return { name, columns, partial, valid: true, deferred: false, cutAt: null }
}
