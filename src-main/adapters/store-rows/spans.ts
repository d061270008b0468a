import type { ErrorCode } from '../../domain/errors.ts'
import type { ItemResult, ItemState, Settlement } from '../../domain/job.ts'

/** What a run of neighbouring items have in common. */
export interface SpanFacts {
  readonly state: ItemState
  /** Row version to expect at the next claim; null: the plan's. */
  readonly version: string | null
  readonly result: ItemResult | null
  readonly code: ErrorCode | null
  readonly reason: string | null
  readonly marked: 0 | 1 | null
  readonly settledAs: Settlement | null
  readonly settledReason: string | null
}

export interface Range {
  readonly first: number
  readonly last: number
}

/** What an item is before its first step. */
export const untouched: SpanFacts = {
  state: 'planned',
  version: null,
  result: null,
  code: null,
  reason: null,
  marked: null,
  settledAs: null,
  settledReason: null,
}

export type SpanStep = (facts: SpanFacts, count: number) => SpanFacts | null

/** Neighbours among these numbers, which may come in any order but not twice. */
export function rangesOf(seqs: readonly number[]): Range[] {
  const ranges: { first: number; last: number }[] = []
  let open: { first: number; last: number } | undefined
  for (const seq of isAscending(seqs) ? seqs : [...seqs].sort((a, b) => a - b)) {
    if (open !== undefined && seq === open.last + 1) open.last = seq
    else ranges.push((open = { first: seq, last: seq }))
  }
  return ranges
}

function isAscending(seqs: readonly number[]): boolean {
  for (let index = 1; index < seqs.length; index += 1) {
    if ((seqs[index] ?? 0) <= (seqs[index - 1] ?? 0)) return false
  }
  return true
}
