/**
 * What came of asking the sender to resend a message.
 * - `accepted`: it says that it will (2xx); that the receiver has it is said by a confirmation only;
 * - `refused`: it says that it will not, or the request never reached it;
 * - `unknown`: it may have done it; an answer that proves nothing is one of these;
 * - `not-needed`: a confirmation was found right before the request would have gone out, and none went;
 * - `not-asked`: whether there is a confirmation could not be told right before, or the work was ended: none went.
 */
export const upstreamOutcomes = ['accepted', 'refused', 'unknown', 'not-needed', 'not-asked'] as const
export type UpstreamOutcome = (typeof upstreamOutcomes)[number]

/** One time that the sender was asked, counted before it was. */
export interface UpstreamAttempt {
  readonly attempt: number
  readonly at: string
  readonly operator: string
  readonly trigger: 'operator' | 'callback'
  /** Null: under way, or the process ended before the answer, which proves nothing either. */
  readonly outcome: UpstreamOutcome | null
  /** Of the answer; null: there was none. */
  readonly status: number | null
  /** For a person; null: nothing to say. */
  readonly reason: string | null
}

/** Statuses by which a server says that it has not done what it was asked. */
const TOO_MANY = 429
/** Clients that took too long, and conflicts: what became of the request before is not said. */
const PROVES_NOTHING: ReadonlySet<number> = new Set([408, 409, 425])

export function judgeStatus(status: number): 'accepted' | 'refused' | 'unknown' {
  if (status >= 200 && status < 300) return 'accepted'
  if (status === TOO_MANY) return 'refused'
  if (status >= 400 && status < 500 && !PROVES_NOTHING.has(status)) return 'refused'
  return 'unknown'
}

/** Why a message was left alone. */
export const leftReasons = [
  'confirmed',
  'limit',
  'under-way',
  'cannot-tell',
  'not-found',
  'not-sent',
] as const
export type LeftReason = (typeof leftReasons)[number]

export type AskResult =
  | {
      readonly messageId: string
      readonly asked: true
      readonly attempt: number
      readonly outcome: UpstreamOutcome
      readonly status: number | null
      readonly reason: string | null
    }
  | { readonly messageId: string; readonly asked: false; readonly left: LeftReason }
