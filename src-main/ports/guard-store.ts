import type { Deed } from '../domain/deed.ts'
import type { JournalDraft } from '../domain/journal.ts'

/**
 * Approvals that were handed in, as text. What stands here proves nothing by itself: whoever reads it checks the signature
 * with a key of the workspace.
 */
export interface ApprovalStore {
  /** One that is there already is left as it is. */
  keep(plan: string, text: string, entry: JournalDraft): Promise<void>
  /** The newest first, at most APPROVALS_MAX. */
  of(plan: string): Promise<readonly string[]>
}

export const APPROVALS_MAX = 20

export interface DeedsTold {
  readonly deeds: readonly Deed[]
  /** The last entry of the journal that was looked at; 0: it is empty. */
  readonly upTo: number
}

/** What was done lately, as the journal tells it. */
export interface Deeds {
  /**
   * Since then, the oldest first. Throws RedriveError `journal-broken` where that part of the journal was changed or cut
   * off: what it no longer says may have been a deed.
   */
  since(at: string): Promise<DeedsTold>
}
