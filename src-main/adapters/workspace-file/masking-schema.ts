import { z } from 'zod'
import { maskingLimits, maskPathProblem } from '../../domain/masking.ts'
import { environments } from '../../domain/workspace.ts'

const { rules, chars, keepLast } = maskingLimits

const path = z
  .string()
  .min(1)
  .max(chars)
  .superRefine((value, context) => {
    const problem = maskPathProblem(value)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

export const masking = z
  .strictObject({
    paths: z
      .array(path)
      .max(rules)
      .describe('Places in a payload: JSON Pointers; * is any one name or index, ** any number: /**/iban.')
      .exactOptional(),
    headers: z
      .array(z.string().min(1).max(chars))
      .max(rules)
      .describe('Names of headers, in either case of letters.')
      .exactOptional(),
    keep: z
      .strictObject({ last: z.int().min(keepLast.min).max(keepLast.max) })
      .describe('So many characters at the end of a masked text or number stay, if it is much longer.')
      .exactOptional(),
    notJson: z
      .enum(['mask', 'show'])
      .describe('A payload that is not JSON is masked whole, unless this says show.')
      .exactOptional(),
  })
  .describe('What of payloads and headers is not shown. A resend sends what is stored.')

export const workspaceMasking = z
  .strictObject({
    environments: z
      .partialRecord(z.enum(environments), masking)
      .describe('For every source of an environment, beside what the source says.')
      .exactOptional(),
    journalViews: z
      .boolean()
      .describe('False: views of payloads in production are not journalled. Unmasking always is.')
      .exactOptional(),
  })
  .describe('Masking of whole environments.')
