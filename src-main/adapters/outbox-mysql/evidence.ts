import type { TableEvidence, SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import { evidenceOf } from '../outbox-sql/evidence-readers.ts'
import { parseAddress } from './address.ts'
import { tableLookup } from './catalogue.ts'
import { tlsFrom } from './connection.ts'
import { mysqlDialect } from './dialect.ts'
import { openSession } from './session.ts'
import { buildOf } from './table-build.ts'

export interface MysqlEvidenceOptions {
  readonly config: TableEvidence
  readonly at: Pick<SourceConfig, 'url' | 'tls'>
  /** Asked at every log-in; '' where there is none. */
  readonly password: Password
  /** Limits of the source, shared by all that opens something of it. Absent: none. */
  readonly load?: SourceLoad
}

/** A receiver's table in a database of its own connection. Throws RedriveError as opening an outbox does. */
export async function openMysqlEvidence(
  { config, at, password, load = unlimited }: MysqlEvidenceOptions,
  signal: AbortSignal,
): Promise<EvidenceReader> {
  const address = parseAddress(at.url)
  const session = openSession({ address, password, tls: await tlsFrom(at.tls, address) }, load)
  try {
    const lookup = tableLookup(session, address.database)
    const server = {
      dialect: mysqlDialect,
      session,
      // Ids that are looked for come as texts of any length: nothing is cut off here.
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
