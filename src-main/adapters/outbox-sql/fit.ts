import { RedriveError } from '../../domain/errors.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { assignmentsOf, mappingColumns } from '../../domain/mapping/walk.ts'
import { say } from '../../domain/text.ts'
import { nameOf, requireKey } from './catalogue.ts'
import type { Catalogue, Catalogues } from './catalogue.ts'

/** How a server is asked for its tables. `Name` is a table's name as the server's adapter reads it. */
export interface TableLookup<Name> {
  /** Throws RedriveError `table-missing`. */
  readonly catalogue: (name: Name, signal: AbortSignal) => Promise<Catalogue>
  /** A table that stands beside the outbox, as the mapping names it. Throws `workspace-invalid`, `table-missing`. */
  beside(own: Catalogue, text: string, signal: AbortSignal): Promise<Catalogue>
  /** Names of tables in the schema; in `pattern` a * stands for any text. */
  like(
    of: { readonly schema: string; readonly pattern: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly string[]>
}

/**
 * All tables that a mapping speaks of, as the server has them. Throws RedriveError `table-missing`, `column-missing` or
 * `table-without-key` where the mapping does not fit.
 */
export async function fitMapping<Name>(
  lookup: TableLookup<Name>,
  { name, choose }: { readonly name: Name; readonly choose: (columns: readonly string[]) => Mapping },
  signal: AbortSignal,
): Promise<{ readonly catalogues: Catalogues; readonly mapping: Mapping }> {
  const own = await lookup.catalogue(name, signal)
  const mapping = choose([...own.columns.keys()])
  requireColumns(own, mappingColumns(mapping))
  requireKey(own, mapping)
  refuseComputed(own, mapping)
  const companions = new Map<string, Catalogue>()
  for (const [companion, { table }] of Object.entries(mapping.companions ?? {})) {
    const found = table === undefined ? own : await lookup.beside(own, table, signal)
    requireColumns(found, mappingColumns(mapping, companion))
    companions.set(companion, found)
  }
  return { catalogues: { own, more: await moreTables(lookup, own, mapping, signal), companions }, mapping }
}

/** One outbox over more tables than a person would look through is a mistake in the pattern. */
const TABLES_MAX = 64

/** The tables of the same shape. Throws as above, and where one lacks a column that the outbox's own table has. */
async function moreTables(
  lookup: TableLookup<never>,
  own: Catalogue,
  mapping: Mapping,
  signal: AbortSignal,
): Promise<readonly Catalogue[]> {
  const { tables } = mapping
  if (tables === undefined) return []
  if (typeof mapping.key === 'object' && 'none' in mapping.key)
    throw new RedriveError('mapping-invalid', 'never', {
      at: 'tables',
      problem: say('fault.tables-order'),
    })
  const quoted = (table: string): string => `"${table.replaceAll('"', '""')}"`
  const names =
    'also' in tables
      ? tables.also
      : (await lookup.like({ schema: own.schema, pattern: tables.like, limit: TABLES_MAX }, signal)).map(
          quoted,
        )
  const found: Catalogue[] = []
  for (const name of names) {
    const catalogue = await lookup.beside(own, name, signal)
    if (catalogue.schema === own.schema && catalogue.table === own.table) continue
    if ([own, ...found].some(({ table }) => table === catalogue.table))
      throw new RedriveError('mapping-invalid', 'never', {
        at: 'tables',
        problem: say('fault.tables-alike'),
      })
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
    const problem = say('fault.computed', { column })
    throw new RedriveError('mapping-invalid', 'never', { at, problem })
  }
}

function requireColumns(catalogue: Catalogue, wanted: readonly string[]): void {
  const absent = wanted.filter((column) => !catalogue.columns.has(column))
  if (absent.length === 0) return
  throw new RedriveError('column-missing', 'never', {
    table: nameOf(catalogue),
    columns: absent.join(', '),
  })
}
