import type { Range, SpanFacts, SpanStep } from './spans.ts'

export interface Span extends SpanFacts, Range {
  readonly updatedAt: string
}

/** What has to be written of a list that was changed. */
export interface SpanChanges {
  /** First numbers of spans that are there no longer as they were. */
  readonly gone: readonly number[]
  readonly made: readonly Span[]
}

export interface SpanList {
  /**
   * Gives every item of the range the facts that `step` makes of its own; `count` neighbours share them. False where an
   * item is missing or `step` answers null: then nothing of the list may be written.
   */
  change(range: Range, at: string, step: SpanStep): boolean
  changes(): SpanChanges
}

/** Spans of one job in memory, as far as a step needs them; for stores where each statement is a journey. */
export function spanList(stored: readonly Span[]): SpanList {
  const spans = new Map(stored.map((span) => [span.first, span]))
  let order = stored.map(({ first }) => first).toSorted((a, b) => a - b)

  /** The last span that begins at this item or before it. */
  function indexAt(seq: number): number {
    let low = 0
    let high = order.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((order[middle] ?? 0) <= seq) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  function change({ first, last }: Range, at: string, step: SpanStep): boolean {
    const made: Span[] = []
    const begin = Math.max(indexAt(first), 0)
    let index = begin
    let next = first
    for (; next <= last; index += 1) {
      const span = spans.get(order[index] ?? -1)
      if (span === undefined || span.first > next || span.last < next) return false
      const end = Math.min(span.last, last)
      const changed = step(span, end - next + 1)
      if (changed === null) return false
      if (span.first < next) made.push({ ...span, last: next - 1 })
      made.push({ ...changed, first: next, last: end, updatedAt: at })
      if (span.last > end) made.push({ ...span, first: end + 1 })
      next = end + 1
    }
    for (const gone of order.slice(begin, index)) spans.delete(gone)
    for (const span of made) spans.set(span.first, span)
    order = [...order.slice(0, begin), ...made.map((span) => span.first), ...order.slice(index)]
    return true
  }

  return {
    change,
    changes() {
      const before = new Map(stored.map((span) => [span.first, span]))
      return {
        gone: stored.map(({ first }) => first).filter((first) => spans.get(first) !== before.get(first)),
        made: [...spans.values()].filter((span) => before.get(span.first) !== span),
      }
    },
  }
}
