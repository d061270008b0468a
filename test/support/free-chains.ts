import { openChainReader } from '../../src-main/adapters/outbox-postgres/chain-reader.ts'
import { parseAddress } from '../../src-main/adapters/outbox-postgres/address.ts'
import { readCatalogue } from '../../src-main/adapters/outbox-postgres/catalogue.ts'
import { postgresDialect } from '../../src-main/adapters/outbox-postgres/dialect.ts'
import { newCompiler } from '../../src-main/adapters/outbox-sql/compiler.ts'
import { openSession } from '../../src-main/adapters/outbox-postgres/session.ts'
import type { ChainShape } from '../../src-main/domain/chain/shape.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { ChainPace, ChainReader } from '../../src-main/ports/chains.ts'
import { serverAddress } from './postgres-server.ts'
import type { TestDatabase } from './postgres-server.ts'

export const fullPace: ChainPace = { workers: 1, pauseMs: 0, statementMs: 600_000 }

/** Messages whose numbers are not the row's key, so that everything can be wrong with them. */
export const freeShape: ChainShape = {
  rowKey: 'row_id',
  chain: 'chain_key',
  id: 'id',
  previousId: 'prev_id',
  numbers: 'linked',
}

/** A table for `freeShape`, with the covering index or without an index on the chain. */
export async function freeTable(database: TestDatabase, indexed: boolean): Promise<void> {
  await database.sql(
    `create table free_chain (row_id bigint generated always as identity primary key, id bigint not null, prev_id bigint,
       chain_key text, payload text)`,
  )
  if (indexed) await indexFreeTable(database)
}

export async function indexFreeTable(database: TestDatabase): Promise<void> {
  await database.sql('create index free_chain_idx on free_chain (chain_key, id) include (prev_id, row_id)')
}

export interface ReaderOptions {
  readonly heldChainsMax?: number | undefined
  readonly replicaUrl?: string | null
}

/** Reads the chains of any table by its shape, as the adapter would with a mapping that says so. The caller closes it. */
export async function readerOf(
  database: Pick<TestDatabase, 'url'>,
  table: string,
  shape: ChainShape,
  { heldChainsMax, replicaUrl = null }: ReaderOptions = {},
): Promise<ChainReader> {
  const settings = {
    address: parseAddress(database.url),
    password: async () => serverAddress().password,
    tls: false as const,
  }
  const replica = replicaUrl === null ? null : { ...settings, address: parseAddress(replicaUrl) }
  const session = openSession(settings)
  try {
    const never = new AbortController().signal
    const catalogue = await readCatalogue(session, { schema: 'public', table }, never)
    const mapping = bareMapping(shape.rowKey)
    const catalogues = { own: catalogue, more: [], companions: new Map() }
    const sql = newCompiler(postgresDialect, mapping, catalogues, { stuckAfterSec: 60, attemptsMax: 3 })
    return openChainReader({ settings, replica, shape, sql, catalogue, heldChainsMax })
  } finally {
    await session.close()
  }
}

/** A chain's names are quoted by it, and no more is asked of it. */
function bareMapping(key: string): Mapping {
  return {
    profile: 'bare',
    key,
    messageId: key,
    times: {},
    states: [],
    sentRows: 'kept',
    relay: { model: 'none' },
  }
}
