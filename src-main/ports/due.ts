import type { Destination, MessageState } from '../domain/message.ts'

/** Rows that one claim, or one look for used-up rows, takes at most. */
export const DUE_LIMIT_MAX = 1_000

/** What makes a row due, whoever asks. */
export interface DueRule {
  /** Rows to take at most; 0 with `repeat` only looks for those that carry the token. At most DUE_LIMIT_MAX. */
  readonly limit: number
  /** A row that was published this often, or more, is not due any more. */
  readonly attemptsMax: number
  /** Seconds without a change after which a row in flight, or one that waits without a next attempt, is due. */
  readonly stuckAfterSec: number
}

export interface DueRequest extends DueRule {
  /** Within a chain only in sequence: a row with an unfinished row before it is due only together with that row. */
  readonly chained: boolean
  /**
   * An earlier call with this token got no answer, or the process died before it was written down: rows that already
   * carry the token are the answer, and only where there are none new ones are claimed.
   */
  readonly repeat: boolean
}

/** One row that this claim holds now. */
export interface DueRow {
  readonly id: string
  readonly messageId: string
  /** This one is counted already: the claim comes before the publish. */
  readonly attempts: number
  /** What the row was before the claim, for `release`. */
  readonly stateBefore: MessageState
  /** Row version after the claim. */
  readonly version: string
  readonly type: string | null
  readonly destination: Destination
  readonly chainKey: string | null
  readonly createdAt: string
  /** Exact text as the source holds it. */
  readonly payload: string
  /** Text of a JSON object, or null. */
  readonly headers: string | null
}

/** A row that would be due, if its attempts were not used up. */
export interface ExhaustedRow {
  readonly id: string
  readonly version: string
  readonly messageId: string
  readonly attempts: number
  readonly state: MessageState
}

export type ExpireResult =
  | { readonly id: string; readonly marked: true; readonly version: string }
  /** Somebody changed the row since: it was left alone. */
  | { readonly id: string; readonly marked: false }

/**
 * Finding rows by themselves, for a sweep. Same failure contract as the outbox.
 *
 * Due is a row that
 * - waits (pending, retrying or scheduled) and whose next attempt is reached, or that has none and has not been changed
 *   for `stuckAfterSec`: whoever stores a message gets the first chance to send it;
 * - is in flight and has not been changed for `stuckAfterSec`;
 * and has attempts left. A row that carries a claim of Redrive, of this or of another console, is never due: its
 * outcome is unknown until it has been settled, however long that takes.
 */
export interface DueRows {
  /**
   * Takes the due rows with the smallest ids, counts the attempt, writes `token`; one statement. Rows that somebody has
   * locked are passed over, never waited for. Each claim needs a token of its own (see claim-token.ts). The answer is in
   * the order of the ids; empty: nothing is due.
   */
  claimDue(request: DueRequest, token: string, signal: AbortSignal): Promise<readonly DueRow[]>
  /** Rows with the smallest ids whose attempts are used up and that nobody will take any more. Reads only. */
  exhausted(rule: DueRule, signal: AbortSignal): Promise<readonly ExhaustedRow[]>
  /**
   * Makes such rows `failed` with the reason, for a person to look at; by compare-and-set on the version that
   * `exhausted` saw. A repeat counts rows that already say so as marked.
   */
  expire(
    requests: readonly { readonly id: string; readonly version: string; readonly reason: string }[],
    signal: AbortSignal,
  ): Promise<readonly ExpireResult[]>
}
