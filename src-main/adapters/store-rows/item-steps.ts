import { RedriveError } from '../../domain/errors.ts'
import type { ItemMove } from '../../domain/job.ts'
import type { ItemSettlement } from '../../ports/job-store.ts'
import { untouched } from './spans.ts'
import type { SpanFacts } from './spans.ts'

/** Items that make the same step. */
export interface MoveGroup {
  readonly move: ItemMove
  readonly seqs: number[]
}

/** Steps keep their order; items of one batch mostly make the same one as the item before. */
export function groupMoves(moves: readonly ItemMove[]): Iterable<MoveGroup> {
  const groups = new Map<string, MoveGroup>()
  let last: MoveGroup | undefined
  for (const move of moves) {
    if (!last || !sameStep(last.move, move)) {
      const { from, to, version, result, code, reason, marked } = move
      const key = JSON.stringify([from, to, version, result, code, reason, marked])
      last = groups.get(key) ?? { move, seqs: [] }
      groups.set(key, last)
    }
    last.seqs.push(move.seq)
  }
  return groups.values()
}

function sameStep(one: ItemMove, other: ItemMove): boolean {
  return (
    one.from === other.from &&
    one.to === other.to &&
    one.result === other.result &&
    one.marked === other.marked &&
    one.code === other.code &&
    one.reason === other.reason &&
    one.version === other.version
  )
}

/** The facts after a step; null where the item may not make it. An item that has ended says how. */
export function moved(facts: SpanFacts, move: ItemMove): SpanFacts | null {
  if (facts.state !== move.from) return null
  if (move.to === 'planned') return { ...untouched, version: move.version ?? facts.version }
  const next = {
    ...facts,
    state: move.to,
    result: move.result ?? facts.result,
    code: move.code ?? facts.code,
    reason: move.reason ?? facts.reason,
    marked: move.marked === undefined ? facts.marked : (Number(move.marked) as 0 | 1),
  }
  return next.state === 'done' && next.result === null ? null : next
}

export function settled(facts: SpanFacts, { as, reason, marked }: ItemSettlement): SpanFacts | null {
  if (facts.state !== 'done' || facts.result !== 'unknown' || facts.settledAs !== null) return null
  return { ...facts, settledAs: as, settledReason: reason, marked: Number(marked) as 0 | 1 }
}

export function forbidden(job: string, seq: number, wanted: string): RedriveError {
  return new RedriveError('job-state-forbids', 'never', {
    job,
    state: `at item ${seq} not ready for "${wanted}"`,
  })
}
