import { chainShapeOf } from '../../domain/chain/shape.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { parseAddress, parseTableName } from './address.ts'
import { tableLookup } from './catalogue.ts'
import { chainsAreNumbers, openChainReader } from './chain-reader.ts'
import { openEventReader } from './events.ts'
import { openIdReader } from './ids.ts'
import { claimMessages, markMessages } from './claiming.ts'
import { explainStatements } from './explaining.ts'
import { decideMessages } from './half-messages.ts'
import { previewAction, retryMessages } from './handing-back.ts'
import { claimDueMessages } from './claiming-due.ts'
import { tlsFrom } from '../postgres-client/connection.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'
import { expireMessages, findExhausted } from './exhausted.ts'
import type { Parts } from './parts.ts'
import { reportOn } from './report.ts'
import { resolveMessages, undoResolve } from './resolving.ts'
import { servedStates } from './served.ts'
import { openSession } from './session.ts'
import { buildOf } from './table-build.ts'
import { assembleOutbox, withLimit } from '../outbox-sql/assemble.ts'
import type { ServerWork } from '../outbox-sql/assemble.ts'
import { newCompiler } from '../outbox-sql/compiler.ts'
import { newDrift } from '../outbox-sql/drift.ts'
import { fitMapping } from '../outbox-sql/fit.ts'
import { shapeOf } from '../outbox-sql/shape.ts'
import { companionEvidence } from '../outbox-sql/evidence-readers.ts'
import { storedIds } from '../outbox-sql/stored.ts'
import { unbounded } from './unbounded.ts'
import { postgresDialect } from './dialect.ts'

export interface PostgresOutboxOptions {
  readonly config: Pick<SourceConfig, 'url' | 'tls' | 'replica' | 'stuckAfterSec' | 'maxAttempts'> & {
    readonly outbox: { readonly table: string }
  }
  /** Asked at every log-in; '' where there is none. Rejects with RedriveError where it cannot be had. */
  readonly password: Password
  /** Absent: `password`. */
  readonly replicaPassword?: () => Promise<string>
  /** Limits of the source, shared by all that opens something of it. Absent: none. */
  readonly load?: SourceLoad
  /** Of the replica; absent: none. */
  readonly replicaLoad?: SourceLoad
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
  const { config, load = unlimited, replicaLoad } = options
  const address = parseAddress(config.url)
  const name = parseTableName(config.outbox.table)
  const tls = await tlsFrom(config.tls, address)
  const settings = { address, password: options.password, tls }
  const replica = await replicaSettings(options)
  const session = openSession(settings, load)
  try {
    const lookup = tableLookup(session)
    const { catalogues, mapping } = await fitMapping(
      lookup,
      { name, choose: (columns) => withLimit(options.chooseMapping(columns), config.maxAttempts) },
      signal,
    )
    const catalogue = catalogues.own
    const limits = { stuckAfterSec: config.stuckAfterSec, attemptsMax: config.maxAttempts }
    const sql = newCompiler(postgresDialect, mapping, catalogues, limits)
    const served = await servedStates(session, { mapping, sql, catalogue }, signal)
    const looking = { lost: () => session.lost(), catalogue: lookup.catalogue }
    const drift = newDrift(looking, mapping, catalogues)
    const chainShape = chainShapeOf(mapping)
    const chains =
      chainShape && chainsAreNumbers(chainShape, catalogue)
        ? openChainReader({ settings, load, replica, replicaLoad, shape: chainShape, sql, catalogue })
        : null
    const events = openEventReader({ settings, load, sql, mapping })
    const ids = openIdReader({ settings, load, sql, mapping, catalogue })
    const parts = { session, mapping, sql, catalogue, limits, drift, served: () => served }
    const shape = shapeOf(catalogues)
    const members = [catalogue, ...catalogues.more].map((own) => {
      const single = newCompiler(postgresDialect, mapping, { ...catalogues, own, more: [] }, limits)
      return { ...parts, sql: single, catalogue: own }
    })
    return assembleOutbox({ ...parts, members }, work, {
      shape,
      chains,
      events,
      ids,
      evidence: companionEvidence(parts, catalogues, buildOf(session)),
      stored: storedIds(parts, { ...catalogues, own: unbounded(catalogue) }),
      drift,
      close: () => session.close(),
    })
  } catch (error) {
    await session.close()
    throw error
  }
}

async function replicaSettings({
  config,
  password,
  replicaPassword = password,
}: PostgresOutboxOptions): Promise<ConnectionSettings | null> {
  if (config.replica === undefined) return null
  const address = parseAddress(config.replica.url)
  return {
    address,
    password: replicaPassword,
    tls: await tlsFrom(config.replica.tls ?? config.tls, address),
  }
}

const work: ServerWork<Parts> = {
  report: reportOn,
  explain: explainStatements,
  claim: claimMessages,
  mark: markMessages,
  resolve: resolveMessages,
  undo: undoResolve,
  retry: retryMessages,
  decide: decideMessages,
  preview: previewAction,
  due: (whole) => ({
    claimDue: (request, token, signal) => claimDueMessages(whole, request, token, signal),
    exhausted: (rule, signal) => findExhausted(whole, rule, signal),
    expire: (requests, signal) => expireMessages(whole, requests, signal),
  }),
}
