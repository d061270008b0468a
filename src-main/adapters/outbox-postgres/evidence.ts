import type { TableEvidence, SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { Catalogue } from '../outbox-sql/catalogue.ts'
import { evidenceOf } from '../outbox-sql/evidence-readers.ts'
import { parseAddress, parseTableName } from './address.ts'
import { readCatalogue } from './catalogue.ts'
import { tlsFrom } from '../postgres-client/connection.ts'
import { postgresDialect } from './dialect.ts'
import { openSession } from './session.ts'
import { buildOf } from './table-build.ts'
import { unbounded } from './unbounded.ts'

export interface PostgresEvidenceOptions {
  readonly config: TableEvidence
  readonly at: Pick<SourceConfig, 'url' | 'tls'>
  /** Asked at every log-in; '' where there is none. */
  readonly password: Password
  /** Limits of the source, shared by all that opens something of it. Absent: none. */
  readonly load?: SourceLoad
}

/** A receiver's table in a database of its own connection. Throws RedriveError as opening an outbox does. */
export async function openPostgresEvidence(
  { config, at, password, load = unlimited }: PostgresEvidenceOptions,
  signal: AbortSignal,
): Promise<EvidenceReader> {
  const address = parseAddress(at.url)
  const session = openSession({ address, password, tls: await tlsFrom(at.tls, address) }, load)
  try {
    const table = async (text: string): Promise<Catalogue> =>
      unbounded(await readCatalogue(session, parseTableName(text), signal))
    const server = {
      dialect: postgresDialect,
      session,
      table,
      build: buildOf(session),
      close: () => session.close(),
    }
    return await evidenceOf(server, { config, address }, signal)
  } catch (error) {
    await session.close()
    throw error
  }
}
