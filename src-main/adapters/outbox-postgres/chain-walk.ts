import { DEVIATIONS_PER_CHAIN_MAX } from '../../domain/audit.ts'
import type { Deviation } from '../../domain/chain/deviation.ts'
import { CHAIN_KEYS_MAX } from '../../ports/chains.ts'
import type { ChainPace, IdBounds } from '../../ports/chains.ts'
import type { ChainConnection, ChainLines } from './chain-connection.ts'
import type { ChainLayout } from './chain-method.ts'
import { before, deviates } from './chain-sql.ts'
import type { ChainNames } from './chain-sql.ts'
import { bareType, indexedWalk, nothingKnown } from './chain-walk-indexed.ts'
import { BY_INDEX, byScan } from './chain-settings.ts'
import { together } from './together.ts'
import type { Row, SqlValue, Statement } from '../outbox-sql/statement.ts'

/** Deviations handed on at a time; those of one chain are never parted, and cut at DEVIATIONS_PER_CHAIN_MAX. */
const DEVIATIONS_BATCH = 1_000

export interface WalkOptions {
  readonly names: ChainNames
  readonly layout: ChainLayout
  readonly chains: readonly string[] | null
  readonly bounds: IdBounds
  readonly pace: ChainPace
  /** What is read is counted as well. */
  readonly counted: boolean
  readonly lines: ChainLines
  readonly take: (deviations: readonly Deviation[]) => void
  readonly signal: AbortSignal
}

/**
 * The ordered pass: the server compares each row with the one before it and hands over only what deviates, with what it
 * knows of the predecessor. So memory follows the damage and not the table.
 */
export async function walkChains(
  options: WalkOptions,
): Promise<{ readonly messages: number; readonly chains: number }> {
  const { chains, layout, pace, lines, signal } = options
  const indexed = layout.chainsAreIndexed && chains !== null
  // Without an index each call reads the whole table: then all keys go in one.
  const size = indexed ? CHAIN_KEYS_MAX : Math.max(1, chains?.length ?? 1)
  const totals = { messages: 0, chains: 0 }
  const shares = indexed ? sharesOf(chains, pace.workers) : [chains]
  const walks = shares.map((share) => {
    const parts = share === null ? [null] : [...slices(share, size)]
    return (until: AbortSignal) =>
      lines.use(until, (connection) =>
        walkParts({ ...options, signal: until }, { parts, indexed, connection, totals }),
      )
  })
  await together(walks, signal)
  return totals
}

/** Every second key, since chains beside each other may be of one size. */
function sharesOf(keys: readonly string[], workers: number): readonly (readonly string[])[] {
  const shares = Math.min(workers, Math.max(1, keys.length))
  return Array.from({ length: shares }, (_, share) => keys.filter((_key, at) => at % shares === share))
}

interface Share {
  readonly parts: readonly (readonly string[] | null)[]
  readonly indexed: boolean
  readonly connection: ChainConnection
  readonly totals: { messages: number; chains: number }
}

async function walkParts(options: WalkOptions, { parts, indexed, connection, totals }: Share): Promise<void> {
  const { pace, take, lines, signal } = options
  for (const [at, keys] of parts.entries()) {
    if (at > 0) await lines.rest(pace.pauseMs, signal)
    const { statement, settings } = readingOf(options, keys, indexed)
    const grouped = groupChains(take)
    await connection.stream(statement, { timeoutMs: pace.statementMs, settings, signal }, (row) => {
      if (row['k'] !== null) grouped.add(toDeviation(row))
      else {
        totals.messages += Number(row['id'] ?? 0)
        totals.chains += Number(row['prev'] ?? 0)
      }
    })
    grouped.end()
  }
}

function readingOf(
  options: WalkOptions,
  keys: readonly string[] | null,
  indexed: boolean,
): { readonly statement: Statement; readonly settings: Readonly<Record<string, string>> } {
  const { names, bounds, pace, counted } = options
  if (!indexed) return { statement: statementOf(options, keys, false), settings: byScan(pace.workers) }
  if (keys === null || bounds.above !== null) {
    return { statement: statementOf(options, keys, true), settings: BY_INDEX }
  }
  return { statement: indexedWalk(names, keys, { upTo: bounds.upTo, counted }), settings: BY_INDEX }
}

function* slices(keys: readonly string[], size: number): Generator<readonly string[]> {
  for (let from = 0; from < keys.length; from += size) yield keys.slice(from, from + size)
}

function groupChains(take: WalkOptions['take']): { add(one: Deviation): void; end(): void } {
  let waiting: Deviation[] = []
  let inChain = 0
  return {
    add(one) {
      inChain = waiting.at(-1)?.chain === one.chain ? inChain + 1 : 1
      if (inChain > DEVIATIONS_PER_CHAIN_MAX) return
      if (waiting.length >= DEVIATIONS_BATCH && waiting.at(-1)?.chain !== one.chain) {
        take(waiting)
        waiting = []
      }
      waiting.push(one)
    },
    end() {
      if (waiting.length > 0) take(waiting)
      waiting = []
    },
  }
}

function toDeviation(row: Row): Deviation {
  return {
    chain: row['k'] ?? '',
    id: row['id'] ?? '',
    previousId: row['prev'] ?? null,
    before: row['before'] ?? null,
    previousExists: row['has'] === 't',
    firstUser: row['first_user'] ?? null,
    firstUserAbove: row['above'] ?? null,
  }
}

function statementOf(
  { names, bounds }: WalkOptions,
  keys: readonly string[] | null,
  indexed: boolean,
): Statement {
  const values: SqlValue[] = []
  const add = (value: SqlValue): string => `$${values.push(value)}`
  const { table, key, keyType, id, previous, rowKey, shape } = names
  const upTo = bounds.upTo === null ? '' : ` and ${id} <= ${add(bounds.upTo)}::bigint`
  const above = bounds.above === null ? null : `${add(bounds.above)}::bigint`
  const where = [
    `${key} is not null${upTo}`,
    ...(above === null ? [] : [`${id} > ${above}`]),
    ...(keys === null ? [] : [`${key} = any(${add(keys)}::${bareType(keyType)}[])`]),
  ].join(' and ')
  const rows =
    `select ${key} as k, ${id} as id, ${previous} as prev, ${rowKey} as r, ${before(names)} as lagged ` +
    `from ${table} t where ${where}`
  const users =
    shape.numbers === 'linked'
      ? knownOf(names, above === null ? null : { above, upTo })
      : nothingKnown(bareType(keyType))
  const text =
    `with c as materialized (${rows}), ` +
    `l as materialized (${withBefore(names, above, indexed)}), ` +
    `d as materialized (select * from l where ${deviates(names)}), ` +
    users +
    `select * from (select null::text as k, count(*) as id, count(*) filter (where lagged is null) as prev, null::bigint as before, ` +
    `null::bigint as first_user, null::bigint as above, null::bool as has, false as copy from c ` +
    `union all select d.k::text, d.id, d.prev, d.before, u.first_user, u.above, e.k is not null, ` +
    `d.id = d.before from d left join u on u.k = d.k and u.prev = d.prev left join e on e.k = d.k and e.id = d.prev ` +
    `) x order by k collate "C" nulls first, id, copy nulls first`
  return { text, values }
}

/** Where only new rows are read, the first one of each chain follows what the chain held before them. */
function withBefore({ table, key, id }: ChainNames, above: string | null, indexed: boolean): string {
  if (above === null) return `select k, id, prev, r, lagged as before from c`
  if (indexed) {
    const last = `(select max(${id}) from ${table} t where ${key} = c.k and ${id} <= ${above})`
    return `select k, id, prev, r, case when lagged is null then ${last} else lagged end as before from c`
  }
  return (
    `select c.k, c.id, c.prev, c.r, coalesce(c.lagged, p.last) as before from c left join (` +
    `select ${key} as k, max(${id}) as last from ${table} t where ${id} <= ${above} and ` +
    `${key} in (select k from c) group by ${key}) p on p.k = c.k`
  )
}

/** Who else names a predecessor, and whether it is there: among the rows that were read, or in the whole table. */
function knownOf(
  { table, key, id, previous, rowKey, idIsUnique }: ChainNames,
  bounds: { readonly above: string; readonly upTo: string } | null,
): string {
  const asked = `(select distinct k, prev from d where prev is not null)`
  const least = `min(x.id) as first_user, min(x.id) filter (where x.id > x.prev) as above`
  if (bounds === null) {
    const original = idIsUnique ? '' : ' and l.id is distinct from l.before'
    return (
      `u as (select x.k, x.prev, ${least} from (select l.k, l.id, l.prev from l join ${asked} a ` +
      `on a.k = l.k and a.prev = l.prev${original}) x group by 1, 2), ` +
      `e as (select distinct l.k, l.id from l join ${asked} a on a.k = l.k and a.prev = l.id) `
    )
  }
  const original = idIsUnique
    ? ''
    : ` and not exists (select from ${table} o where ${aliased(key)} = ${key} and ${aliased(id)} = ${id} and ${aliased(rowKey)} < ${rowKey})`
  return (
    `u as (select x.k, x.prev, ${least} from (select a.k, ${id} as id, a.prev from ${table} t join ${asked} a ` +
    `on a.k = ${key} and a.prev = ${previous} where true${bounds.upTo}${original}) x group by 1, 2), ` +
    `e as (select distinct a.k, a.prev as id from ${table} t join ${asked} a on a.k = ${key} and a.prev = ${id} ` +
    `where true${bounds.upTo}) `
  )
}

/** The same column of another row. */
function aliased(expression: string): string {
  return expression.replace(/^t\./, 'o.')
}
