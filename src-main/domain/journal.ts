import type { Ceiling } from './deed.ts'
import { canonical, sha256 } from './digest.ts'
import type { Json } from './digest.ts'

export const journalActions = [
  'workspace-changed',
  'source-unlocked',
  'source-locked',
  'plan-created',
  'job-started',
  'job-continued',
  'job-claiming',
  'job-publishing',
  'job-outcomes',
  'job-marked',
  'job-ended',
  'job-recovered',
  'job-settling',
  'job-settled',
  'resolve-intended',
  'resolved',
  'undo-intended',
  'undone',
  'mapping-confirmed',
  'retry-intended',
  'retried',
  'sweep-switched',
  'sweep-begun',
  'sweep-expiring',
  'sweep-ended',
  'check-back-switched',
  'check-back-begun',
  'check-back-asking',
  'check-back-answered',
  'check-back-decided',
  'check-back-recovered',
  'check-back-overriding',
  'check-back-ended',
  'audit-begun',
  'audit-ended',
  'audit-watched',
  'dead-letters-looked',
  'dead-letters-discarding',
  'dead-letters-discarded',
  'dead-letters-marked',
  'dead-letters-restored',
  'callback-begun',
  'callback-ended',
  'upstream-asking',
  'upstream-asked',
  'alert-fired',
  'alert-repeated',
  'alert-acknowledged',
  'alert-resolved',
  'alert-told',
  'note-added',
  'message-assigned',
  'payload-viewed',
  'payload-unmasked',
  'clock-accepted',
  'store-restored',
  'approval-given',
  'approval-refused',
  'approval-used',
  'operator-added',
  'operator-revoked',
  'logged-in',
  'logged-out',
  'login-refused',
] as const
export type JournalAction = (typeof journalActions)[number]

/** What the caller knows; the journal adds sequence, time and hashes. */
export interface JournalDraft {
  readonly action: JournalAction
  readonly operator: string
  readonly source: string | null
  /** Id of the job, plan or decision it belongs to. */
  readonly subject: string | null
  /** Row ids, outcomes, reasons: everything needed to tell what happened. Never a secret, never a payload. */
  readonly detail: Json
  /** Limits that hold where it is written, see `Ceiling`: no part of the entry. */
  readonly within?: readonly Ceiling[]
}

export interface JournalEntry extends Omit<JournalDraft, 'within'> {
  /** 1, 2, 3 … without holes. */
  readonly seq: number
  readonly at: string
  readonly previousHash: string
  readonly hash: string
}

/** The hash before the first entry. */
export const genesisHash = '0'.repeat(64)

export function journalHash(entry: Omit<JournalEntry, 'hash'>): string {
  const { seq, at, action, operator, source, subject, detail, previousHash } = entry
  return sha256(canonical({ seq, at, action, operator, source, subject, detail, previousHash }))
}

export function nextEntry(
  draft: JournalDraft,
  at: string,
  head: { readonly seq: number; readonly hash: string } | null,
): JournalEntry {
  const { action, operator, source, subject, detail } = draft
  const said = { action, operator, source, subject, detail }
  const entry = { ...said, seq: (head?.seq ?? 0) + 1, at, previousHash: head?.hash ?? genesisHash }
  return { ...entry, hash: journalHash(entry) }
}

/** Who vouches for a journal. */
export interface JournalSigned {
  /** Fingerprints of the keys, all of them trusted by whoever verified. */
  readonly by: readonly string[]
  /** The last entry that a signature covers. */
  readonly upTo: number
  readonly checkpoints: number
  /** Entries that were there before signing began: the first signature vouches only for how they were found. */
  readonly before: number
}

export const journalFindings = [
  'changed',
  'missing',
  'reordered',
  'truncated',
  'unreadable',
  /** A signature does not fit what it is said to sign. */
  'forged',
  /** Somebody signed whom the one who verifies does not know. */
  'unknown-key',
  /** Entries that no signature covers, where one should. */
  'unsigned',
] as const

export type JournalVerdict =
  | {
      readonly intact: true
      readonly entries: number
      readonly headHash: string
      /** Null: nothing in it was ever signed. */
      readonly signed: JournalSigned | null
    }
  | {
      readonly intact: false
      readonly entries: number
      /** The first entry that does not fit, as far as it can be told. */
      readonly brokenAt: number | null
      readonly finding: (typeof journalFindings)[number]
    }
