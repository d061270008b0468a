import { z } from 'zod'
import { publicKeyOf } from '../../domain/ed25519.ts'
import { isTimeZone } from '../../domain/forbidden-hours.ts'
import {
  APPROVAL_HOURS_MAX_DEFAULT,
  policyLimits,
  sameName,
  UNLOCK_MINUTES_MAX_DEFAULT,
  weekdays,
} from '../../domain/policy.ts'
import type { ApprovalPolicy, EnvironmentPolicy } from '../../domain/policy.ts'
import { environments } from '../../domain/workspace.ts'
import type { Policies } from '../../domain/workspace.ts'
import { name } from './name-schema.ts'

const whole = ({ min, max }: { readonly min: number; readonly max: number }) => z.int().min(min).max(max)

const approver = z.strictObject({
  publicKey: z
    .string()
    .refine((text) => publicKeyOf(text) !== null, {
      error: 'not a public key: "ed25519:" and 32 bytes in base64, as "redrive approve keygen" prints it',
    })
    .describe('ed25519:…, as "redrive approve keygen" prints it.'),
  operators: z
    .array(z.string().min(1).max(policyLimits.operatorChars.max))
    .max(policyLimits.operators.max)
    .describe('Names that this person acts under, beside the one here: nobody approves their own plan.')
    .exactOptional(),
})

const approval = z
  .strictObject({
    above: whole(policyLimits.above).describe(
      'Messages that may be acted on within an hour without a second person; 0: none.',
    ),
    sweepsPerHour: whole(policyLimits.sweepsPerHour)
      .describe('Messages that sweeps may send within an hour; `above` unless set.')
      .exactOptional(),
    hoursMax: whole(policyLimits.hoursMax)
      .describe(`How long an approval may be good for; ${APPROVAL_HOURS_MAX_DEFAULT} unless set.`)
      .exactOptional(),
    approvers: z
      .record(name, approver)
      .refine((value) => Object.keys(value).length >= policyLimits.approvers.min, {
        error: 'nobody may approve',
      })
      .refine((value) => Object.keys(value).length <= policyLimits.approvers.max, {
        error: `more than ${policyLimits.approvers.max} approvers`,
      }),
  })
  .superRefine(({ approvers }, context) => {
    const seen: [string, string][] = []
    for (const [who, { publicKey }] of Object.entries(approvers)) {
      const twin = seen.find(([name, key]) => key === publicKey || sameName(name, who))
      seen.push([who, publicKey])
      if (twin === undefined) continue
      // One key under two names would be one person who is two.
      const message = `${who} and ${twin[0]} are one person by their key or their name`
      context.addIssue({ code: 'custom', message, path: ['approvers', who] })
    }
  })
  .describe(
    'When a second person must have said yes, signed over the plan.',
  ) satisfies z.ZodType<ApprovalPolicy>

const limits = z
  .strictObject({
    perAction: whole(policyLimits.perAction)
      .describe('Messages of one plan, one decision, one run of a sweep.')
      .exactOptional(),
    perHour: whole(policyLimits.perHour)
      .describe('Messages within an hour, of all that is sent or decided, sweeps included.')
      .exactOptional(),
  })
  .describe('Hard limits: no approval lifts them.')

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time as HH:MM')

const forbidden = z
  .array(
    z.strictObject({
      days: z
        .array(z.enum(weekdays))
        .min(1)
        .describe('On which they begin. Absent: every day.')
        .exactOptional(),
      from: clockTime,
      to: clockTime.describe('At or before `from`: on the day after.'),
      timeZone: z
        .string()
        .refine(isTimeZone, { error: 'not a time zone, as Asia/Shanghai is one' })
        .describe('As in the IANA database: Asia/Shanghai.'),
    }),
  )
  .max(policyLimits.forbidden.max)
  .describe('When nothing is sent or decided; a job that runs into them pauses.')

const unlock = z.strictObject({
  minutesMax: whole(policyLimits.unlockMinutes)
    .describe(
      `Minutes that a source may be unlocked for at a time; unless set ${UNLOCK_MINUTES_MAX_DEFAULT.production} in production, ${UNLOCK_MINUTES_MAX_DEFAULT.staging} elsewhere.`,
    )
    .exactOptional(),
})

const policy = z.strictObject({
  approval: approval.exactOptional(),
  limits: limits.exactOptional(),
  unlock: unlock.exactOptional(),
  forbidden: forbidden.exactOptional(),
}) satisfies z.ZodType<EnvironmentPolicy>

export const policies = z
  .strictObject(
    Object.fromEntries(environments.map((environment) => [environment, policy.exactOptional()])) as Record<
      (typeof environments)[number],
      z.ZodExactOptional<typeof policy>
    >,
  )
  .describe('Rules for every source of an environment. No page changes them.') satisfies z.ZodType<Policies>
