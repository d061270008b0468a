import { canonical, sha256 } from './digest.ts'
import type { Json } from './digest.ts'
import type { MessageState } from './message.ts'

/** A value in a mapping: a literal, or something known only when the statement runs. */
export type MappingValue =
  | string
  | number
  | boolean
  | null
  | { readonly is: 'now' | 'infinity' | 'token' | 'reason' | 'delay' }
  | { readonly column: string; readonly plus: number }

/** A condition on one row. Compiled to SQL in one place; names are checked against the catalogue. */
export type MappingPredicate =
  | { readonly all: readonly MappingPredicate[] }
  | { readonly any: readonly MappingPredicate[] }
  | { readonly not: MappingPredicate }
  | { readonly column: string; readonly equals: MappingValue }
  | { readonly column: string; readonly in: readonly (string | number)[] }
  | { readonly column: string; readonly above: MappingValue }
  | { readonly column: string; readonly isNull: boolean }

export type MappingAssignments = Readonly<Record<string, MappingValue>>

/**
 * How one table is an outbox, as data that a person can read and edit.
 * Columns are named as in the catalogue, unquoted.
 */
export interface Mapping {
  readonly profile: string
  readonly key: string
  readonly messageId: string
  readonly type: string
  readonly chain: { readonly key: string; readonly previousId: string }
  readonly destination: { readonly exchange: string; readonly routingKey: string }
  readonly payload: { readonly column: string; readonly encoding: 'json' }
  readonly headers: { readonly column: string; readonly encoding: 'json' }
  readonly times: { readonly created: string; readonly updated: string; readonly nextAttempt: string }
  readonly attempts: { readonly column: string; readonly max: number }
  readonly lastError: string
  /** Ordered; the first predicate that holds gives the state, none gives `unknown`. */
  readonly states: readonly { readonly state: MessageState; readonly when: MappingPredicate }[]
  /** Rows that are not finished: an index on just these makes every list fast. */
  readonly open: MappingPredicate
  /**
   * `claim` takes a row for one publish and counts the attempt. `confirm`, `fail` and `release` end the claim and
   * hold only while the row still carries its token; `release` gives a row that was never published back to the
   * state it had. `retry` ends the claim too: the row waits until its next attempt, which is `delay` from now.
   * `resolve` says that no delivery is needed.
   */
  readonly actions: {
    readonly claim: MappingAssignments
    readonly confirm: MappingAssignments
    readonly fail: MappingAssignments
    readonly retry: MappingAssignments
    readonly release: readonly { readonly from: readonly MessageState[]; readonly set: MappingAssignments }[]
    readonly resolve: MappingAssignments
  }
  /** The column that carries the claim's token, so that a claim is recognised after a crash. */
  readonly tokenColumn: string
}

export function mappingDigest(mapping: Mapping): string {
  return sha256(canonical(mapping as unknown as Json))
}

/** Every column that a table must have for this mapping. */
export function mappingColumns(mapping: Mapping): string[] {
  const { chain, destination, times, actions } = mapping
  return [
    ...new Set([
      mapping.key,
      mapping.messageId,
      mapping.type,
      chain.key,
      chain.previousId,
      destination.exchange,
      destination.routingKey,
      mapping.payload.column,
      mapping.headers.column,
      times.created,
      times.updated,
      times.nextAttempt,
      mapping.attempts.column,
      mapping.lastError,
      mapping.tokenColumn,
      ...mapping.states.flatMap((rule) => predicateColumns(rule.when)),
      ...predicateColumns(mapping.open),
      ...[
        actions.claim,
        actions.confirm,
        actions.fail,
        actions.retry,
        actions.resolve,
        ...actions.release.map((rule) => rule.set),
      ].flatMap((assignments) => Object.keys(assignments)),
    ]),
  ]
}

export function predicateColumns(predicate: MappingPredicate): string[] {
  if ('all' in predicate) return predicate.all.flatMap(predicateColumns)
  if ('any' in predicate) return predicate.any.flatMap(predicateColumns)
  if ('not' in predicate) return predicateColumns(predicate.not)
  return [predicate.column]
}
