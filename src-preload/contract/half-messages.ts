import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { environment, id, name, procedure, time } from './base.ts'
import { errorCode } from './errors.ts'

const trouble = z.object({ code: errorCode, reason: z.string() })

const checkAnswer = z.enum(['commit', 'rollback', 'unknown'])

export const checkOutcome = z.object({
  asked: z.number().int(),
  committed: z.number().int(),
  rolledBack: z.number().int(),
  /** No decision yet, and not parked. */
  unknown: z.number().int(),
  parked: z.number().int(),
  /** Decided, but the row had changed meanwhile: left alone. */
  left: z.number().int(),
  /** Decided, and nobody knows whether the row was written: the next run looks. */
  unsettled: z.number().int(),
  failedCalls: z.number().int(),
})
export type CheckOutcome = z.infer<typeof checkOutcome>

export const checkRun = z.object({
  run: id,
  source: name,
  trigger: z.enum(['schedule', 'operator']),
  operator: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  outcome: checkOutcome.nullable(),
  trouble: trouble.nullable(),
})
export type CheckRun = z.infer<typeof checkRun>

export const checkBack = z.object({
  source: name,
  environment,
  /** Method and address of the producer's check endpoint, with its placeholders. */
  asks: z.string(),
  everySec: z.number(),
  firstAgeSec: z.number(),
  againSec: z.number(),
  checksMax: z.number().int(),
  concurrency: z.number().int(),
  rate: z.number().nullable(),
  /** As of a sweep. */
  state: z.enum(['off', 'unapproved', 'on', 'stopped']),
  stopped: trouble.nullable(),
  failures: z.number().int(),
  nextRunAt: time.nullable(),
  /** Newest first; the first one may be running. */
  runs: z.array(checkRun),
})
export type CheckBack = z.infer<typeof checkBack>

export const halfStanding = z.object({
  id,
  messageId: z.string(),
  /** `deciding`: answered, and being carried out; `parked`: checks are used up, a person decides. */
  state: z.enum(['undecided', 'deciding', 'parked']),
  checks: z.number().int(),
  askedAt: time,
  /** Null: nothing is known of the answer. */
  last: z
    .object({
      at: time,
      means: checkAnswer,
      /** Of HTTP; null: no answer came. */
      status: z.number().int().nullable(),
      failure: z
        .enum([
          'refused',
          'unresolvable',
          'tls',
          'timed-out',
          'too-large',
          'broke',
          'no-secret',
          'unfillable',
        ])
        .nullable(),
      reason: z.string().nullable(),
      digest: z.string().nullable(),
      tries: z.number().int(),
    })
    .nullable(),
})
export type HalfStanding = z.infer<typeof halfStanding>

/** Runs that a list shows of each source. */
export const CHECK_RUNS_MAX = 50
/** Half messages that are asked about, or looked up, by their ids at once. */
export const HALF_IDS_MAX = 1_000

const ids = z.array(id).min(1).max(HALF_IDS_MAX)
const typedName = z.string().max(64).nullable()
const one = z.strictObject({ source: name })

export const halfMessages = {
  /** The check-backs of the sources that have one. */
  list: procedure
    .input(z.strictObject({ runs: z.number().int().min(0).max(CHECK_RUNS_MAX) }))
    .output(z.object({ checkBacks: z.array(checkBack) })),
  /** What is known of these; one that nobody has asked about is absent. `checksMax` null: the source asks nobody. */
  standings: procedure
    .input(z.strictObject({ source: name, ids }))
    .output(z.object({ checksMax: z.number().int().nullable(), standings: z.array(halfStanding) })),
  /**
   * Begins a run and answers at once. `ids` null: what is due. Needs the source unlocked, or, for what is due, its check-back
   * switched on.
   */
  askNow: procedure.input(z.strictObject({ source: name, ids: ids.nullable() })).output(checkRun),
  /** The run now, and once more when it has ended. */
  watch: procedure.input(z.strictObject({ run: id })).output(eventIterator(checkRun)),
  stop: procedure.input(one).output(z.object({})),
  /** Needs the source unlocked and, in production, its name typed. Forgets failures. */
  enable: procedure.input(z.strictObject({ source: name, typedName })).output(checkBack),
  /** Always possible. Ends a run that is under way. */
  disable: procedure.input(one).output(checkBack),
  /** In the place of the producer: with a reason, and the message id typed. */
  decide: procedure
    .input(
      z.strictObject({
        source: name,
        id,
        version: z.string().nullable(),
        decision: z.enum(['commit', 'rollback']),
        reason: z.string().max(1_000),
        typedMessageId: z.string().max(1_000),
      }),
    )
    .output(z.object({})),
}
