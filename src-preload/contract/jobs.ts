import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { environment, id, name, procedure, reason, time } from './base.ts'
import { errorCode } from './errors.ts'
import { planItem } from './plans.ts'

export const jobState = z.enum(['running', 'interrupted', 'done', 'cancelled'])
export const itemResult = z.enum(['confirmed', 'returned', 'refused', 'unknown', 'skipped'])
export type ItemResult = z.infer<typeof itemResult>
export const settlement = z.enum(['sent', 'not-sent'])
export type Settlement = z.infer<typeof settlement>

export const tally = z.object({
  confirmed: z.number().int(),
  returned: z.number().int(),
  refused: z.number().int(),
  unknown: z.number().int(),
  skipped: z.number().int(),
  unsettled: z.number().int(),
  unmarked: z.number().int(),
})
export type Tally = z.infer<typeof tally>

export const job = z.object({
  job: id,
  plan: id,
  digest: z.string(),
  source: name,
  environment: environment.nullable(),
  broker: name,
  state: jobState,
  operator: z.string(),
  rate: z.number().nullable(),
  createdAt: time,
  endedAt: time.nullable(),
  interruption: z.object({ code: errorCode, reason: z.string() }).nullable(),
  items: z.number().int(),
  ended: z.number().int(),
  tally,
})
export type Job = z.infer<typeof job>

export const jobItem = planItem.extend({
  itemState: z.enum(['planned', 'claiming', 'publishing', 'settling', 'done']),
  result: itemResult.nullable(),
  code: errorCode.nullable(),
  reason: z.string().nullable(),
  marked: z.boolean().nullable(),
  settledAs: settlement.nullable(),
  updatedAt: time,
})
export type JobItem = z.infer<typeof jobItem>

/** Messages a second that an operator may ask for. */
export const RATE_MAX = 100_000

export const jobs = {
  /**
   * Starts the job of a plan and answers at once. `digest` says that the operator saw exactly this plan;
   * `typedCount` is needed where the source is production. A plan whose job was interrupted is continued.
   */
  run: procedure
    .input(
      z.strictObject({
        plan: id,
        digest: z.string(),
        typedCount: z.number().int().nullable(),
        rate: z.number().positive().max(RATE_MAX).nullable(),
      }),
    )
    .output(job),
  list: procedure
    .input(
      z.strictObject({
        source: name.nullable(),
        before: id.nullable(),
        limit: z.number().int().min(1).max(200),
      }),
    )
    .output(z.object({ jobs: z.array(job) })),
  get: procedure.input(z.strictObject({ job: id })).output(job),
  items: procedure
    .input(
      z.strictObject({
        job: id,
        results: z.array(itemResult).exactOptional(),
        unsettled: z.boolean().exactOptional(),
        afterSeq: z.number().int(),
        limit: z.number().int().min(1).max(1_000),
      }),
    )
    .output(z.object({ items: z.array(jobItem) })),
  /** The job now, then on every change, at most four times a second, until it is no longer running. */
  watch: procedure.input(z.strictObject({ job: id })).output(eventIterator(job)),
  /** Publishes nothing more. What is on its way is waited for and settled. */
  cancel: procedure.input(z.strictObject({ job: id })).output(job),
  /** Goes on with an interrupted job. */
  continue: procedure.input(z.strictObject({ job: id })).output(job),
  /** Decides unknown outcomes: all that are unsettled, or those named. */
  settle: procedure
    .input(
      z.strictObject({
        job: id,
        seqs: z.array(z.number().int()).min(1).max(10_000).nullable(),
        as: settlement,
        reason,
      }),
    )
    .output(z.object({ settled: z.number().int(), unmarked: z.number().int(), job })),
}
