import { deviates } from './chain-sql.ts'
import type { ChainNames } from './chain-sql.ts'
import type { SqlValue } from '../outbox-sql/statement.ts'

/**
 * Walks named chains along an index that begins with their key: each is read on its own, in the order that the index has
 * already, so that nothing is sorted and nothing but the deviations is kept. Reading a chain once more, for who else names
 * a predecessor, costs a fraction of keeping its rows; whether it is there, the index tells.
 */
export function indexedWalk(
  names: ChainNames,
  keys: readonly string[],
  { upTo, counted }: { readonly upTo: string | null; readonly counted: boolean },
): { readonly text: string; readonly values: readonly SqlValue[] } {
  const { table, key, keyType, id, idColumn, previous, rowKey, idIsUnique, shape } = names
  const bound = upTo === null ? '' : ` and ${id} <= $2::bigint`
  const order = idIsUnique ? id : `${id}, ${rowKey}`
  // `offset 0`: one chain after the other, and never a join of all of them with the whole table.
  const rowsOf = (columns: string): string =>
    `cross join lateral (select ${columns} from ${table} t where ${key} = c.k${bound} offset 0) x`
  const inOrder = rowsOf(`${id} as id, ${previous} as prev, lag(${id}) over (order by ${order}) as before`)
  // Looked up in a hash for each row, which `is true` sees to: a join would hash or sort the rows of the chains.
  const asked = `(x.prev in (select prev from a)) is true`
  const original = idIsUnique ? '' : ' where id is distinct from before'
  const known =
    shape.numbers === 'linked'
      ? `a as materialized (select distinct k, prev from d where prev is not null), ` +
        `p as materialized (select c.k, x.* from (select distinct k from a) c ` +
        `${idIsUnique ? rowsOf(`${id} as id, ${previous} as prev`) : inOrder} where ${asked}), ` +
        `u as (select k, prev, min(id) as first_user, min(id) filter (where id > prev) as above ` +
        `from p${original} group by 1, 2), e as (select a.k, a.prev as id from a cross join lateral (` +
        `select from ${table} t where ${key} = a.k and ${idColumn} = a.prev${bound} limit 1) one) `
      : nothingKnown(bareType(keyType))
  const counts =
    `select null::text as k, sum(x.n) as id, count(*) filter (where x.n > 0) as prev, null::bigint as before, ` +
    `null::bigint as first_user, null::bigint as above, null::bool as has, false as copy from c ${rowsOf('count(*) as n')} union all `
  const text =
    `with c as (select distinct k from unnest($1::${bareType(keyType)}[]) n(k)), ` +
    `d as materialized (select c.k, x.* from c ${inOrder} where ${deviates(names)}), ` +
    known +
    `select * from (${counted ? counts : ''}select d.k::text as k, d.id, d.prev, d.before, u.first_user, u.above, e.k is not null as has, ` +
    `d.id = d.before as copy from d left join u on u.k = d.k and u.prev = d.prev left join e on e.k = d.k and e.id = d.prev ` +
    `) x order by k collate "C" nulls first, id, copy nulls first`
  return { text, values: [keys, ...(upTo === null ? [] : [upTo])] }
}

/** An array's type is that of its element without a length. */
export function bareType(type: string): string {
  return type.replace(/\(.*\)/, '')
}

/** Of bare numbers nobody names a predecessor. */
export function nothingKnown(keyType: string): string {
  return (
    `u as (select null::${keyType} as k, null::bigint as prev, null::bigint as first_user, null::bigint as above where false), ` +
    `e as (select null::${keyType} as k, null::bigint as id where false) `
  )
}
