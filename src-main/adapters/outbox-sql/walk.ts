import { ALIAS } from './frame.ts'
import type { Dialect } from './dialect.ts'
import type { Key } from './key.ts'
import type { Params, Row } from './statement.ts'

/**
 * The order in which rows are walked through, and the place of a row in it as a text. By the key; where there is none by
 * the place at which the server has stored the row.
 */
export interface Walk {
  /** Two rows may have one place: they are alike in what their key would be, and no more is known. */
  readonly shared: boolean
  /** Places are whole numbers: a range of them is a piece of the table, whatever is in it. */
  readonly ranged: boolean
  /** The columns of the key, and what else tells the place. */
  list(alias: string): string
  /** Of what `list` has selected. */
  order(descending: boolean): string
  /** Of the table itself. */
  orderOf(alias: string, descending: boolean): string
  /** The row under the alias is the one that `list` selected under `other`. */
  equals(alias: string, other: string): string
  bound(alias: string, operator: '<' | '<=' | '>' | '>=', place: string, params: Params): string
  placeOf(row: Row): string
  /** Null: this text is no place. */
  parse(text: string): string | null
  /** Selects `min` and `max`, the places at the ends. Only where `ranged`. */
  edges(table: string, params: Params): string
}

const INTEGER = /^-?\d{1,19}$/

export function newWalk(dialect: Dialect, key: Key): Walk {
  const { storage } = dialect
  if (key.kind !== 'none' || storage === null) return byKey(dialect, key)
  return {
    shared: false,
    ranged: true,
    list: (alias) => `${key.list(alias)}, ${storage.place(alias)} as place`,
    order: (descending) => `place${descending ? ' desc' : ''}`,
    orderOf: (alias, descending) => `${storage.place(alias)}${descending ? ' desc' : ''}`,
    equals: (alias, other) => `${storage.place(alias)} = ${other}.place`,
    bound: (alias, operator, place, params) =>
      `${storage.place(alias)} ${operator} ${storage.placeParam(params.add(storage.toServer(place), 'place'))}`,
    placeOf: (row) => storage.fromServer(row['place'] ?? ''),
    parse: (text) => (INTEGER.test(text) ? text : null),
    edges: (table, params) => storage.edges(table, params),
  }
}

function byKey(dialect: Dialect, key: Key): Walk {
  const ranged = key.kind === 'integer'
  const [only] = key.columns
  const quoted = key.columns.map(({ name }) => dialect.quote(name))
  return {
    shared: key.kind === 'none',
    ranged,
    list: (alias) => key.list(alias),
    order: (descending) => key.order(null, descending),
    orderOf: (alias, descending) => key.order(alias, descending),
    equals: (alias, other) => key.equals(alias, other),
    bound(alias, operator, place, params) {
      const parts = key.parts(place) ?? []
      const placeholders = key.columns.map(({ name, type }, index) => {
        const added = params.add(parts[index] ?? null, `${operator} ${name}`)
        return dialect.keyParam(added, ranged ? 'bigint' : type)
      })
      const left = quoted.map((name) => `${alias}.${name}`)
      if (left.length === 1) return `${left.join('')} ${operator} ${placeholders.join('')}`
      return dialect.rowBound(left, operator, placeholders)
    },
    placeOf: (row) => key.idOf(row),
    parse: (text) => (key.has(text) ? text : null),
    edges(table) {
      const column = `${ALIAS}.${quoted[0] ?? ''}`
      if (only === undefined) return ''
      return (
        `select (select min(${column}) from ${table} ${ALIAS}) as min, ` +
        `(select max(${column}) from ${table} ${ALIAS}) as max`
      )
    },
  }
}
