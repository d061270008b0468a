import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { AUDIT_CHAINS_MAX, auditVerdict } from './audits.ts'
import { name, procedure, time } from './base.ts'
import { evidenceReason } from './evidence.ts'

const count = z.number().int().nonnegative()

export const placeFindingKind = z.enum([
  'never-sent',
  'sent-not-consumed',
  'consumed-twice',
  'consumed-out-of-order',
  'consumed-unknown-to-sender',
])

export const placeFinding = z.object({
  kind: placeFindingKind,
  chain: z.string().nullable(),
  /** Row id; null where the sender does not hold the message. */
  id: z.string().nullable(),
  messageId: z.string(),
  consumedAt: time.nullable(),
  /** Where the receiver stands in the chain; null: it does not say. */
  position: z.string().nullable(),
  /** The receiver has passed it and would drop it. Null: it cannot be told. */
  passed: z.boolean().nullable(),
  /** The same in one English sentence. */
  says: z.string(),
})

/** stored → sent → consumed, compared. */
export const placesReport = z.object({
  where: z.string(),
  verdict: auditVerdict,
  stored: count,
  sent: count,
  consumed: count,
  /** Nothing can be expected of them yet. */
  onTheWay: count,
  /** Sent, and whether they were consumed cannot be told. */
  untold: z.array(z.object({ reason: evidenceReason, count })),
  byKind: z.record(placeFindingKind, count),
  findings: z.array(placeFinding),
  positions: z.array(z.object({ chain: z.string(), position: z.string() })),
  remarks: z.array(z.string()),
})
export type PlacesReport = z.infer<typeof placesReport>

const placesInput = z.strictObject({
  source: name,
  /** Null: the whole outbox. */
  chains: z.array(z.string().min(1).max(4_000)).min(1).max(AUDIT_CHAINS_MAX).nullable(),
})

const placesStep = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), messages: count }),
  /** `json` is the text that the digest is of, `html` the same as one page; the digest is in the journal. */
  z.object({
    type: z.literal('report'),
    report: placesReport,
    digest: z.string(),
    json: z.string(),
    html: z.string(),
  }),
])
export type PlacesStep = z.infer<typeof placesStep>

export const places = {
  /** Compares the three places, message by message; says how far it is, and last what it found. Reads only. */
  compare: procedure.input(placesInput).output(eventIterator(placesStep)),
}
