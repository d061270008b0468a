import type { Range, SpanFacts, SpanStep } from '../store-rows/spans.ts'
import type { Sqlite } from './database.ts'

interface SpanRow extends SpanFacts, Range {
  readonly updatedAt: string
}

export interface Spans {
  /** The items of a new job, or those that a growing one gets. */
  add(jobKey: number, range: Range, facts: SpanFacts, at: string): void
  /**
   * Gives every item of the range the facts that `step` makes of its own; `count` neighbours share them. False where an
   * item is missing or `step` answers null: then a part of the range may have changed, and the transaction must be
   * undone.
   */
  change(jobKey: number, range: Range, at: string, step: SpanStep): boolean
}

/**
 * Items of a job move in batches, so their states are kept as runs of neighbours: a batch of 500 costs as much as one
 * item, and a job of a million has some thousands of rows. The spans of a job cover each of its items exactly once.
 */
export function openSpans(db: Sqlite): Spans {
  const { overlapping, insert, shorten, remove } = prepare(db)

  function write(jobKey: number, { first, last }: Range, facts: SpanFacts, at: string): void {
    const { state, version, result, code, reason, marked, settledAs, settledReason } = facts
    insert.run(
      jobKey,
      first,
      last,
      state,
      version,
      result,
      code,
      reason,
      marked,
      settledAs,
      settledReason,
      at,
    )
  }

  return {
    add: write,
    change(jobKey, { first, last }, at, step) {
      let next = first
      for (const span of overlapping.all(jobKey, last, jobKey, first, first)) {
        if (span.first > next) return false
        const end = Math.min(span.last, last)
        const changed = step(span, end - next + 1)
        if (changed === null) return false
        if (span.first < first) shorten.run(first - 1, jobKey, span.first)
        else remove.run(jobKey, span.first)
        write(jobKey, { first: next, last: end }, changed, at)
        if (span.last > end) write(jobKey, { first: end + 1, last: span.last }, span, span.updatedAt)
        next = end + 1
      }
      return next > last
    },
  }
}

function prepare(db: Sqlite) {
  return {
    overlapping: db.prepare<[number, number, number, number, number], SpanRow>(
      `SELECT first_seq AS first, last_seq AS last, state, version, result, code, reason, marked,
         settled_as AS settledAs, settled_reason AS settledReason, updated_at AS updatedAt
       FROM job_spans WHERE job_key = ? AND first_seq <= ? AND first_seq >= coalesce(
         (SELECT max(first_seq) FROM job_spans WHERE job_key = ? AND first_seq <= ?), ?)
       ORDER BY first_seq`,
    ),
    insert: db.prepare<unknown[]>(
      `INSERT INTO job_spans (job_key, first_seq, last_seq, state, version, result, code, reason, marked, settled_as,
         settled_reason, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    shorten: db.prepare<[number, number, number]>(
      'UPDATE job_spans SET last_seq = ? WHERE job_key = ? AND first_seq = ?',
    ),
    remove: db.prepare<[number, number]>('DELETE FROM job_spans WHERE job_key = ? AND first_seq = ?'),
  }
}
