import type { Checkpoint, ExportEnd, VerifyingKey } from '../domain/checkpoint.ts'
import type { Head } from '../domain/journal-check.ts'
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

/** What the one who verifies knows besides. */
export interface JournalKnown {
  /** Who may have signed besides this installation. */
  readonly keys: readonly VerifyingKey[]
  /** Entries that were noted elsewhere: the journal must hold them. */
  readonly heads: readonly Head[]
}

/** The signed end of an export; entries up to `end.seq` belong to it. */
export interface ExportSeal {
  readonly checkpoints: readonly Checkpoint[]
  readonly end: ExportEnd
}

/** Append-only, hash-chained. Jobs and decisions write their own entries in their own transactions. */
export interface Journal {
  append(entry: JournalDraft): Promise<JournalEntry>
  /** Although the clock is behind the last entry, which `append` and everything else refuses as `clock-went-back`. */
  acceptClock(entry: JournalDraft): Promise<JournalEntry>
  list(query: JournalQuery): Promise<readonly JournalEntry[]>
  /** Reads everything. Damage is a verdict, not an error. */
  verify(signal: AbortSignal): Promise<JournalVerdict>
  verifyAgainst(known: JournalKnown, signal: AbortSignal): Promise<JournalVerdict>
  /** Signs the journal as it stands, for an export. Null where it is empty, or nobody signs here. */
  sealForExport(): Promise<ExportSeal | null>
}
