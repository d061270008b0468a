import type { ChainShape } from '../../domain/chain/shape.ts'
import { CHAIN_WINDOW_MAX } from '../../ports/chains.ts'
import type { ChainReader, ChainRowAt } from '../../ports/chains.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { Catalogue } from '../outbox-sql/catalogue.ts'
import { openChainLines } from './chain-connection.ts'
import type { ChainConnection } from './chain-connection.ts'
import { horizonOf, openTransactionsOf, presentAt } from './chain-horizon.ts'
import { layoutOf } from './chain-method.ts'
import type { ChainLayout } from './chain-method.ts'
import { openChainReplica } from './chain-replica.ts'
import { chainNames } from './chain-sql.ts'
import type { ChainNames } from './chain-sql.ts'
import { surveyChains } from './chain-survey.ts'
import { walkChains } from './chain-walk.ts'
import type { Compiler } from '../outbox-sql/compiler.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'

const WINDOW_TIMEOUT_MS = 10_000

export interface ChainReaderOptions {
  readonly settings: ConnectionSettings
  readonly load?: SourceLoad
  /** A standby; null: the source names none. */
  readonly replica?: ConnectionSettings | null
  /** Of the standby. */
  readonly replicaLoad?: SourceLoad | undefined
  readonly shape: ChainShape
  readonly sql: Compiler
  readonly catalogue: Catalogue
  /** The server holds the keys of so many chains of one statement, where all of them are suspicious. */
  readonly heldChainsMax?: number | undefined
}

/** One audit asks for indexes and statistics several times; what it was told at its beginning is good enough for all. */
export const LAYOUT_KEPT_MS = 5_000

/** Some hundred megabytes at most. */
const HELD_CHAINS_MAX = 4_000_000

const NUMBER_TYPES: ReadonlySet<string> = new Set(['bigint', 'integer', 'smallint'])

/** An order of ids that are no numbers would be anybody's guess. */
export function chainsAreNumbers({ id, previousId }: ChainShape, { columns }: Catalogue): boolean {
  const isNumber = (name: string): boolean => NUMBER_TYPES.has(columns.get(name)?.type ?? '')
  return isNumber(id) && (previousId === null || isNumber(previousId))
}

/** Connects when it is called, and keeps one connection for a moment. */
export function openChainReader(options: ChainReaderOptions): ChainReader {
  const { settings, shape, sql, catalogue, heldChainsMax = HELD_CHAINS_MAX } = options
  const { load = unlimited, replica = null, replicaLoad = unlimited } = options
  const names = chainNames(shape, sql, catalogue)
  const lines = openChainLines(settings, load)
  let kept: { readonly layout: ChainLayout; readonly untilMs: number } | null = null
  const layout = async (signal: AbortSignal): Promise<ChainLayout> => {
    if (kept !== null && performance.now() < kept.untilMs) return kept.layout
    const asked = await lines.use(signal, (connection) => layoutOf(connection, names, signal))
    kept = { layout: asked, untilMs: performance.now() + LAYOUT_KEPT_MS }
    return asked
  }
  return {
    shape,
    async method(signal) {
      const { reading, messagesEstimate, chainsEstimate } = await layout(signal)
      return { reading, messagesEstimate, chainsEstimate }
    },
    async survey({ pace, seed }, take, signal) {
      const read = { names, layout: await layout(signal), pace, seed, take, lines, signal }
      await surveyChains({ ...read, heldChainsMax })
    },
    replica:
      replica &&
      openChainReplica({ primary: lines, settings: replica, load: replicaLoad, names, heldChainsMax }),
    async walk(request, take, signal) {
      return walkChains({ ...request, names, layout: await layout(signal), take, lines, signal })
    },
    horizon: (signal) => lines.use(signal, (connection) => horizonOf(connection, names, signal)),
    openTransactions: (signal) =>
      lines.use(signal, (connection) => openTransactionsOf(connection, names, signal)),
    present: (places, signal) =>
      lines.use(signal, (connection) => presentAt(connection, names, places, signal)),
    window: (at, signal) => lines.use(signal, (connection) => windowOf(connection, names, at, signal)),
    close: () => lines.close(),
  }
}

async function windowOf(
  connection: ChainConnection,
  { table, key, keyType, id, previous, rowKey, shape }: ChainNames,
  at: Parameters<ChainReader['window']>[0],
  signal: AbortSignal,
): Promise<readonly ChainRowAt[]> {
  const named = shape.previousId === null ? 'null::bigint' : previous
  const columns = `${id} as id, ${named} as prev, ${rowKey} as r`
  const inChain = `from ${table} t where ${key} = $1::${keyType}`
  const limit = (rows: number): string => String(Math.min(rows, CHAIN_WINDOW_MAX))
  const timed = { timeoutMs: WINDOW_TIMEOUT_MS, signal }
  const end = `order by id desc, r desc limit $2::bigint`
  const statement =
    at.around === null
      ? {
          text: `select * from (select ${columns} ${inChain} ${end}) w order by id, r`,
          values: [at.chain, limit(at.before + at.after + 1)],
        }
      : {
          text:
            `select * from (select * from (select ${columns} ${inChain} and ${id} < $4::bigint ${end}) b union all ` +
            `select * from (select ${columns} ${inChain} and ${id} >= $4::bigint order by id, r limit $3::bigint) a) w order by id, r`,
          values: [at.chain, limit(at.before), limit(at.after + 1), at.around],
        }
  const rows = await connection.rows(statement, timed)
  return rows.map((row) => ({ chain: at.chain, id: row['id'] ?? '', previousId: row['prev'] ?? null }))
}
