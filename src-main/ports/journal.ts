import type { JournalAction, JournalDraft, JournalEntry, JournalVerdict } from '../domain/journal.ts'

export interface JournalQuery {
  readonly source?: string
  readonly subject?: string
  readonly actions?: readonly JournalAction[]
  /** `newest`: entries below `cursor`; `oldest`: entries above it. Null: from the end or the beginning. */
  readonly order: 'newest' | 'oldest'
  readonly cursor: number | null
  readonly limit: number
}

/** Append-only, hash-chained. Jobs and decisions write their own entries in their own transactions. */
export interface Journal {
  append(entry: JournalDraft): Promise<JournalEntry>
  list(query: JournalQuery): Promise<readonly JournalEntry[]>
  /** Reads everything. Damage is a verdict, not an error. */
  verify(signal: AbortSignal): Promise<JournalVerdict>
}
