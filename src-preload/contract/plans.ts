import { z } from 'zod'
import { environment, id, IDS_MAX, name, procedure, time } from './base.ts'
import { errorCode } from './errors.ts'
import { destination, messageFilter, messageState } from './messages.ts'

export const planItem = z.object({
  seq: z.number().int(),
  id,
  version: z.string(),
  messageId: z.string(),
  state: messageState,
  attempts: z.number().int(),
  type: z.string().nullable(),
  chainKey: z.string().nullable(),
  destination,
  payloadDigest: z.string(),
  createdAt: time,
})
export type PlanItem = z.infer<typeof planItem>

export const planSkip = z.object({ id, messageId: z.string().nullable(), code: errorCode })
export const planWarning = z.discriminatedUnion('code', [
  z.object({ code: z.literal('order-broken'), chainKey: z.string(), id, laterSentId: id }),
  z.object({ code: z.literal('exchange-missing'), exchange: z.string(), count: z.number().int() }),
  z.object({ code: z.literal('maybe-sent'), count: z.number().int() }),
])
export type PlanWarning = z.infer<typeof planWarning>

/** A plan file, whole. Strict: an unknown key means that somebody edited it. */
export const planFile = z.strictObject({
  format: z.literal('redrive-plan/1'),
  plan: id,
  source: name,
  broker: name,
  table: z.string(),
  profile: z.string(),
  mappingDigest: z.string(),
  createdAt: time,
  createdBy: z.string(),
  selection: z.string(),
  skipped: z.array(planSkip),
  warnings: z.array(planWarning),
  items: z.array(planItem),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
})
export type PlanFile = z.infer<typeof planFile>

/** What an operator reads before saying yes. */
export const planView = z.object({
  plan: id,
  digest: z.string(),
  source: name,
  environment,
  broker: name,
  createdAt: time,
  createdBy: z.string(),
  selection: z.string(),
  items: z.number().int(),
  oldestCreatedAt: time.nullable(),
  newestCreatedAt: time.nullable(),
  byType: z.array(z.object({ type: z.string().nullable(), count: z.number().int() })),
  byDestination: z.array(
    z.object({
      destination,
      count: z.number().int(),
      /** False: the exchange does not exist. Null: it could not be told. */
      exists: z.boolean().nullable(),
    }),
  ),
  skipped: z.array(planSkip),
  warnings: z.array(planWarning),
  /** The first items, for the eye; `plans.items` has the rest. */
  sample: z.array(planItem),
  /** Job that ran this plan; null: not run. */
  job: id.nullable(),
})
export type PlanView = z.infer<typeof planView>

export const planSelection = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ids'), ids: z.array(id).min(1).max(IDS_MAX) }),
  z.strictObject({ kind: z.literal('filter'), filter: messageFilter }),
])
export type PlanSelection = z.infer<typeof planSelection>

export const plans = {
  /** Freezes and stores a plan. Touches nothing in the source. */
  resend: procedure.input(z.strictObject({ source: name, selection: planSelection })).output(planView),
  get: procedure.input(z.strictObject({ plan: id })).output(planView),
  items: procedure
    .input(
      z.strictObject({ plan: id, afterSeq: z.number().int(), limit: z.number().int().min(1).max(1_000) }),
    )
    .output(z.object({ items: z.array(planItem) })),
  /** The plan as the file that can be reviewed, handed over and run elsewhere. */
  export: procedure.input(z.strictObject({ plan: id })).output(planFile),
  /** Takes a plan file in, after checking its digest. A plan that is already known is left as it is. */
  import: procedure.input(z.strictObject({ file: planFile })).output(planView),
}
