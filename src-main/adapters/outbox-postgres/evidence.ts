import type { EvidenceConfig, SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
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
  readonly config: EvidenceConfig
  readonly at: Pick<SourceConfig, 'url' | 'tls'>
  /** Asked at every log-in; '' where there is none. */
  readonly password: Password
}

/** A receiver's table in a database of its own connection. Throws RedriveError as opening an outbox does. */
export async function openPostgresEvidence(
  { config, at, password }: PostgresEvidenceOptions,
  signal: AbortSignal,
): Promise<EvidenceReader> {
  const address = parseAddress(at.url)
  const session = openSession({ address, password, tls: await tlsFrom(at.tls, address) })
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
