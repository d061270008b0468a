import type { JournalDraft } from '../domain/journal.ts'
import type { Confirmation } from '../domain/mapping/confirmation.ts'

/** Which mappings operators of this machine have confirmed. Every method is one transaction, on disk when it resolves. */
export interface ConfirmationStore {
  /** The same digest again replaces what was confirmed before; the journal entry is part of the transaction. */
  confirm(confirmation: Omit<Confirmation, 'at'>, entry: JournalDraft): Promise<Confirmation>
  confirmed(source: string, digest: string): Promise<Confirmation | null>
  /** The newest of this source, whatever it was for. */
  latest(source: string): Promise<Confirmation | null>
}
