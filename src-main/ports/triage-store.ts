import type { JournalDraft } from '../domain/journal.ts'
import type { Assignment, MessageMark, Note, SavedView } from '../domain/triage.ts'

/** Notes and assignments. Every change is one transaction with its journal entry, on disk when it resolves. */
export interface NoteStore {
  /** `at` is the store's. */
  add(note: Omit<Note, 'at'>, entry: JournalDraft): Promise<Note>
  /** Replaces who it was before. Null: nobody any more. */
  assign(
    message: Pick<Assignment, 'source' | 'id' | 'messageId'>,
    assignee: string | null,
    entry: JournalDraft,
  ): Promise<Assignment | null>
  /** Of one message, oldest first. */
  of(source: string, messageId: string): Promise<{ notes: readonly Note[]; assignment: Assignment | null }>
  /** Messages of a source with something written down, the newest first. */
  marks(source: string, limit: number): Promise<readonly MessageMark[]>
  /** Notes written at `since` or later, newest first. */
  since(since: string, limit: number): Promise<readonly Note[]>
  /** Newest first. */
  assigned(limit: number): Promise<readonly Assignment[]>
}

/** Saved views. They are no act on messages: the journal does not tell of them. */
export interface ViewStore {
  /** By name. */
  all(): Promise<readonly SavedView[]>
  /** Replaces the one of the same id. Throws `name-in-use` where another has the name. `savedAt` is the store's. */
  save(view: Omit<SavedView, 'savedAt'>): Promise<SavedView>
  /** What is not there any more stays gone. */
  remove(view: string): Promise<void>
}
