import { RedriveError } from '../../domain/errors.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { assignmentsOf, mappingColumns } from '../../domain/mapping/walk.ts'
import { nameOf, requireKey } from '../outbox-sql/catalogue.ts'
import type { Catalogue, Catalogues } from '../outbox-sql/catalogue.ts'
import { parseTableName } from './address.ts'
import type { TableName } from './address.ts'
import { readCatalogue } from './catalogue.ts'
import type { Session } from './session.ts'

/**
 * All tables that a mapping speaks of, as the server has them. Throws RedriveError `table-missing`, `column-missing` or
 * `table-without-key` where the mapping does not fit.
 */
export async function readCatalogues(
  session: Session,
  { name, choose }: { readonly name: TableName; readonly choose: (columns: readonly string[]) => Mapping },
  signal: AbortSignal,
): Promise<{ readonly catalogues: Catalogues; readonly mapping: Mapping }> {
  const own = await readCatalogue(session, name, signal)
  const mapping = choose([...own.columns.keys()])
  requireColumns(own, mappingColumns(mapping))
  requireKey(own, mapping)
  refuseComputed(own, mapping)
  const companions = new Map<string, Catalogue>()
  for (const [companion, { table }] of Object.entries(mapping.companions ?? {})) {
    const found = table === undefined ? own : await readCatalogue(session, within(own, table), signal)
    requireColumns(found, mappingColumns(mapping, companion))
    companions.set(companion, found)
  }
  return { catalogues: { own, more: [], companions }, mapping }
}

/** Throws RedriveError `mapping-invalid`: the server refuses each statement that writes such a column. */
function refuseComputed({ columns }: Catalogue, mapping: Mapping): void {
  for (const [at, set] of assignmentsOf(mapping)) {
    const column = Object.keys(set).find((name) => columns.get(name)?.computed === true)
    if (column === undefined) continue
    const problem = `the server computes "${column}", nobody can write it`
    throw new RedriveError('mapping-invalid', 'never', { at, problem })
  }
}

/** A table without a schema is a neighbour of the outbox. */
function within({ schema }: Catalogue, text: string): TableName {
  const name = parseTableName(text)
  return name.schema === null ? { ...name, schema } : name
}

function requireColumns(catalogue: Catalogue, wanted: readonly string[]): void {
  const absent = wanted.filter((column) => !catalogue.columns.has(column))
  if (absent.length === 0) return
  throw new RedriveError('column-missing', 'never', {
    table: nameOf(catalogue),
    columns: absent.join(', '),
  })
}
