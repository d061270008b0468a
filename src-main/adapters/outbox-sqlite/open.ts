import { chainShapeOf } from '../../domain/chain/shape.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
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
import { requireCatalogue, tableLookup } from './catalogue.ts'
import { sqliteForms } from './change-forms.ts'
import { sqliteDialect } from './dialect.ts'
import { explainStatements } from './explaining.ts'
import type { Parts } from './parts.ts'
import { reportOn } from './report.ts'
import { servedStates } from '../outbox-sql/served.ts'
import { openSession } from './session.ts'
import { buildOf } from './table-build.ts'
import { isZone } from './zones.ts'

export interface SqliteOutboxOptions {
  readonly config: Pick<SourceConfig, 'url' | 'stuckAfterSec' | 'maxAttempts'> & {
    readonly outbox: { readonly table: string }
  }
  /** Which mapping a table with these columns has. Throws RedriveError where none fits. */
  readonly chooseMapping: (columns: readonly string[]) => Mapping
}

const work = changeWork<Parts>({ report: reportOn, explain: explainStatements })

/**
 * Opens a file of SQLite, looks at the table and hands out the outbox. The file has to be there: nothing is created. Throws
 * RedriveError: `database-unknown`, `permission-denied`, `query-timeout` where another process holds the file,
 * `table-missing`, `table-without-key`, `column-missing`, `mapping-invalid`, `no-profile-matches`, `workspace-invalid`.
 */
export async function openSqliteOutbox(options: SqliteOutboxOptions, signal: AbortSignal): Promise<Outbox> {
  const { config } = options
  const session = openSession(parseAddress(config.url))
  try {
    const choose = (columns: readonly string[]) =>
      withLimit(options.chooseMapping(columns), config.maxAttempts)
    const { catalogues, mapping } = await fitMapping(
      tableLookup(session),
      { name: config.outbox.table, choose },
      signal,
    )
    requireZones(mapping)
    const limits = { stuckAfterSec: config.stuckAfterSec, attemptsMax: config.maxAttempts }
    const { own, more } = catalogues
    const sql = newCompiler(sqliteDialect, mapping, catalogues, limits)
    const served = servedStates(mapping, own)
    const drift = newDrift(
      {
        lost: () => session.lost(),
        catalogue: (name, within) => requireCatalogue(session, name, within),
      },
      mapping,
      catalogues,
    )
    const forms = sqliteForms
    const parts = { session, forms, mapping, sql, catalogue: own, limits, drift, served: () => served }
    const members = [own, ...more].map((one) => {
      // The version of a row is of the columns that all of its tables have: the lists know no others.
      const alone = { ...catalogues, own: { ...one, columns: own.columns }, more: [] }
      return { ...parts, sql: newCompiler(sqliteDialect, mapping, alone, limits), catalogue: one }
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

/** Throws `mapping-invalid`. */
function requireZones(mapping: Mapping): void {
  for (const zone of zonesOf(mapping)) if (!isZone(zone)) throw zoneUnknown(zone)
}
