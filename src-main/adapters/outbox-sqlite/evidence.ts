import type { TableEvidence, SourceConfig } from '../../domain/workspace.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import { evidenceOf } from '../outbox-sql/evidence-readers.ts'
import { parseAddress } from './address.ts'
import { tableLookup } from './catalogue.ts'
import { sqliteDialect } from './dialect.ts'
import { openSession } from './session.ts'
import { buildOf } from './table-build.ts'

export interface SqliteEvidenceOptions {
  readonly config: TableEvidence
  readonly at: Pick<SourceConfig, 'url'>
}

/** A receiver's table in a file of its own. Throws RedriveError as opening an outbox does. */
export async function openSqliteEvidence(
  { config, at }: SqliteEvidenceOptions,
  signal: AbortSignal,
): Promise<EvidenceReader> {
  const address = parseAddress(at.url)
  const session = openSession(address)
  try {
    const lookup = tableLookup(session)
    const server = {
      dialect: sqliteDialect,
      session,
      table: (text: string) => lookup.catalogue(text, signal),
      build: buildOf(session),
      close: () => session.close(),
    }
    return await evidenceOf(server, { config, address }, signal)
  } catch (error) {
    await session.close()
    throw error
  }
}
