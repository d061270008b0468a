import type { ChainShape } from '../../domain/chain/shape.ts'
import type { Catalogue } from '../outbox-sql/catalogue.ts'
import type { SurveyPart } from '../../ports/chains.ts'
import type { Compiler } from '../outbox-sql/compiler.ts'
import type { Row } from '../outbox-sql/statement.ts'

/** Names and expressions of one outbox's chains, under the alias `t`. */
export interface ChainNames {
  readonly table: string
  /** The ordering key in its own type, and that type for casts. */
  readonly key: string
  readonly keyType: string
  /** For sorting: by bytes where it is text, which is several times cheaper than by the rules of a language. */
  readonly sortKey: (expression: string) => string
  readonly id: string
  /** In its own type, as an index has it. */
  readonly idColumn: string
  /** The predecessor: a column, or for bare numbers the number before. */
  readonly previous: string
  readonly rowKey: string
  /** No two rows have the same id, says an index. */
  readonly idIsUnique: boolean
  readonly shape: ChainShape
}

const TEXT_TYPE = /^(text|character|character varying|varchar)\b/
const NUMBER_TYPE = /^(bigint|integer|smallint|numeric)\b/

export function chainNames(shape: ChainShape, sql: Compiler, catalogue: Catalogue): ChainNames {
  const keyType = catalogue.columns.get(shape.chain)?.type ?? 'text'
  const isText = TEXT_TYPE.test(keyType)
  const id = `${sql.column(shape.id)}::bigint`
  return {
    table: sql.table,
    key: sql.column(shape.chain),
    keyType,
    sortKey: (expression) => (isText ? `${expression} collate "C"` : expression),
    id,
    idColumn: sql.column(shape.id),
    previous: shape.previousId === null ? `(${id} - 1)` : `${sql.column(shape.previousId)}::bigint`,
    rowKey: sql.column(shape.rowKey),
    idIsUnique: catalogue.keys.some((columns) => columns.length === 1 && columns[0] === shape.id),
    shape,
  }
}

/** `seed` is a placeholder or a number. */
export type Groups = (names: ChainNames, seed: string, where: string) => string

/**
 * Chains as (k, n, ok). A chain is intact where it has one head, every predecessor's id is smaller, and the ids but the
 * greatest are exactly the predecessors: compared as sums of hashes, with a seed of this audit's own. Where ids are unique
 * the cheaper exclusive or does, since nothing can stand in it twice, and it tells the heads as well: n - 1 different ids
 * can only come from as many predecessors, each once, because two that are the same leave nothing behind.
 */
export const fingerprints: Groups = (names, seed, where) => grouped(names, names.key, { seed, where })

/** The same in groups that sorting by bytes makes, where chains are so short that there are too many for hashing. */
export const sortedFingerprints: Groups = (names, seed, where) =>
  grouped(names, names.sortKey(names.key), { seed, where })

function grouped(
  names: ChainNames,
  key: string,
  { seed, where }: { readonly seed: string; readonly where: string },
): string {
  return (
    `select ${key} as k, count(*) as n, coalesce(${isIntact(names, seed)}, false) as ok ` +
    `from ${names.table} t where ${where} group by ${key}`
  )
}

function isIntact({ id, previous, idIsUnique, shape }: ChainNames, seed: string): string {
  if (shape.numbers === 'growing') return idIsUnique ? 'true' : `count(*) = count(distinct ${id})`
  const hash = (value: string): string => `hashint8extended(${value}, ${seed})`
  const sum = (value: string): string => `sum(${hash(value)})`
  if (shape.numbers === 'continuous') {
    return `${sum(id)} - ${hash(`max(${id})`)} = ${sum(previous)} - ${hash(`min(${id}) - 1`)}`
  }
  if (idIsUnique) {
    // What does not lead backwards counts as something that nothing else can take away.
    const link =
      `case when ${previous} < ${id} then ${hash(previous)} when ${previous} is null then 0 ` +
      `else hashint8extended(${id}, ~(${seed})) end`
    return `bit_xor(${hash(id)} # ${link}) = ${hash(`max(${id})`)}`
  }
  const linked = `count(${previous}) = count(*) - 1 and bool_and(${previous} < ${id}) is not false`
  return `${linked} and ${sum(id)} - ${hash(`max(${id})`)} = coalesce(${sum(previous)}, 0)`
}

/** What two rows next to each other look like where something is wrong; on `id`, `prev` and `before`. */
export function deviates({ shape, idIsUnique }: ChainNames): string {
  const copy = idIsUnique ? 'false' : 'coalesce(id = before, false)'
  if (shape.numbers === 'growing') return copy
  if (shape.numbers === 'continuous')
    return `(before is not null and prev is distinct from before) or ${copy}`
  return `prev is distinct from before or ${copy}`
}

export function before({ key, id, rowKey, idIsUnique, sortKey }: ChainNames): string {
  const order = idIsUnique ? id : `${id}, ${rowKey}`
  return `lag(${id}) over (partition by ${sortKey(key)} order by ${order})`
}

/** Totals of the intact ones in a row without a key, and a row for each of the others. */
export function suspects(inner: string): string {
  return (
    `select case when ok then null else k::text end as k, count(*) as chains, sum(n) as messages ` +
    `from (${inner}) f where f.k is not null group by 1`
  )
}

/**
 * The same in one row, with at most `namedMax` keys as JSON, and the last key where it is asked for: cheaper where there
 * are many chains, and only for so many of them, since the server holds the keys of all that are not intact.
 */
export function suspectsOfPart(
  inner: string,
  { namedMax, last }: { readonly namedMax: number; readonly last: string },
): string {
  return (
    `select count(*) as chains, sum(n) as messages, count(*) filter (where not ok) as bad, ${last} as last, ` +
    `array_to_json((array_agg(k::text) filter (where not ok))[1:${namedMax}]) as named from (${inner}) f where k is not null`
  )
}

export function toPart(row: Row): SurveyPart {
  const suspicious = JSON.parse(row['named'] ?? '[]') as readonly string[]
  return {
    messages: Number(row['messages'] ?? 0),
    chains: Number(row['chains'] ?? 0),
    suspicious,
    unnamed: Number(row['bad'] ?? 0) - suspicious.length,
  }
}

/** The greatest or smallest of these keys in the order of an index. Null: PostgreSQL has none for the type. */
export function keyAtEnd(type: string, key: string, end: 'max' | 'min'): string | null {
  // In text as in bytes; there is no max of it before PostgreSQL 18.
  if (type === 'uuid') return `${end}(${key}::text collate "C")`
  return TEXT_TYPE.test(type) || NUMBER_TYPE.test(type) ? `${end}(${key})::text` : null
}
