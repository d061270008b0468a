import type { JournalDraft, JournalEntry } from '../../domain/journal.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { Database, Queries } from './database.ts'

/** What a transaction may use: its time, its statements, and the journal. */
export interface Scope extends Queries {
  /** The database's clock: those of the consoles may differ. */
  readonly at: string
  readonly record: (draft: JournalDraft) => JournalEntry
}

export interface LedgerOptions {
  readonly db: Database
  /** Name of the store, for errors. */
  readonly store: string
  readonly headFile: string
  readonly clock: Clock
}
