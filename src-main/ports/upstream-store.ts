import type { JournalDraft } from '../domain/journal.ts'
import type { UpstreamAttempt, UpstreamOutcome } from '../domain/callback/upstream.ts'

export interface UpstreamRequest {
  readonly source: string
  readonly messageIds: readonly string[]
  readonly operator: string
  readonly trigger: UpstreamAttempt['trigger']
  /** Attempts of one message. */
  readonly limit: number
  /** Milliseconds after which one without an outcome is no longer taken to be under way. */
  readonly underWayMs: number
}

export interface Granted {
  readonly messageId: string
  readonly attempt: number
}

export interface Grants {
  readonly granted: readonly Granted[]
  readonly left: readonly { readonly messageId: string; readonly left: 'limit' | 'under-way' }[]
}

export interface UpstreamEnd extends Granted {
  readonly outcome: UpstreamOutcome
  readonly status: number | null
  readonly reason: string | null
}

/** How often the sender was asked to resend a message. Every method is one transaction, on disk when it resolves. */
export interface UpstreamStore {
  /** Counts before anybody is asked; `entry` is written in the same transaction, and not where nothing was granted. */
  begin(request: UpstreamRequest, entry: (granted: readonly Granted[]) => JournalDraft): Promise<Grants>
  /** Attempts that asked nobody (`not-needed`, `not-asked`) count no longer. */
  end(source: string, ends: readonly UpstreamEnd[], entry: JournalDraft): Promise<void>
  /** In the order of asking; a message that nobody was asked for is absent. */
  attempts(
    source: string,
    messageIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly UpstreamAttempt[]>>
}
