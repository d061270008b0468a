import { z } from 'zod'
import { id, name, procedure, time } from './base.ts'
import { errorCode } from './errors.ts'

/** `unknown`: publishes whose outcome nobody has settled. */
export const alertTrouble = z.enum(['stuck', 'failed', 'unconfirmed', 'unknown'])
export type AlertTrouble = z.infer<typeof alertTrouble>

/** `src-main/domain/alert/rule.ts` holds the same limits for the workspace file. Seconds, messages, parts of 1. */
export const alertCondition = z.discriminatedUnion('measure', [
  z.strictObject({
    measure: z.literal('count'),
    trouble: alertTrouble,
    above: z.number().int().min(0).max(1_000_000_000),
  }),
  z.strictObject({
    measure: z.literal('oldest'),
    trouble: alertTrouble,
    above: z.number().int().min(1).max(2_592_000),
  }),
  z.strictObject({
    measure: z.literal('failure-rate'),
    above: z.number().min(0).max(1),
    windowSec: z.number().int().min(60).max(86_400),
    publishesMin: z.number().int().min(1).max(1_000_000),
  }),
  z.strictObject({ measure: z.literal('stopped') }),
  z.strictObject({ measure: z.literal('source-silent') }),
  z.strictObject({ measure: z.literal('broker-silent') }),
])
export type AlertCondition = z.infer<typeof alertCondition>
export type AlertMeasure = AlertCondition['measure']

export const alertRule = z.strictObject({
  when: alertCondition,
  /** One source or broker; null: all of them. */
  only: name.nullable(),
  forSec: z.number().int().min(0).max(86_400),
  /** Null: told once. */
  repeatSec: z.number().int().min(60).max(604_800).nullable(),
})
export type AlertRule = z.infer<typeof alertRule>

export const alertDelivery = z.object({
  event: z.enum(['fired', 'repeated', 'acknowledged', 'resolved']),
  state: z.enum(['due', 'sending', 'delivered', 'given-up']),
  attempts: z.number().int(),
  at: time,
  reason: z.string().nullable(),
})
export type AlertDelivery = z.infer<typeof alertDelivery>

export const alert = z.object({
  alert: id,
  rule: name,
  subject: z.object({ kind: z.enum(['source', 'broker']), name }),
  /** As the rule was when it fired. */
  when: alertCondition,
  /** What was measured then; null: nothing that has a number. */
  value: z.number().nullable(),
  firedAt: time,
  toldAt: time,
  acknowledged: z.object({ at: time, by: z.string() }).nullable(),
  /** `withdrawn`: the rule or what it watched is gone from the workspace. */
  resolved: z.object({ at: time, withdrawn: z.boolean() }).nullable(),
  /** The latest word of the webhook; null: nothing was sent. */
  delivery: alertDelivery.nullable(),
})
export type Alert = z.infer<typeof alert>

export const ALERTS_SHOWN_MAX = 500

const sampled = z.object({
  kind: z.enum(['source', 'broker']),
  name,
  /** Null: it answered. */
  code: errorCode.nullable(),
  stuck: z.number().int().nullable(),
  failed: z.number().int().nullable(),
  unconfirmed: z.number().int().nullable(),
})

export const alerts = {
  list: procedure.input(z.strictObject({ resolved: z.number().int().min(0).max(ALERTS_SHOWN_MAX) })).output(
    z.object({
      rules: z.array(z.object({ name, rule: alertRule })),
      /** Firing, oldest first; acknowledged ones too. */
      open: z.array(alert),
      /** Newest first. */
      resolved: z.array(alert),
      /** Host of the webhook; null: none is configured. */
      webhook: z.string().nullable(),
      /** When this store last saw a source or a broker; null: never. */
      sampledAt: time.nullable(),
    }),
  ),
  /** One that is acknowledged or resolved already stays as it is. */
  acknowledge: procedure.input(z.strictObject({ alert: id })).output(alert),
  saveRule: procedure
    .input(z.strictObject({ name, isNew: z.boolean(), rule: alertRule }))
    .output(z.object({})),
  removeRule: procedure.input(z.strictObject({ name })).output(z.object({})),
  /** One round: samples whose turn it is, the rules, and what is due to the webhook. `paceSec`: how far rounds lie apart. */
  check: procedure.input(z.strictObject({ paceSec: z.number().int().min(5).max(86_400) })).output(
    z.object({
      sampled: z.array(sampled),
      told: z.array(z.object({ event: alertDelivery.shape.event, alert })),
      open: z.array(alert),
    }),
  ),
}
