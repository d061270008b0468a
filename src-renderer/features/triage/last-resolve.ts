import type { Decision } from '../../../src-preload/contract/decisions.ts'

/** Decisions of one act are written down together. */
const TOGETHER_MS = 5_000

/** The newest resolve of this person that still stands, whole: its messages were resolved together. Empty: there is none. */
export function lastResolve(decisions: readonly Decision[], operator: string): readonly Decision[] {
  const mine = decisions
    .filter((decision) => decision.operator === operator && decision.state === 'applied')
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
  const [newest] = mine
  if (newest === undefined) return []
  return mine.filter(
    ({ source, reason, at }) =>
      source === newest.source &&
      reason === newest.reason &&
      Date.parse(newest.at) - Date.parse(at) <= TOGETHER_MS,
  )
}
