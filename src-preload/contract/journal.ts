import { z } from 'zod'
import { id, place, procedure, time } from './base.ts'

export const journalAction = z.enum([
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
])
export type JournalAction = z.infer<typeof journalAction>

export const journalEntry = z.object({
  seq: z.number().int(),
  at: time,
  action: journalAction,
  operator: z.string(),
  source: z.string().nullable(),
  subject: z.string().nullable(),
  detail: z.json(),
  previousHash: z.string(),
  hash: z.string(),
})
export type JournalEntry = z.infer<typeof journalEntry>

export const journalVerdict = z.discriminatedUnion('intact', [
  z.object({
    intact: z.literal(true),
    entries: z.number().int(),
    headHash: z.string(),
    /** Who vouches for it, by fingerprint of the key; null: nobody has signed anything of it. */
    signed: z
      .object({
        by: z.array(z.string()),
        upTo: z.number().int(),
        checkpoints: z.number().int(),
        /** Entries that were there before signing began. */
        before: z.number().int(),
      })
      .nullable(),
  }),
  z.object({
    intact: z.literal(false),
    entries: z.number().int(),
    brokenAt: z.number().int().nullable(),
    finding: z.enum([
      'changed',
      'missing',
      'reordered',
      'truncated',
      'unreadable',
      'forged',
      'unknown-key',
      'unsigned',
    ]),
  }),
])
export type JournalVerdict = z.infer<typeof journalVerdict>

const seq = z.number().int().nonnegative()

/** Signed: up to the entry `seq` the journal was as its hash says. */
export const journalCheckpoint = z.object({
  seq,
  hash: z.string(),
  at: time,
  /** Fingerprint of the key. */
  key: z.string(),
  /** Entries without a signature before those that it covers; see the engine's checkpoint.ts. */
  unsigned: z.number().int(),
  signature: z.string(),
})
export type JournalCheckpoint = z.infer<typeof journalCheckpoint>
export const exportEnd = journalCheckpoint.omit({ unsigned: true })

export const journalKey = z.object({
  fingerprint: z.string(),
  /** PEM. */
  publicKey: z.string(),
  kept: z.enum(['keychain', 'file']),
})

/** The longest public key that is looked at. */
const KEY_CHARS_MAX = 2_000
const KEYS_MAX = 20
const HEADS_MAX = 20
const REASON_CHARS_MAX = 2_000

export const journal = {
  list: procedure
    .input(
      z.strictObject({
        source: place.exactOptional(),
        subject: id.exactOptional(),
        actions: z.array(journalAction).exactOptional(),
        order: z.enum(['newest', 'oldest']),
        cursor: z.number().int().nullable(),
        limit: z.number().int().min(1).max(1_000),
      }),
    )
    .output(z.object({ entries: z.array(journalEntry), nextCursor: z.number().int().nullable() })),
  /** `keys`: public keys in PEM that may have signed besides this installation's; `heads`: entries noted elsewhere. */
  verify: procedure
    .input(
      z.strictObject({
        keys: z.array(z.string().max(KEY_CHARS_MAX)).max(KEYS_MAX).exactOptional(),
        heads: z
          .array(z.strictObject({ seq: seq.min(1), hash: z.string() }))
          .max(HEADS_MAX)
          .exactOptional(),
      }),
    )
    .output(journalVerdict),
  /** The key that signs here; its private half is never told. */
  key: procedure.input(z.strictObject({})).output(z.object({ key: journalKey.nullable() })),
  /** The clock is right now, and was wrong before: entries are written again though it is behind the last one. */
  acceptClock: procedure
    .input(z.strictObject({ reason: z.string().min(1).max(REASON_CHARS_MAX) }))
    .output(z.object({ entry: journalEntry })),
  /** Signs the journal as it stands. An export holds the entries up to `end`, these checkpoints, and `end` last. */
  seal: procedure
    .input(z.strictObject({}))
    .output(
      z.object({ seal: z.object({ checkpoints: z.array(journalCheckpoint), end: exportEnd }).nullable() }),
    ),
}
