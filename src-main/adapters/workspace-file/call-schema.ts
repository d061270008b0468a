import { z } from 'zod'
import {
  ANSWER_BYTES_MAX_DEFAULT,
  callLimits,
  callMethods,
  CALL_TIMEOUT_MS_DEFAULT,
  serviceCallProblem,
} from '../../domain/service-call.ts'
import { secretRef, tls } from './access-schema.ts'

const text = z.string().min(1).max(callLimits.chars)

export const callAuth = z
  .union([
    z.strictObject({ bearer: secretRef }).describe('Sent as authorization: Bearer.'),
    z.strictObject({ header: text, value: secretRef }).describe('Sent as the value of this header.'),
  ])
  .describe('The token of the service. It is in no log, journal or error.')

/** A request to a service; `placeholders` are the names that may stand in braces. */
export function serviceCall(placeholders: readonly string[]) {
  const { timeoutMs, answerBytesMax } = callLimits
  return z
    .strictObject({
      method: z.enum(callMethods).default('GET'),
      url: text.describe('http:// or https://; values are percent-encoded: https://orders/check/{messageId}'),
      headers: z
        .record(text, z.string().max(callLimits.chars))
        .refine((value) => Object.keys(value).length <= callLimits.headers, {
          error: `more than ${callLimits.headers} headers`,
        })
        .exactOptional(),
      body: text.describe('JSON unless content-type says otherwise: {"id":"{messageId}"}').exactOptional(),
      auth: callAuth.exactOptional(),
      tls: tls.exactOptional(),
      timeoutMs: z.int().min(timeoutMs.min).max(timeoutMs.max).default(CALL_TIMEOUT_MS_DEFAULT),
      answerBytesMax: z
        .int()
        .min(answerBytesMax.min)
        .max(answerBytesMax.max)
        .default(ANSWER_BYTES_MAX_DEFAULT)
        .describe('A longer answer is no answer.'),
    })
    .superRefine((call, context) => {
      const found = serviceCallProblem(call, placeholders)
      if (found !== null) context.addIssue({ code: 'custom', message: found.problem, path: [...found.at] })
    })
    .describe(`May hold ${placeholders.map((name) => `{${name}}`).join(', ')}.`)
}
