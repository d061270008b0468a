import type { Json } from '../../domain/digest.ts'
import type { JournalEntry } from '../../domain/journal.ts'

/** A journal entry as it is stored; `detail` is canonical JSON. */
export interface JournalRow extends Omit<JournalEntry, 'detail'> {
  readonly detail: string
}

export const JOURNAL_COLUMNS =
  'seq, at, action, operator, source, subject, detail, previous_hash AS previousHash, hash'

export function entryOf(row: JournalRow): JournalEntry {
  return { ...row, detail: JSON.parse(row.detail) as Json }
}
