import { z } from 'zod'
import { place, procedure, time } from './base.ts'
import { text } from './words.ts'

export const evidenceVerdict = z.enum(['consumed', 'not-seen-within-retention', 'unknown'])
/** Why nothing can be said; `src-main/domain/evidence.ts` says what each means. */
export const evidenceReason = z.enum([
  'not-mapped',
  'unreachable',
  'received',
  'older-than-retention',
  'retention-unknown',
  'age-unknown',
  'other-ids',
  'row-gone',
  'not-all-read',
  'records-without-id',
  'withdrawn',
])

const count = z.number().int().nonnegative()

/** What is known of the consumption of a message. */
export const evidence = z.object({
  verdict: evidenceVerdict,
  /** Null but for `unknown`. */
  reason: evidenceReason.nullable(),
  /** Null where the receiver does not write it down. */
  consumedAt: time.nullable(),
  /** Proofs that were found. */
  times: count,
})

/** Evidence of one message, with where it was looked for. */
export const messageEvidence = evidence.extend({
  /** Null: no evidence is mapped for this source. */
  where: z.string().nullable(),
  /** Why it could not be asked; null: it was. */
  problem: z.string().nullable(),
})
export type MessageEvidence = z.infer<typeof messageEvidence>

/** What was known of the messages of a plan when it was made. */
export const planEvidence = z.object({
  where: z.string().nullable(),
  /** Left out, but where `included` says why not. */
  consumed: count,
  notSeen: count,
  unknown: z.array(z.object({ reason: evidenceReason, count })),
  problem: z.string().nullable(),
  /** The operator's reason for sending consumed ones again; null: they are left out. */
  included: z.string().nullable(),
})
export type PlanEvidence = z.infer<typeof planEvidence>

/** What is looked at, and what was found; `src-main/domain/dedupe/finding.ts` says what each means. */
export const dedupeCheck = z.enum([
  'reachable',
  'unique',
  'doubled',
  'kept',
  'lifetime',
  'retries',
  'age',
  'clocks',
])
export const dedupeState = z.enum(['ok', 'weak', 'broken', 'unknown'])
export type DedupeState = z.infer<typeof dedupeState>
export const dedupeVerdict = z.enum(['harmless', 'not-harmless', 'unknown'])

/** Whether the receiver of a source tells the second delivery of a message. */
export const dedupeReport = z.object({
  where: z.string().nullable(),
  verdict: dedupeVerdict,
  findings: z.array(z.object({ check: dedupeCheck, state: dedupeState, says: text })),
  asOf: time,
})
export type DedupeReport = z.infer<typeof dedupeReport>

export const evidenceChecks = {
  /** Looks at the receiver's table as it is now: reads only, within seconds. */
  check: procedure.input(z.strictObject({ source: place })).output(dedupeReport),
}
