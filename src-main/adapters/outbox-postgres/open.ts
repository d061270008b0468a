import { chainShapeOf } from '../../domain/chain/shape.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { HandBackPreview } from '../../ports/hand-back.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { parseAddress, parseTableName } from './address.ts'
import { readCatalogues } from './catalogues.ts'
import { chainsAreNumbers, openChainReader } from './chain-reader.ts'
import { openEventReader } from './events.ts'
import { claimMessages, markMessages } from './claiming.ts'
import { newDrift } from './drift.ts'
import { companionEvidence } from './evidence.ts'
import { explainStatements } from './explaining.ts'
import { previewAction, retryMessages } from './handing-back.ts'
import { claimDueMessages } from './claiming-due.ts'
import { tlsFrom } from './connection.ts'
import { expireMessages, findExhausted } from './exhausted.ts'
import { onMembers, writeOnMembers } from './members.ts'
import type { Whole } from './parts.ts'
import { reportOn } from './report.ts'
import { resolveMessages, undoResolve } from './resolving.ts'
import { servedStates } from './served.ts'
import { openSession } from './session.ts'
import { shapeOf } from './shape.ts'
import { storedIds } from './stored.ts'
import { newCompiler } from '../outbox-sql/compiler.ts'
import { listMessages, readLaterSent, readMessages } from '../outbox-sql/list.ts'
import { countMessages, groupMessages } from '../outbox-sql/tally.ts'
import { postgresDialect } from './dialect.ts'

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
    const { catalogues, mapping } = await readCatalogues(
      session,
      { name, choose: (columns) => withLimit(options.chooseMapping(columns), config.maxAttempts) },
      signal,
    )
    const catalogue = catalogues.own
    const limits = { stuckAfterSec: config.stuckAfterSec, attemptsMax: config.maxAttempts }
    const sql = newCompiler(postgresDialect, mapping, catalogues, limits)
    const served = await servedStates(session, { mapping, sql, catalogue }, signal)
    const drift = newDrift(session, mapping, catalogues)
    const chainShape = chainShapeOf(mapping)
    const chains =
      chainShape && chainsAreNumbers(chainShape, catalogue)
        ? openChainReader({ settings, shape: chainShape, sql, catalogue })
        : null
    const events = openEventReader({ settings, sql, mapping })
    const parts = { session, mapping, sql, catalogue, limits, drift, served: () => served }
    const shape = shapeOf(catalogues)
    const members = [catalogue, ...catalogues.more].map((own) => {
      const single = newCompiler(postgresDialect, mapping, { ...catalogues, own, more: [] }, limits)
      return { ...parts, sql: single, catalogue: own }
    })
    const evidence = companionEvidence(parts, catalogues)
    const stored = storedIds(session, mapping, catalogues)
    return outboxOf({ ...parts, members }, { shape, chains, events, evidence, stored })
  } catch (error) {
    await session.close()
    throw error
  }
}

/** A row of no table. */
function leftAlone(id: string): HandBackPreview {
  return { id, applied: false, before: {}, after: null, message: null, risks: [] }
}

/** What the source says where the layout does not: part of the mapping, so that a plan notices when it is changed. */
function withLimit(mapping: Mapping, attemptsMax: number): Mapping {
  const { attempts } = mapping
  if (attempts === undefined || attempts.limit !== undefined) return mapping
  return { ...mapping, attempts: { ...attempts, limit: attemptsMax } }
}

type Reading = 'report' | 'list' | 'count' | 'groups' | 'read' | 'laterSent' | 'exhausted' | 'explain'

function readingOf(parts: Whole): Pick<Outbox, Reading> {
  return {
    report: (signal) => reportOn(parts, signal),
    list: (query, signal) => listMessages(parts, query, signal),
    count: (filter, budgetMs, signal) => countMessages(parts, filter, budgetMs, signal),
    groups: (filter, by, budgetMs, signal) => groupMessages(parts, { filter, by, budgetMs }, signal),
    read: (ids, signal) => readMessages(parts, ids, signal),
    laterSent: (ids, signal) => readLaterSent(parts, ids, signal),
    exhausted: (rule, signal) => findExhausted(parts, rule, signal),
    explain: (signal) => explainStatements(parts, signal),
  }
}

type Looks = Pick<Outbox, 'shape' | 'chains' | 'events' | 'evidence' | 'stored'>

function outboxOf(parts: Whole, looks: Looks): Outbox {
  // A table that is no longer as the mapping says is not written to.
  const unchanged = async <Result>(signal: AbortSignal, write: () => Promise<Result>): Promise<Result> => {
    await parts.drift.refuse(signal)
    return write()
  }
  return {
    mapping: parts.mapping,
    ...looks,
    ...readingOf(parts),
    claim: (requests, token, signal) =>
      unchanged(signal, () =>
        onMembers(
          parts,
          requests,
          (member, mine) => claimMessages(member, mine, token, signal),
          (id) => ({ id, claimed: false }),
        ),
      ),
    mark: (requests, token, signal) =>
      unchanged(signal, () =>
        onMembers(
          parts,
          requests,
          (member, mine) => markMessages(member, mine, token, signal),
          (id) => ({ id, marked: false }),
        ),
      ),
    resolve: (requests, signal) =>
      unchanged(signal, () =>
        writeOnMembers(
          parts,
          requests,
          (member, mine) => resolveMessages(member, mine, signal),
          (id) => ({ id, applied: false }),
        ),
      ),
    undo: (requests, signal) =>
      unchanged(signal, () =>
        writeOnMembers(
          parts,
          requests,
          (member, mine) => undoResolve(member, mine, signal),
          (id) => ({ id, marked: false }),
        ),
      ),
    claimDue: (request, token, signal) =>
      unchanged(signal, () => claimDueMessages(parts, request, token, signal)),
    expire: (requests, signal) => unchanged(signal, () => expireMessages(parts, requests, signal)),
    retry: (requests, signal) =>
      unchanged(signal, () =>
        writeOnMembers(
          parts,
          requests,
          (member, mine) => retryMessages(member, mine, signal),
          (id) => ({ id, applied: false }),
        ),
      ),
    preview: (action, requests, signal) =>
      unchanged(signal, () =>
        onMembers(parts, requests, (member, mine) => previewAction(member, action, mine, signal), leftAlone),
      ),
    close: async () => {
      await looks.chains?.close()
      await looks.events?.close()
      await parts.session.close()
    },
  }
}
