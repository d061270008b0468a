import type { EvidenceConfig, SourceConfig } from '../../domain/workspace.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import { nameOf } from '../outbox-sql/catalogue.ts'
import type { Catalogue, Catalogues } from '../outbox-sql/catalogue.ts'
import { newCompiler } from '../outbox-sql/compiler.ts'
import type { Compiler } from '../outbox-sql/compiler.ts'
import {
  inboxMapping,
  lookInCompanion,
  lookInTable,
  positionsMapping,
  readPositions,
  walkTable,
} from '../outbox-sql/evidence.ts'
import { parseAddress, parseTableName } from './address.ts'
import { readCatalogue } from './catalogue.ts'
import { tlsFrom } from './connection.ts'
import { postgresDialect } from './dialect.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'
import { unbounded } from './unbounded.ts'

/** Judge of stuck rows, which a receiver's table has none of. */
const LIMITS = { stuckAfterSec: 0, attemptsMax: 0 }

export interface PostgresEvidenceOptions {
  readonly config: EvidenceConfig
  readonly at: Pick<SourceConfig, 'url' | 'tls'>
  /** Asked at every log-in; '' where there is none. */
  readonly password: () => Promise<string>
}

/** A receiver's table in a database of its own connection. Throws RedriveError as opening an outbox does. */
export async function openPostgresEvidence(
  { config, at, password }: PostgresEvidenceOptions,
  signal: AbortSignal,
): Promise<EvidenceReader> {
  const address = parseAddress(at.url)
  const session = openSession({ address, password, tls: await tlsFrom(at.tls, address) })
  try {
    const inbox = await readCatalogue(session, parseTableName(config.table), signal)
    const parts = { session, sql: compilerOf(inboxMapping(config), inbox) }
    return {
      where: `${nameOf(inbox)} (${address.database} @ ${address.host})`,
      look: (requests, aborted) => lookInTable(parts, { config, requests }, aborted),
      walk: (page, aborted) => walkTable(parts, config, page, aborted),
      positions: await positionsOf(session, config, signal),
      close: () => session.close(),
    }
  } catch (error) {
    await session.close()
    throw error
  }
}

async function positionsOf(
  session: Session,
  { positions }: EvidenceConfig,
  signal: AbortSignal,
): Promise<EvidenceReader['positions']> {
  if (positions === undefined) return null
  const catalogue = await readCatalogue(session, parseTableName(positions.table), signal)
  const sql = compilerOf(positionsMapping(positions), catalogue)
  const parts = { session, sql, column: positions.position }
  // Asked once now, so that a wrong name is told when the table is opened and not in the middle of an audit.
  await readPositions(parts, [], signal)
  return (chains, aborted) => readPositions(parts, chains, aborted)
}

function compilerOf(mapping: Mapping, own: Catalogue): Compiler {
  const catalogues = { own: unbounded(own), more: [], companions: new Map<string, Catalogue>() }
  return newCompiler(postgresDialect, mapping, catalogues, LIMITS)
}

/** What the mapping's companion says; null where it names none. It lives and ends with the outbox's session. */
export function companionEvidence(
  parts: { readonly session: Session; readonly mapping: Mapping; readonly sql: Compiler },
  { companions }: Catalogues,
): EvidenceReader | null {
  const companion = parts.mapping.evidence?.companion
  const catalogue = companion === undefined ? undefined : companions.get(companion)
  if (companion === undefined || catalogue === undefined) return null
  return {
    where: nameOf(catalogue),
    look: (requests, signal) => lookInCompanion(parts, { companion, requests }, signal),
    walk: null,
    positions: null,
    close: () => Promise.resolve(),
  }
}
