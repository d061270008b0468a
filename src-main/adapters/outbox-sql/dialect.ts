import type { TimeForm } from '../../domain/mapping/mapping.ts'
import type { Catalogue, Column } from './catalogue.ts'
import type { Params } from './statement.ts'

/** How a time is written: its form, and for `local` and `date` the placeholder of the zone. */
export interface Clock {
  readonly form: TimeForm
  readonly zone: string | null
}

/**
 * What differs between servers. Everything it is given is SQL already: quoted names, placeholders, expressions; only
 * `quote` sees a raw name. Nothing of it may put a value into the text.
 */
export interface Dialect {
  readonly name: 'postgres' | 'mysql' | 'sqlite'
  /** The one place where a name becomes SQL. */
  quote(name: string): string
  /** A table's name, as the catalogue has it, as a text. */
  nameLiteral(name: string): string
  /** Columns of a row that are none of the table's, which `version` needs. */
  readonly hidden: readonly string[]
  readonly placeholder: (position: number) => string
  /** Row version, an expression under the alias: another one after every change of these columns. */
  version(alias: string, columns: readonly Column[]): string
  /** A parameter that is a text, or a number, wherever it stands. */
  textParam(placeholder: string): string
  numberParam(placeholder: string): string
  /** A parameter that is a small whole number. */
  wholeParam(placeholder: string): string
  /** A parameter that is compared with, or assigned to, a column of this type. */
  columnParam(placeholder: string, type: string): string
  /** A text column's value as one of another column's collation, so that the two can be compared by that. */
  collated(expression: string, from: string | undefined, to: string | undefined): string
  /** Holds where two texts that the server calls equal are the same, letter by letter; null: they always are. */
  readonly exactly: ((left: string, right: string) => string) | null
  /** The zone as the server is told it. */
  zone(name: string): string
  /** What is sent for a boolean where the column's type is one. */
  truth(value: boolean): string
  infinity(): string
  asText(expression: string): string
  /** A text as a number; null where it is none. */
  asNumber(text: string): string
  /** Text at a path of a JSON document; null where it is not there. `type` is the column's, where it is one. */
  atPath(expression: string, path: readonly (string | number)[], params: Params): string
  concat(parts: readonly string[]): string
  /** Part `n` of a text, from 1, or from -1 backwards; null where there is none. */
  part(text: string, by: string, n: number): string
  lengthOf(expression: string, type: string | null): string
  log2(expression: string): string
  /**
   * The server's time and `seconds` (an expression) more, written as the clock says, for a column of this type: where it
   * holds whole seconds the rest is cut off, because rounded up it would lie in the future.
   */
  now(clock: Clock, seconds: string | null, type: string | null): string
  newUuid(): string
  /** So many seconds before the server's time, with its zone. */
  ago(seconds: string): string
  /** A time as one with a zone, which can be compared and shown. */
  instant(expression: string, clock: Clock): string
  plusSeconds(instant: string, seconds: string): string
  /** Null where the expression is this value. */
  without(expression: string, placeholder: string): string
  /** Case-insensitive; `pattern` has % and _ of LIKE, escaped with ! */
  contains(text: string, pattern: string): string
  /** Bytes have these in them; a parameter with hexadecimal digits. */
  holdsBytes(bytes: string, digits: string): string
  /** Bytes have the UTF-8 of a text in them, in either case of its letters at least where they are of ASCII. */
  bytesHoldText(bytes: string, text: string, params: Params): string
  /** Bytes of a base64 text; null where it is none. */
  fromBase64(text: string): string
  /** Text of a member of a text that may be a JSON object; null where it is not there. Must not fail where it is none. */
  memberOfText(text: string, name: string, params: Params): string
  /** Selects `n`, about how many rows these tables have as the server remembers it. Null: it does not. */
  rowsAbout(tables: readonly Pick<Catalogue, 'schema' | 'table'>[], params: Params): string | null
  limit(rows: number, params: Params): string
  /** A bound of the key, as the type that it has. */
  keyParam(placeholder: string, type: string): string
  /** A column of the key as the text that an id is made of, or as something that the driver makes that text of. */
  keyText(expression: string, type: string): string
  /** The row's key is the given one, which `given` made. `nulls`: two nulls are the same as well. */
  keyEquals(column: string, given: string, type: string, nulls: boolean): string
  /** Bounds of several columns of a key: `(a, b) > (1, 2)`. */
  rowBound(columns: readonly string[], operator: '<' | '<=' | '>' | '>=', values: readonly string[]): string
  /** A list of rows given as columns of texts, under the alias `r`, with their place as `place`. */
  given(columns: readonly GivenColumn[], params: Params): string
  /** A JSON object out of two arrays, as text. */
  zipped(names: string, values: string): string
  /** Bytes as base64 text. */
  bytes(expression: string): string
  isBytes(type: string): boolean
  /** Null: nothing of the kind. */
  readonly storage: Storage | null
  /** Null: the type says what time it is; otherwise the mapping has to. */
  timeOfType(type: string): TimeForm | 'unzoned' | null
}

/** Where the server has stored a row, as something that rows can be put in order by. Places are whole numbers here. */
export interface Storage {
  place(alias: string): string
  placeParam(placeholder: string): string
  toServer(place: string): string
  fromServer(text: string): string
  edges(table: string, params: Params): string
}

export interface GivenColumn {
  readonly name: string
  readonly values: readonly (string | null)[]
  /** As Params has it. */
  readonly use: string
  readonly type: string
  readonly collation?: string
}
