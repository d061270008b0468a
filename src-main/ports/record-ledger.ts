import type { JournalDraft } from '../domain/journal.ts'

/**
 * What Redrive did with a record. A topic keeps what it holds, so that this is the only place that tells.
 * - `under-way`: a job has it at this moment, or left off in the middle of it;
 * - `redriven`: confirmed, or settled as sent by a person or by evidence;
 * - `unknown`: nobody has settled yet what became of it;
 * - `discarded`: a person decided that it needs no delivery.
 */
export const recordMarks = ['under-way', 'redriven', 'unknown', 'discarded'] as const
export type RecordMarkKind = (typeof recordMarks)[number]

export interface RecordMark {
  readonly as: RecordMarkKind
  /** ISO-8601; not before it happened. */
  readonly at: string
  /** Job, or plan by which it was discarded. */
  readonly subject: string
  readonly operator: string
  /** Why it was discarded; null: it was redriven. */
  readonly reason: string | null
}

/**
 * The marks of records of topics, by place and id. A redrive needs no mark of its own: that a job has confirmed it is the
 * mark, and is on disk in the same transaction. Every method is one transaction.
 */
export interface RecordLedger {
  /** The newest of each; what Redrive has not touched is absent. `except`: a job that does not count. */
  marks(place: string, ids: readonly string[], except?: string): Promise<ReadonlyMap<string, RecordMark>>
  /** A second time changes nothing. */
  discard(
    place: string,
    discarded: {
      readonly ids: readonly string[]
      readonly plan: string
      readonly operator: string
      readonly reason: string
    },
    entry: JournalDraft,
  ): Promise<void>
  /** Takes marks of `discarded` off; answers with how many there were. */
  restore(place: string, ids: readonly string[], entry: JournalDraft): Promise<number>
}
