import { RedriveError } from '../../domain/errors.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { assignmentsOf, mappingColumns } from '../../domain/mapping/walk.ts'
import { nameOf, requireKey } from '../outbox-sql/catalogue.ts'
import type { Catalogue, Catalogues } from '../outbox-sql/catalogue.ts'
import { parseTableName } from './address.ts'
import type { TableName } from './address.ts'
import { readCatalogue, tablesLike } from './catalogue.ts'
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
  return { catalogues: { own, more: await moreTables(session, own, mapping, signal), companions }, mapping }
}

/** One outbox over more tables than a person would look through is a mistake in the pattern. */
const TABLES_MAX = 64

/** The tables of the same shape. Throws as above, and where one lacks a column that the outbox's own table has. */
async function moreTables(
  session: Session,
  own: Catalogue,
  mapping: Mapping,
  signal: AbortSignal,
): Promise<readonly Catalogue[]> {
  const { tables } = mapping
  if (tables === undefined) return []
  if (typeof mapping.key === 'object' && 'none' in mapping.key)
    throw new RedriveError('mapping-invalid', 'never', {
      at: 'tables',
      problem: 'several tables without a key cannot be put in one order',
    })
  const names =
    'also' in tables
      ? tables.also.map((text) => within(own, text))
      : (
          await tablesLike(session, { schema: own.schema, pattern: tables.like, limit: TABLES_MAX }, signal)
        ).map((table) => ({ schema: own.schema, table }))
  const others = names.filter(({ schema, table }) => schema !== own.schema || table !== own.table)
  if (new Set([own.table, ...others.map(({ table }) => table)]).size <= others.length)
    throw new RedriveError('mapping-invalid', 'never', { at: 'tables', problem: 'two tables of one name' })
  const found: Catalogue[] = []
  for (const name of others) {
    const catalogue = await readCatalogue(session, name, signal)
    requireColumns(catalogue, [...own.columns.keys()])
    requireKey(catalogue, mapping)
    found.push(catalogue)
  }
  return found
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
