import type { Message } from '../domain/message.ts'

/** Rows of one call at most: a person has seen each of them. */
export const HAND_BACK_MAX = 1_000

export interface HandBackRequest {
  readonly id: string
  /** Row version that the operator saw. */
  readonly version: string
}

export type HandBackResult =
  | { readonly id: string; readonly applied: true }
  /** Somebody changed the row since, its state forbids it, or somebody works on it: it was left alone. */
  | { readonly id: string; readonly applied: false }

/** What speaks against an action on a row, seen on the row as it would be. */
export type HandBackRisk =
  /** Its attempts stay used up: the relay gives up again at once. */
  | 'fails-again'
  /** Its time to be purged is reached. */
  | 'purged'
  /** It is in no state that a relay picks rows up from. */
  | 'not-picked-up'
  /** Its next attempt lies in the future. */
  | 'waits'

/** One row before and after, as it would be: nothing of it has happened. */
export interface HandBackPreview {
  readonly id: string
  readonly applied: boolean
  /** The columns that are written, as the server's text. */
  readonly before: Readonly<Record<string, string | null>>
  /** Null: the row would be gone, or is left alone. */
  readonly after: Readonly<Record<string, string | null>> | null
  /** The message that it would be. For a copy, the copy. */
  readonly message: Message | null
  readonly risks: readonly HandBackRisk[]
}

/**
 * Hands rows back to the services' own relay, the way that the mapping's `retry` says. Same failure contract as the
 * outbox, except that after `unknown-effect` a repeat does not tell what the first one did (it finds another version and
 * leaves the row alone, and it would store a second copy where the mapping inserts one): look at the rows first.
 */
export interface HandBackRows {
  /**
   * By compare-and-set, the rows of each table in one transaction, at most HAND_BACK_MAX. Throws `action-refused` where the
   * layout has no way.
   */
  retry(requests: readonly HandBackRequest[], signal: AbortSignal): Promise<readonly HandBackResult[]>
  /** Does it, looks, and rolls it back. Locks the rows for as long as that takes. */
  preview(
    action: 'retry' | 'resolve',
    requests: readonly HandBackRequest[],
    signal: AbortSignal,
  ): Promise<readonly HandBackPreview[]>
}
