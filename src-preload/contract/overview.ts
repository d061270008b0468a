import { z } from 'zod'
import { environment, name, procedure, time } from './base.ts'
import { errorData } from './errors.ts'
import { scope, trouble } from './messages.ts'

export const troubleCount = z.object({
  trouble,
  count: z.number().int(),
  /** True: at least this many. */
  bounded: z.boolean(),
  oldestCreatedAt: time.nullable(),
  scope,
})
export type TroubleCount = z.infer<typeof troubleCount>

export const sourceOverview = z.object({
  source: name,
  environment,
  asOf: time,
  /** Null counts with an error: the source did not answer; never to be shown as zero. */
  troubles: z.array(troubleCount).nullable(),
  unsettled: z.number().int(),
  error: errorData.nullable(),
})
export type SourceOverview = z.infer<typeof sourceOverview>

export const overview = {
  /** One source; the page asks for each by itself, so that a slow one holds up nobody. */
  source: procedure.input(z.strictObject({ source: name })).output(sourceOverview),
}
