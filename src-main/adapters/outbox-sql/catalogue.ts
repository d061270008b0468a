import { RedriveError } from '../../domain/errors.ts'
import type { Refused } from '../../domain/mapping/refusals.ts'
import { keyColumns } from '../../domain/mapping/walk.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'

export interface Column {
  readonly name: string
  /** As written in a cast. */
  readonly type: string
  /** The server computes it: nobody may write it. */
  readonly computed: boolean
  /** Of a text, where the server compares by it; absent where that makes no difference. */
  readonly collation?: string
}

export interface Index {
  readonly partial: boolean
  readonly leading: string
}

/** What the server knows of a table; the only source of names that go into SQL. */
export interface Catalogue {
  readonly schema: string
  readonly table: string
  readonly columns: ReadonlyMap<string, Column>
  /** Sets of columns, never null, that identify a row: of the primary key and of each unique index over all rows. */
  readonly keys: readonly (readonly string[])[]
  /** Names of the indexes of these, in the same order, where a statement may have to name one. */
  readonly keyNames?: readonly string[]
  /** First columns of indexes over the whole table. */
  readonly leadingColumns: ReadonlySet<string>
  readonly indexes: ReadonlyMap<string, Index>
  /** Why nothing may be written to it, whatever the mapping says; absent: nothing speaks against it. */
  readonly unwritable?: Refused
}

/** The outbox's own table, more tables of the same shape, and those of its companions by name. */
export interface Catalogues {
  readonly own: Catalogue
  readonly more: readonly Catalogue[]
  readonly companions: ReadonlyMap<string, Catalogue>
}

export function nameOf({ schema, table }: Catalogue): string {
  return `${schema}.${table}`
}

/** Throws RedriveError `table-without-key`: without one an update could change more than the row that was shown. */
export function requireKey(catalogue: Catalogue, mapping: Mapping): void {
  if (typeof mapping.key === 'object' && 'none' in mapping.key) return
  const wanted = keyColumns(mapping)
  const known = catalogue.keys.some((key) => key.every((column) => wanted.includes(column)))
  if (known) return
  throw new RedriveError('table-without-key', 'never', {
    table: nameOf(catalogue),
    column: wanted.join(', '),
  })
}
