import { z } from 'zod'
import { alertDefaults, alertLimits, alertTroubles } from '../../domain/alert/rule.ts'
import type { AlertsConfig } from '../../domain/alert/rule.ts'
import { callLimits, CALL_TIMEOUT_MS_DEFAULT, serviceCallProblem } from '../../domain/service-call.ts'
import { tls } from './access-schema.ts'
import { callAuth } from './call-schema.ts'
import { name } from './name-schema.ts'

const text = z.string().min(1).max(callLimits.chars)
const whole = ({ min, max }: { readonly min: number; readonly max: number }) => z.int().min(min).max(max)
const trouble = z.enum(alertTroubles).describe('`unknown`: publishes whose outcome nobody has settled.')

const when = z
  .discriminatedUnion('measure', [
    z
      .strictObject({ measure: z.literal('count'), trouble, above: whole(alertLimits.count) })
      .describe('More than so many messages.'),
    z
      .strictObject({ measure: z.literal('oldest'), trouble, above: whole(alertLimits.oldestSec) })
      .describe('The oldest of them is older, in seconds.'),
    z
      .strictObject({
        measure: z.literal('failure-rate'),
        above: z.number().min(0).max(1).describe('Part of the publishes, 0 to 1.'),
        windowSec: whole(alertLimits.windowSec).default(alertDefaults.windowSec),
        publishesMin: whole(alertLimits.publishesMin)
          .default(alertDefaults.publishesMin)
          .describe('With fewer publishes in the window nothing is said of their rate.'),
      })
      .describe('Of the publishes of jobs and sweeps in the window, more were not confirmed.'),
    z
      .strictObject({ measure: z.literal('stopped') })
      .describe('A sweep or a check-back stopped by itself, or is on and nobody runs it.'),
    z.strictObject({ measure: z.literal('source-silent') }).describe('The source does not answer.'),
    z
      .strictObject({ measure: z.literal('broker-silent') })
      .describe('The broker does not answer, or holds publishers back.'),
  ])
  .describe('What is measured, and above which value.')

const rule = z.strictObject({
  when,
  only: name.describe('One source, or one broker for `broker-silent`. Absent: all of them.').exactOptional(),
  forSec: whole(alertLimits.forSec)
    .default(alertDefaults.forSec)
    .describe('Must hold for so long to fire, and must have ceased for as long to be resolved.'),
  repeatSec: whole(alertLimits.repeatSec)
    .nullable()
    .default(alertDefaults.repeatSec)
    .describe('Told again after so long while nobody has acknowledged it; null: once.'),
})

const webhook = z
  .strictObject({
    url: text.describe('http:// or https://; every alert is posted there as JSON.'),
    headers: z
      .record(text, z.string().max(callLimits.chars))
      .refine((value) => Object.keys(value).length <= callLimits.headers, {
        error: `more than ${callLimits.headers} headers`,
      })
      .exactOptional(),
    auth: callAuth.exactOptional(),
    tls: tls.exactOptional(),
    timeoutMs: whole(callLimits.timeoutMs).default(CALL_TIMEOUT_MS_DEFAULT),
  })
  .superRefine((call, context) => {
    const { url, headers, auth } = call
    const found = serviceCallProblem(
      { method: 'POST', url, ...(headers && { headers }), ...(auth && { auth }) },
      [],
    )
    if (found !== null) context.addIssue({ code: 'custom', message: found.problem, path: [...found.at] })
  })

export const alerts = z
  .strictObject({
    rules: z
      .record(name, rule)
      .refine((value) => Object.keys(value).length <= alertLimits.rules, {
        error: `more than ${alertLimits.rules} rules`,
      })
      .default({}),
    webhook: webhook.exactOptional(),
  })
  .describe('When somebody is told, and where. Absent: nobody is.')

/** A rule that names what is not there would never say a word. */
export function alertsProblem(
  { rules }: AlertsConfig,
  known: { readonly sources: object; readonly brokers: object },
): { readonly at: readonly string[]; readonly problem: string } | null {
  for (const [key, { only, when: condition }] of Object.entries(rules)) {
    if (only === undefined) continue
    const kind = condition.measure === 'broker-silent' ? 'broker' : 'source'
    if (Object.hasOwn(kind === 'broker' ? known.brokers : known.sources, only)) continue
    return { at: ['rules', key, 'only'], problem: `there is no ${kind} of the name ${only}` }
  }
  return null
}
