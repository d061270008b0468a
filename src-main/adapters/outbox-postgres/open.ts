import { RedriveError } from '../../domain/errors.ts'
import { chainShapeOf } from '../../domain/chain/shape.ts'
import type { Mapping } from '../../domain/mapping.ts'
import { mappingColumns } from '../../domain/mapping.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { ChainReader } from '../../ports/chains.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { parseAddress, parseTableName } from './address.ts'
import { readCatalogue, requireKey } from './catalogue.ts'
import { openChainReader } from './chain-reader.ts'
import { claimMessages, markMessages } from './claiming.ts'
import { claimDueMessages } from './claiming-due.ts'
import { newCompiler } from './compile.ts'
import { tlsFrom } from './connection.ts'
import { expireMessages, findExhausted } from './exhausted.ts'
import { listMessages, readLaterSent, readMessages } from './list.ts'
import type { Parts } from './parts.ts'
import { reportOn } from './report.ts'
import { resolveMessages, undoResolve } from './resolving.ts'
import { servedStates } from './served.ts'
import { openSession } from './session.ts'
import { countMessages, groupMessages } from './tally.ts'

export interface PostgresOutboxOptions {
  readonly config: Pick<SourceConfig, 'url' | 'tls' | 'stuckAfterSec' | 'maxAttempts'> & {
    readonly outbox: { readonly table: string }
  }
  /** Asked at every log-in; '' where there is none. Rejects with RedriveError where it cannot be had. */
  readonly password: () => Promise<string>
  /** Which mapping a table with these columns has. Throws RedriveError where none fits. */
  readonly chooseMapping: (columns: readonly string[]) => Mapping
}

/**
 * Connects, looks at the table and hands out the outbox. Throws RedriveError: what connecting can throw,
 * `table-missing`, `table-without-key`, `column-missing`, `no-profile-matches`, `workspace-invalid`, `cancelled`.
 */
export async function openPostgresOutbox(
  options: PostgresOutboxOptions,
  signal: AbortSignal,
): Promise<Outbox> {
  const { config } = options
  const address = parseAddress(config.url)
  const name = parseTableName(config.outbox.table)
  const tls = await tlsFrom(config.tls, address)
  const settings = { address, password: options.password, tls }
  const session = openSession(settings)
  try {
    const catalogue = await readCatalogue(session, name, signal)
    const chosen = options.chooseMapping([...catalogue.columns.keys()])
    const mapping = { ...chosen, attempts: { ...chosen.attempts, max: config.maxAttempts } }
    const absent = mappingColumns(mapping).filter((column) => !catalogue.columns.has(column))
    if (absent.length > 0) throw new RedriveError('column-missing', 'never', { columns: absent.join(', ') })
    requireKey(catalogue, mapping.key)
    const limits = { stuckAfterSec: config.stuckAfterSec, attemptsMax: config.maxAttempts }
    const sql = newCompiler(mapping, catalogue, limits)
    const served = await servedStates(session, { mapping, sql, catalogue }, signal)
    const shape = chainShapeOf(mapping)
    const chains = shape && openChainReader({ settings, shape, sql, catalogue })
    return outboxOf({ session, mapping, sql, catalogue, limits, served: () => served }, chains)
  } catch (error) {
    await session.close()
    throw error
  }
}

function outboxOf(parts: Parts, chains: ChainReader | null): Outbox {
  return {
    mapping: parts.mapping,
    chains,
    report: (signal) => reportOn(parts, signal),
    list: (query, signal) => listMessages(parts, query, signal),
    count: (filter, budgetMs, signal) => countMessages(parts, filter, budgetMs, signal),
    groups: (filter, by, budgetMs, signal) => groupMessages(parts, { filter, by, budgetMs }, signal),
    read: (ids, signal) => readMessages(parts, ids, signal),
    laterSent: (ids, signal) => readLaterSent(parts, ids, signal),
    claim: (requests, token, signal) => claimMessages(parts, requests, token, signal),
    mark: (requests, token, signal) => markMessages(parts, requests, token, signal),
    resolve: (requests, signal) => resolveMessages(parts, requests, signal),
    undo: (requests, signal) => undoResolve(parts, requests, signal),
    claimDue: (request, token, signal) => claimDueMessages(parts, request, token, signal),
    exhausted: (rule, signal) => findExhausted(parts, rule, signal),
    expire: (requests, signal) => expireMessages(parts, requests, signal),
    close: () => parts.session.close(),
  }
}
