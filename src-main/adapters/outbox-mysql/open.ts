import { chainShapeOf } from '../../domain/chain/shape.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { assembleOutbox, withLimit } from '../outbox-sql/assemble.ts'
import { changeWork } from '../outbox-sql/change-work.ts'
import { newCompiler } from '../outbox-sql/compiler.ts'
import { newDrift } from '../outbox-sql/drift.ts'
import { companionEvidence } from '../outbox-sql/evidence-readers.ts'
import { fitMapping } from '../outbox-sql/fit.ts'
import { zonesOf, zoneUnknown } from '../outbox-sql/named-zones.ts'
import { shapeOf } from '../outbox-sql/shape.ts'
import { storedIds } from '../outbox-sql/stored.ts'
import { parseAddress } from './address.ts'
import { placeholder } from './binding.ts'
import { requireCatalogue, tableLookup } from './catalogue.ts'
import { mysqlForms } from './change-forms.ts'
import { tlsFrom } from './connection.ts'
import { mysqlDialect } from './dialect.ts'
import { explainStatements } from './explaining.ts'
import type { Parts } from './parts.ts'
import { reportOn } from './report.ts'
import { servedStates } from '../outbox-sql/served.ts'
import { openSession } from './session.ts'
import { buildOf } from './table-build.ts'
import type { Session } from './session.ts'
import { zoneForServer } from './zones.ts'

const ZONE_TIMEOUT_MS = 5_000

export interface MysqlOutboxOptions {
  readonly config: Pick<SourceConfig, 'url' | 'tls' | 'stuckAfterSec' | 'maxAttempts'> & {
    readonly outbox: { readonly table: string }
  }
  /** Asked at every log-in; '' where there is none. Rejects with RedriveError where it cannot be had. */
  readonly password: Password
  /** Limits of the source, shared by all that opens something of it. Absent: none. */
  readonly load?: SourceLoad
  /** Which mapping a table with these columns has. Throws RedriveError where none fits. */
  readonly chooseMapping: (columns: readonly string[]) => Mapping
}

const work = changeWork<Parts>({ report: reportOn, explain: explainStatements })

/**
 * Connects to MySQL 8.0 or MariaDB 10.6, or a later one, looks at the table and hands out the outbox. Throws
 * RedriveError: what connecting can throw, `table-missing`, `table-without-key`, `column-missing`, `mapping-invalid`,
 * `no-profile-matches`, `workspace-invalid`, `cancelled`.
 */
export async function openMysqlOutbox(options: MysqlOutboxOptions, signal: AbortSignal): Promise<Outbox> {
  const { config, load = unlimited } = options
  const address = parseAddress(config.url)
  const tls = await tlsFrom(config.tls, address)
  const session = openSession({ address, password: options.password, tls }, load)
  try {
    const { catalogues, mapping } = await fitMapping(
      tableLookup(session, address.database),
      {
        name: config.outbox.table,
        choose: (columns) => withLimit(options.chooseMapping(columns), config.maxAttempts),
      },
      signal,
    )
    await requireZones(session, mapping, signal)
    const limits = { stuckAfterSec: config.stuckAfterSec, attemptsMax: config.maxAttempts }
    const { own, more } = catalogues
    const sql = newCompiler(mysqlDialect, mapping, catalogues, limits)
    const served = servedStates(mapping, own)
    const catalogue = (name: { schema: string; table: string }, within: AbortSignal) =>
      requireCatalogue(session, name, within)
    const drift = newDrift({ lost: () => session.lost(), catalogue }, mapping, catalogues)
    const forms = mysqlForms
    const parts = { session, forms, mapping, sql, catalogue: own, limits, drift, served: () => served }
    const members = [own, ...more].map((one) => {
      // The version of a row is of the columns that all of its tables have: the lists know no others.
      const alone = { ...catalogues, own: { ...one, columns: own.columns }, more: [] }
      return { ...parts, sql: newCompiler(mysqlDialect, mapping, alone, limits), catalogue: one }
    })
    return assembleOutbox({ ...parts, members }, work, {
      shape: shapeOf(catalogues),
      // The audit of chains stands on what only PostgreSQL tells of transactions and sequences.
      chains: chainShapeOf(mapping) === null ? null : 'unavailable',
      events: null,
      ids: null,
      evidence: companionEvidence(parts, catalogues, buildOf(session)),
      stored: storedIds(parts, catalogues),
      drift,
      close: () => session.close(),
    })
  } catch (error) {
    await session.close()
    throw error
  }
}

/** A zone that the server does not know would make every time null, and no row old. Throws `mapping-invalid`. */
async function requireZones(session: Session, mapping: Mapping, signal: AbortSignal): Promise<void> {
  for (const zone of zonesOf(mapping)) {
    const text = `select convert_tz('2026-01-01 00:00:00', ${placeholder(1)}, '+00:00') as known`
    const [row] = await session.read({ text, values: [zoneForServer(zone)] }, ZONE_TIMEOUT_MS, signal)
    if ((row?.['known'] ?? null) !== null) continue
    throw zoneUnknown(zone)
  }
}
