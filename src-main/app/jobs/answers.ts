import type { ErrorCode } from '../../domain/errors.ts'
import type { PublishOutcome } from '../../domain/outcome.ts'

/** Not sent, because an earlier message of its chain was not confirmed. */
export interface Parked {
  readonly outcome: 'parked'
  readonly reason: string
}

/** What became of one item that was handed on for publishing. */
export type Answer = PublishOutcome | Parked

const neverSentCodes: ReadonlySet<ErrorCode> = new Set([
  'channel-closed',
  'broker-blocked',
  'outcome-unsettled',
  'cancelled',
])

/** The run stopped before it: its claim is given back and it is planned again. */
export const stoppedBefore: PublishOutcome = {
  outcome: 'refused',
  code: 'cancelled',
  reason: 'the run stopped before it',
}

/** Refused by this side: not a byte went out, the message may be tried again. */
export function neverSent(answer: Answer): boolean {
  return answer.outcome === 'refused' && neverSentCodes.has(answer.code)
}
