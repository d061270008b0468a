import type { Text } from '../text.ts'

/**
 * What is looked at.
 * - `unique`: the server refuses a second proof of the same message.
 * - `doubled`: no message was consumed twice so far.
 * - `kept`: nothing takes proofs away before their time: a crash, a restart, a full memory.
 * - `retries`: a proof outlives the retries of the sweep.
 * - `age`: a proof outlives the oldest message that could be resent now.
 * - `lifetime`: keys live as long as the mapping says.
 * - `clocks`: those of the receiver's server, of the source's and of this machine agree.
 * - `reachable`: it could be looked at all.
 */
export const dedupeChecks = [
  'reachable',
  'unique',
  'doubled',
  'kept',
  'lifetime',
  'retries',
  'age',
  'clocks',
] as const
export type DedupeCheck = (typeof dedupeChecks)[number]

/** `weak`: duplicates are noticed, but not in every case that the sentence names. `unknown`: it could not be looked at. */
export const dedupeStates = ['ok', 'weak', 'broken', 'unknown'] as const
export type DedupeState = (typeof dedupeStates)[number]

export interface DedupeFinding {
  readonly check: DedupeCheck
  readonly state: DedupeState
  /** What is so, what it means for the messages, and what to do about it. */
  readonly says: Text
}

/** Of duplicates, as far as the receiver's table can tell: whether the receiver's program heeds it, no table says. */
export const dedupeVerdicts = ['harmless', 'not-harmless', 'unknown'] as const
export type DedupeVerdict = (typeof dedupeVerdicts)[number]

export function verdictOf(findings: readonly DedupeFinding[]): DedupeVerdict {
  const some = (state: DedupeState): boolean => findings.some((one) => one.state === state)
  if (some('broken')) return 'not-harmless'
  return some('unknown') || findings.length === 0 ? 'unknown' : 'harmless'
}
