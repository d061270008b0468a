import type { FindingKind } from '../../src-main/domain/chain/finding.ts'
import type { TestDatabase } from './postgres-server.ts'

export interface Planted {
  readonly kind: FindingKind
  readonly chain: string
  readonly id: string
  readonly prevId: string | null
}

export interface GeneratorOptions {
  /** `free`: the table of `freeTable`. `reference`: the reference outbox, whose ids are unique, so without duplicates. */
  readonly table: 'free' | 'reference'
  readonly rows: number
  readonly chains: number
  /** Faults of each kind. */
  readonly each: number
  /** Characters of each payload. */
  readonly payload: number
}

const KINDS: readonly FindingKind[] = ['missing', 'fork', 'disorder', 'orphan-head', 'cycle', 'duplicate']
/** Messages between two faults of one chain. */
const APART = 10
/** A chain with this many messages can hold one fault of each kind. */
const ROOMY = (KINDS.length + 1) * APART
/** Messages that a fault in the middle of a chain needs around it. */
const MIDDLE_MIN = 6

/** Fills an empty table with intact chains whose neighbours lie far apart, as in life: message n is in chain n modulo chains. */
export async function fillChains(database: TestDatabase, options: GeneratorOptions): Promise<void> {
  const { rows, chains, payload } = options
  const links = `n, case when n > ${chains} then n - ${chains} end, 'chain-' || n % ${chains}`
  const filler = `(select repeat('x', ${payload}) as text) filler`
  if (options.table === 'free') {
    await database.sql(
      `insert into free_chain (id, prev_id, chain_key, payload) select ${links}, filler.text from generate_series(1, ${rows}) n, ${filler}`,
    )
    return
  }
  await database.sql(
    `insert into outbox_message (id, prev_id, chain_key, message_id, exchange, routing_key, type, payload, status, attempts)
     overriding system value
     select ${links}, 'message-' || n, 'shop', 'orders', 'OrderPaid', filler.body, 'sent', 1
     from generate_series(1, ${rows}) n, (select jsonb_build_object('text', text) as body from ${filler}) filler`,
  )
}

/** Harms the chains in known places and says what an audit must find: these, and nothing else. */
export async function plantFaults(
  database: TestDatabase,
  options: GeneratorOptions,
): Promise<readonly Planted[]> {
  const { chains, each, rows } = options
  const kinds = KINDS.filter((kind) => kind !== 'duplicate' || options.table === 'free')
  const length = Math.floor(rows / chains)
  if (length !== 2 && length < MIDDLE_MIN) throw new Error(`no faults are known for chains of ${length}`)
  const planted: Planted[] = []
  for (let turn = 0; turn < each; turn += 1) {
    for (const [at, kind] of kinds.entries()) {
      // One chain takes a fault of each kind where it is long enough; else each fault has a chain of its own.
      const roomy = length >= ROOMY
      const fault = roomy ? turn : turn * kinds.length + at
      const first = 1 + Math.floor((fault * (chains - 1)) / (roomy ? each : each * kinds.length))
      const middle = roomy ? (at + 1) * APART : 3
      const place = { options, first, middle: length >= MIDDLE_MIN ? middle : null }
      planted.push(await plant(database, kind, place))
    }
  }
  return planted
}

interface Place {
  readonly options: GeneratorOptions
  /** Id of the chain's first message. */
  readonly first: number
  /** Number of a message with enough around it; null: the chain has but a few. */
  readonly middle: number | null
}

async function plant(database: TestDatabase, kind: FindingKind, place: Place): Promise<Planted> {
  const { options, first, middle } = place
  const { chains, rows } = options
  const table = options.table === 'free' ? 'free_chain' : 'outbox_message'
  const id = (at: number): number => first + at * chains
  const relink = (at: number, previous: number | null) =>
    database.sql(`update ${table} set prev_id = $2 where id = $1`, [id(at), previous])
  const found = (at: number, previous: number | null): Planted => ({
    kind,
    chain: `chain-${first % chains}`,
    id: String(id(at)),
    prevId: previous === null ? null : String(previous),
  })
  const k = middle ?? 0
  switch (kind) {
    case 'missing':
      await database.sql(`delete from ${table} where id = $1`, [id(k)])
      return found(k + 1, id(k))
    case 'orphan-head':
      await relink(k + 1, null)
      return found(k + 1, null)
    case 'duplicate':
      await database.sql(
        `insert into ${table} (id, prev_id, chain_key, payload) select id, prev_id, chain_key, payload from ${table} where id = $1`,
        [id(k + 1)],
      )
      return found(k + 1, id(k))
    case 'fork': {
      if (middle !== null) {
        await relink(k + 1, id(k - 1))
        return found(k + 1, id(k - 1))
      }
      // A third message, behind everything that there is.
      const extra = (Math.ceil(rows / chains) + 1) * chains + first
      await addRow(database, table, { id: extra, previous: first, chain: `chain-${first % chains}` })
      return { ...found(0, first), id: String(extra) }
    }
    case 'disorder':
      if (middle === null) {
        await relink(0, id(1))
        await relink(1, null)
        return found(0, id(1))
      }
      // a, b, c, d become a, c, b, d.
      await relink(k + 1, id(k - 1))
      await relink(k, id(k + 1))
      await relink(k + 2, id(k))
      return found(k, id(k + 1))
    case 'cycle':
      if (middle === null) {
        await relink(0, id(1))
        return found(0, id(1))
      }
      // Three in a ring; what follows is hung on what went before.
      await relink(k, id(k + 2))
      await relink(k + 3, id(k - 1))
      return found(k, id(k + 2))
  }
}

async function addRow(
  database: TestDatabase,
  table: string,
  { id, previous, chain }: { readonly id: number; readonly previous: number; readonly chain: string },
): Promise<void> {
  if (table === 'free_chain') {
    await database.sql(`insert into free_chain (id, prev_id, chain_key) values ($1, $2, $3)`, [
      id,
      previous,
      chain,
    ])
    return
  }
  await database.sql(
    `insert into outbox_message (id, prev_id, chain_key, message_id, payload, status) overriding system value
     values ($1, $2, $3, 'extra-' || $1::bigint, '{}', 'sent')`,
    [id, previous, chain],
  )
}

/** In one order, to compare. */
export function byPlace(a: Planted, b: Planted): number {
  return a.chain.localeCompare(b.chain) || Number(BigInt(a.id) - BigInt(b.id)) || a.kind.localeCompare(b.kind)
}
