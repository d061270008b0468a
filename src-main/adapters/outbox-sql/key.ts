import type { Mapping } from '../../domain/mapping/mapping.ts'
import { keyColumns } from '../../domain/mapping/walk.ts'
import { catalogueOf, knownColumn } from './frame.ts'
import type { World } from './frame.ts'
import type { GivenColumn } from './dialect.ts'
import type { Row } from './statement.ts'

/**
 * How rows are told apart and put in order.
 *
 * An id is the text of the key's column. Of several columns, of several tables, or without a key, it is the JSON array of
 * their texts, the table's name last where there are several: one row has one id, and different rows have others.
 */
export interface Key {
  /** `integer`: ids are whole numbers, and a range of them is a piece of the table. */
  readonly kind: 'integer' | 'columns' | 'none'
  readonly columns: readonly KeyColumn[]
  /** `t."id" as id`, or `as k0, … as k1`. */
  list(alias: string): string
  /** The same row: `t."id" = r.id`. `r` has the names of `list`. */
  equals(alias: string, other: string): string
  /** Both sides have the names of `list`. */
  same(one: string, other: string): string
  /** `alias.id`, or all of them. */
  names(alias: string): string
  /** Order of rows; without an alias of what `list` selected. */
  order(alias: string | null, descending: boolean): string
  idOf(row: Row): string
  /** Texts of the columns; null: no id of this outbox. */
  parts(id: string): readonly (string | null)[] | null
  /** Whether it is an id of this outbox. */
  has(id: string): boolean
  /** Columns that `given` makes rows of. Ids that are none are left out before. */
  given(ids: readonly string[]): readonly GivenColumn[]
}

export interface KeyColumn {
  readonly name: string
  readonly type: string
  readonly collation?: string
  /** As `list` selects it. */
  readonly as: string
}

const INTEGER_TYPES = new Set([
  'bigint',
  'integer',
  'smallint',
  'int',
  'mediumint',
  'tinyint',
  'bigint unsigned',
  'int unsigned',
  'mediumint unsigned',
  'smallint unsigned',
  'tinyint unsigned',
])
/** From here on a whole number may be beyond 64 bits. */
const LONG_DIGITS = 19
const INTEGER = /^-?(0|[1-9]\d{0,18})$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Names the table of a row where one outbox has several; no column of any of them may be called so. */
export const TABLE_COLUMN = 'redrive_table'

export function newKey(world: World): Key {
  const { dialect, mapping, catalogues } = world
  const own = keyColumns(mapping)
  const several = catalogues.more.length > 0
  // Last, so that the tables are walked side by side, each along the index of its key.
  const names = several ? [...own, TABLE_COLUMN] : own
  const single = names.length === 1
  const columns = names.map((name, place): KeyColumn => {
    const as = single ? 'id' : `k${place}`
    if (several && place === own.length) return { name, type: 'text', as }
    const { type, collation } = knownColumn(catalogueOf(world, null), name)
    return { name, type, as, ...(collation === undefined ? {} : { collation }) }
  })
  const quoted = columns.map(({ name, as, type }) => ({ sql: dialect.quote(name), as, type }))
  const kind = kindOf(mapping, columns)
  // Without a key a column may be null, and two rows are one where both are.
  const same = kind === 'none' ? 'is not distinct from' : '='
  return {
    kind,
    columns,
    list: (alias) =>
      quoted.map(({ sql, as, type }) => `${dialect.keyText(`${alias}.${sql}`, type)} as ${as}`).join(', '),
    equals: (alias, other) =>
      quoted
        .map(({ sql, as, type }) =>
          dialect.keyEquals(`${alias}.${sql}`, `${other}.${as}`, type, kind === 'none'),
        )
        .join(' and '),
    same: (one, other) => quoted.map(({ as }) => `${one}.${as} ${same} ${other}.${as}`).join(' and '),
    names: (alias) => quoted.map(({ as }) => `${alias}.${as}`).join(', '),
    order(alias, descending) {
      const direction = descending ? ' desc' : ''
      return quoted.map(({ sql, as }) => `${alias === null ? as : `${alias}.${sql}`}${direction}`).join(', ')
    },
    idOf(row) {
      if (single) return row['id'] ?? ''
      return JSON.stringify(columns.map(({ as }) => row[as] ?? null))
    },
    parts: (id) => partsOf(id, columns, single),
    has: (id) => (single ? fits(id, columns[0]?.type ?? '') : partsOf(id, columns, single) !== null),
    given(ids) {
      const parts = single ? [] : ids.map((id) => partsOf(id, columns, single) ?? [])
      return columns.map(({ name, type, as, collation }, place) => ({
        name: as,
        type,
        ...(collation === undefined ? {} : { collation }),
        values: single ? ids : parts.map((one) => one[place] ?? null),
        use: `key ${name}`,
      }))
    },
  }
}

function kindOf({ key }: Mapping, columns: readonly KeyColumn[]): Key['kind'] {
  if (typeof key === 'object' && 'none' in key) return 'none'
  const [only] = columns
  return columns.length === 1 && only?.as === 'id' && INTEGER_TYPES.has(only.type) ? 'integer' : 'columns'
}

function partsOf(
  id: string,
  columns: readonly KeyColumn[],
  single: boolean,
): readonly (string | null)[] | null {
  const parts = single ? [id] : arrayOf(id)
  if (parts === null || parts.length !== columns.length) return null
  return columns.every(({ type }, place) => fits(parts[place] ?? null, type)) ? parts : null
}

function arrayOf(id: string): readonly (string | null)[] | null {
  try {
    const parsed: unknown = JSON.parse(id)
    const isText = (one: unknown): boolean => one === null || typeof one === 'string'
    return Array.isArray(parsed) && parsed.every(isText) ? (parsed as (string | null)[]) : null
  } catch {
    return null
  }
}

/** What the server would refuse to read ends the whole statement: such an id is known to be of no row before. */
function fits(text: string | null, type: string): boolean {
  if (text === null) return true
  if (text.includes('\0')) return false
  if (INTEGER_TYPES.has(type))
    return (
      INTEGER.test(text) && (text.length < LONG_DIGITS || BigInt.asIntN(64, BigInt(text)) === BigInt(text))
    )
  return type !== 'uuid' || UUID.test(text)
}
