import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { environment, id, name, place, procedure, reason, time } from './base.ts'
import { lookCost, queueName } from './dead-letters.ts'
import { errorCode } from './errors.ts'
import { messageEvidence } from './evidence.ts'
import { planItem, unconfirmedResult } from './plans.ts'

/** `sweep`: the items were found and claimed while it ran, not planned before. */
export const jobKind = z.enum(['resend', 'sweep'])
export const jobState = z.enum(['running', 'paused', 'interrupted', 'done', 'cancelled'])
export const itemResult = z.enum(['confirmed', ...unconfirmedResult.options])
export type ItemResult = z.infer<typeof itemResult>
export const settlement = z.enum(['sent', 'not-sent'])
export type Settlement = z.infer<typeof settlement>

/** Messages a second that an operator may ask for. */
export const RATE_MAX = 100_000
const rate = z.number().positive().max(RATE_MAX).nullable()
const count = z.number().int().nonnegative()

/** When a run pauses itself. A blocked connection always waits; that is no limit of the operator's. */
export const brake = z.strictObject({
  /** Of the messages answered lately, the share not confirmed that pulls the brake; 0 to 1. */
  failureRatio: z.number().gt(0).max(1).nullable(),
  /** More returned messages than this pull the brake. */
  returnedMax: count.nullable(),
  /** More messages than this waiting in the queue pull the brake. */
  queue: z.strictObject({ name: z.string().min(1).max(255), depthMax: count }).nullable(),
})
export type Brake = z.infer<typeof brake>

export const runOptions = z.object({
  /** Messages a second; null: as fast as source and broker allow. */
  rate,
  /** Begins with a few messages and goes on only when they were confirmed. */
  ramp: z.boolean(),
  brake: brake.nullable(),
})
export type RunOptions = z.infer<typeof runOptions>

export const tally = z.object({
  confirmed: count,
  returned: count,
  refused: count,
  unknown: count,
  skipped: count,
  parked: count,
  unsettled: count,
  unmarked: count,
})
export type Tally = z.infer<typeof tally>

/** How a running job does, measured by the engine over the last seconds. */
export const progress = z.object({
  ratePerSec: z.number().nonnegative().nullable(),
  remainingSec: z.number().nonnegative().nullable(),
  /** Messages of the ramp's present step; null: it is over, or there is none. */
  rampStep: z.number().int().positive().nullable(),
  /** It publishes nothing now and goes on by itself; `since` it waits. */
  waiting: z.object({ code: errorCode, reason: z.string(), since: time }).nullable(),
  /** The database answers so many times slower than usual, and the job makes pauses. Absent: it does not. */
  slower: z.number().exactOptional(),
})
export type Progress = z.infer<typeof progress>

/** The limit that pulled the brake: what was seen, and what was allowed (a ratio, or messages). */
export const brakePull = z.object({
  limit: z.enum(['failure-ratio', 'returned', 'queue-depth']),
  seen: z.number().nonnegative(),
  allowed: z.number().nonnegative(),
  /** Name of the queue, for `queue-depth`. */
  queue: z.string().nullable(),
})
export type BrakePull = z.infer<typeof brakePull>

export const job = z.object({
  job: id,
  kind: jobKind,
  /** Null for a sweep: its items were claimed as they were found. */
  plan: id.nullable(),
  digest: z.string().nullable(),
  source: place,
  environment: environment.nullable(),
  broker: name,
  state: jobState,
  operator: z.string(),
  options: runOptions,
  createdAt: time,
  endedAt: time.nullable(),
  /** Why it stands: `brake-pulled` (then `pulled` says by which limit), or what went wrong. Null: nothing did. */
  interruption: z.object({ code: errorCode, reason: z.string(), pulled: brakePull.nullable() }).nullable(),
  /** Null while it does not run. */
  progress: progress.nullable(),
  items: count,
  ended: count,
  tally,
})
export type Job = z.infer<typeof job>

export const jobItem = planItem.extend({
  itemState: z.enum(['planned', 'claiming', 'publishing', 'settling', 'done']),
  result: itemResult.nullable(),
  code: errorCode.nullable(),
  /** Words of the broker or the client; of a parked item: `parked behind <row id>`. */
  reason: z.string().nullable(),
  marked: z.boolean().nullable(),
  settledAs: settlement.nullable(),
  updatedAt: time,
})
export type JobItem = z.infer<typeof jobItem>

/** A message without an answer that nobody has decided about yet. */
export const unknownOutcome = jobItem.extend({
  job: id,
  kind: jobKind,
  source: place,
  environment: environment.nullable(),
  /** Null: this source has no evidence. */
  evidence: messageEvidence.nullable(),
})
export type UnknownOutcome = z.infer<typeof unknownOutcome>

/** One job with unknown outcomes that nobody has decided about. */
export const unsettledJob = z.object({
  job: id,
  kind: jobKind,
  source: place,
  environment: environment.nullable(),
  state: jobState,
  unsettled: count,
})
export type UnsettledJob = z.infer<typeof unsettledJob>

/** Items that one call may settle by name. */
export const SETTLE_ITEMS_MAX = 10_000

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
        rate,
        ramp: z.boolean(),
        brake: brake.nullable(),
      }),
    )
    .output(job),
  list: procedure
    .input(
      z.strictObject({
        source: place.nullable(),
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
  /** Publishes nothing more until it is continued. What is on its way is waited for and settled. */
  pause: procedure.input(z.strictObject({ job: id })).output(job),
  /** Publishes nothing more. What is on its way is waited for and settled. */
  cancel: procedure.input(z.strictObject({ job: id })).output(job),
  /** Goes on with an interrupted or a paused job; a brake that was pulled is set anew. */
  continue: procedure.input(z.strictObject({ job: id })).output(job),
  /** Decides unknown outcomes: all that are unsettled, or those named. */
  settle: procedure
    .input(
      z.strictObject({
        job: id,
        seqs: z.array(z.number().int()).min(1).max(SETTLE_ITEMS_MAX).nullable(),
        as: settlement,
        reason,
      }),
    )
    .output(z.object({ settled: z.number().int(), unmarked: z.number().int(), job })),
  /**
   * Decides those of the unknown outcomes as sent that the receiver is proved to have consumed, and leaves the others to a
   * person: not to be seen proves nothing. Throws `evidence-unreachable` where it could not be asked.
   */
  settleByEvidence: procedure
    .input(
      z.strictObject({
        job: id,
        seqs: z.array(z.number().int()).min(1).max(SETTLE_ITEMS_MAX).nullable(),
      }),
    )
    .output(z.object({ settled: count, unmarked: count, left: count, job })),
  /**
   * Decides those of the unknown outcomes of a redrive as sent whose copy is found in `queue`, and takes their letters out;
   * leaves the others to a person: a consumer may have taken them. Where the queue is `untouched`, as the operator knows and
   * its consumers do not disprove, those that are not found and are still dead letters were not sent (`notSent` of
   * `settled`). It is a look, see `deadLetters.look`: `costs` is what the operator was told of, and it is refused where a
   * message could be lost by it.
   */
  settleByArrival: procedure
    .input(
      z.strictObject({
        job: id,
        queue: queueName,
        costs: z.array(lookCost),
        untouched: z.boolean(),
        seqs: z.array(z.number().int()).min(1).max(SETTLE_ITEMS_MAX).nullable(),
      }),
    )
    .output(z.object({ settled: count, notSent: count, unmarked: count, left: count, job })),
  /**
   * Unknown outcomes that nobody has decided about, of all jobs, the oldest first. `jobs` counts them job by job,
   * and `count` all of them, whatever page this is.
   */
  unknown: procedure
    .input(
      z.strictObject({
        source: place.nullable(),
        cursor: z.string().max(1_000).nullable(),
        limit: z.number().int().min(1).max(200),
      }),
    )
    .output(
      z.object({
        items: z.array(unknownOutcome),
        nextCursor: z.string().nullable(),
        count,
        jobs: z.array(unsettledJob),
      }),
    ),
}
