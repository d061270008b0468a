import type { Json } from '../../domain/digest.ts'
import type { JournalDraft, JournalEntry } from '../../domain/journal.ts'

/** A journal entry as it is stored; `detail` is canonical JSON. */
export interface JournalRow extends Omit<JournalEntry, 'detail'> {
  readonly detail: string
}

export const JOURNAL_COLUMNS =
  'seq, at, action, operator, source, subject, detail, previous_hash AS previousHash, hash'

export function entryOf(row: JournalRow): JournalEntry {
  return { ...row, detail: JSON.parse(row.detail) as Json }
}

/** A lone surrogate does not survive the way through UTF-8, and the hash would not fit what comes back. */
export function wellFormed(draft: JournalDraft): JournalDraft {
  return {
    ...draft,
    operator: draft.operator.toWellFormed(),
    source: draft.source?.toWellFormed() ?? null,
    subject: draft.subject?.toWellFormed() ?? null,
  }
}
