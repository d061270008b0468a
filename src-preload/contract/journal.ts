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
  'approval-given',
  'approval-refused',
  'approval-used',
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
  z.object({ intact: z.literal(true), entries: z.number().int(), headHash: z.string() }),
  z.object({
    intact: z.literal(false),
    entries: z.number().int(),
    brokenAt: z.number().int().nullable(),
    finding: z.enum(['changed', 'missing', 'reordered', 'truncated', 'unreadable']),
  }),
])
export type JournalVerdict = z.infer<typeof journalVerdict>

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
  verify: procedure.input(z.strictObject({})).output(journalVerdict),
}
