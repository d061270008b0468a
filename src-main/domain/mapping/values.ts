/** A text here is a text. (Where the mapping wants a `Field`, a text alone is a column's name.) */
export type Literal = string | number | boolean | null

/** Seconds, or the setting that holds them. */
export type Seconds = number | { readonly setting: string }

/** What only the statement knows: who claims, why, and when a row that waits is due. */
export type Bound = 'token' | 'reason' | 'delay'

/**
 * A value of one row. Compiled to SQL in one place (adapters/outbox-sql); names are checked against the catalogue.
 *
 * - `{ "column": "attempts", "plus": 1 }`: a column, in a companion's condition one of the companion
 * - `{ "row": "id" }`: in a companion's condition a column of the outbox's row
 * - `{ "setting": "limit" }`: from the mapping's `settings`
 * - `{ "is": "now", "plusSec": 86400 }`: the server's clock, in the form of the column that it is compared with or
 *   assigned to
 * - `{ "moment": "edit_time", "plusSec": { "multiply": [{ "column": "tries" }, 60] } }`: a time and more
 * - `{ "path": ["Headers", "cap-msg-id"], "in": { "column": "Content" } }`: text out of JSON; null where it is not there
 * - `{ "concat": ["outbox.event.", { "column": "aggregatetype" }] }`
 * - `{ "part": -1, "by": "/", "in": { "column": "DestinationAddress" } }`: the last part; 1 is the first
 * - `{ "of": "state", "value": { "column": "LastSequenceNumber" } }`: out of the companion's row, null where there is none
 * - `{ "count": "errors" }`: how many rows the companion has for this one
 * - `{ "is": "new-uuid" }`: made by the server, for the key of a copy
 * - `{ "nullIf": "*", "in": { "column": "topic" } }`: null where it is just this
 * - `{ "when": { "column": "kind", "equals": 1 }, "then": { "column": "a" }, "otherwise": null }`
 * - `{ "lengthOf": { "column": "listeners" } }`: of an array, in JSON or as a type of the server
 */
export type Value =
  | Literal
  | { readonly is: 'now'; readonly plusSec?: Seconds; readonly minusSec?: Seconds }
  | { readonly is: 'infinity' | 'new-uuid' | Bound }
  | { readonly column: string; readonly plus?: number }
  | { readonly row: string }
  | { readonly setting: string }
  | { readonly moment: string; readonly plusSec: Value }
  | { readonly path: readonly (string | number)[]; readonly in: Value }
  | { readonly concat: readonly Value[] }
  | { readonly part: number; readonly by: string; readonly in: Value }
  | { readonly of: string; readonly value: Value }
  | { readonly count: string; readonly where?: MappingPredicate }
  | { readonly lengthOf: Value }
  | { readonly add: readonly [Value, Value] }
  | { readonly subtract: readonly [Value, Value] }
  | { readonly multiply: readonly [Value, Value] }
  | { readonly log2: Value }
  | { readonly first: readonly Value[] }
  | { readonly nullIf: Exclude<Literal, null>; readonly in: Value }
  | { readonly when: MappingPredicate; readonly then: Value; readonly otherwise?: Value }

/** A column's name alone, or any other value; an `{ "text": "…" }` for all rows the same. */
export type Field = string | { readonly text: string } | Exclude<Value, Literal>

export const comparisons = ['equals', 'above', 'atLeast', 'below', 'atMost'] as const
export type Comparison = (typeof comparisons)[number]

type Compared<Right> =
  | { readonly equals: Right }
  | { readonly above: Right }
  | { readonly atLeast: Right }
  | { readonly below: Right }
  | { readonly atMost: Right }

type Asked =
  Compared<Value> | { readonly in: readonly (string | number | boolean)[] } | { readonly isNull: boolean }

/**
 * A condition on one row, with SQL's three values: a comparison with null neither holds nor fails.
 *
 * - `{ "all": [] }` holds for every row, `{ "any": [] }` for none
 * - `{ "column": "status", "equals": "sent" }`, `{ "value": { "count": "errors" }, "above": 3 }`
 * - `{ "columns": ["created_at", "id"], "above": ["2026-01-01", 0] }`: row values
 * - `{ "exists": "older", "where": { "column": "done", "equals": false } }`: a companion has such a row
 */
export type MappingPredicate =
  | { readonly all: readonly MappingPredicate[] }
  | { readonly any: readonly MappingPredicate[] }
  | { readonly not: MappingPredicate }
  | ({ readonly column: string } & Asked)
  | ({ readonly value: Value } & Asked)
  | ({ readonly columns: readonly string[] } & Compared<readonly Value[]>)
  | { readonly exists: string; readonly where?: MappingPredicate }

export type MappingAssignments = Readonly<Record<string, Value>>
