import type { HalfActionName } from '../domain/mapping/mapping.ts'

/** Rows of one call at most. */
export const HALF_ROWS_MAX = 1_000

export interface HalfRequest {
  readonly id: string
  /** Row version that the check, or the operator, saw. */
  readonly version: string
  /** Why, where the mapping has a place for it. */
  readonly reason: string
}

export type HalfResult =
  /** Row version after it; empty where the row was removed. */
  | { readonly id: string; readonly applied: true; readonly version: string }
  /** Somebody changed the row since, or it is no half message any more: it was left alone. */
  | { readonly id: string; readonly applied: false }

/**
 * Carries out what was decided about half messages, the way that the mapping's `halfMessages` says; or counts a check in
 * the rows themselves. Same failure contract as the outbox, except that after `unknown-effect` a repeat does not tell what
 * the first one did (it finds another version and leaves the row alone): look at the rows first.
 */
export interface HalfRows {
  /**
   * By compare-and-set on rows in the state `waiting-confirm`, those of each table in one transaction, at most HALF_ROWS_MAX.
   * Throws `action-refused` where the layout has no half messages. `check` where the layout counts none changes nothing and
   * answers that it did not.
   */
  decide(
    action: HalfActionName,
    requests: readonly HalfRequest[],
    signal: AbortSignal,
  ): Promise<readonly HalfResult[]>
}
