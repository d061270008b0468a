import { z } from 'zod'
import { environment, name, procedure, time } from './base.ts'
import { errorData } from './errors.ts'
import { scope, trouble } from './messages.ts'
import { overviewRanges } from './terms.ts'

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

/** A value for each cell; null: nobody knows. It is drawn as a hole: never as zero, never as a line across. */
const cells = z.array(z.number().nullable())

export const overviewRange = z.enum(overviewRanges)
export type OverviewRange = z.infer<typeof overviewRange>

/** Begin and width of the cells; the last one holds this moment. */
const frame = z.object({ fromMs: z.number().int(), cellMs: z.number().int(), cells: z.number().int() })
export type OverviewFrame = z.infer<typeof frame>

export const sourceHistory = z.object({
  source: name,
  /** Of all troubles together; the worst of each cell. */
  backlog: cells,
  /** Seconds; 0: nothing is in trouble. */
  oldestSec: cells,
  /** Publishes of jobs and sweeps that were confirmed, and that were not. */
  confirmed: cells,
  notConfirmed: cells,
})
export type SourceHistory = z.infer<typeof sourceHistory>

export const sourceDetail = z.object({
  source: name,
  frame,
  stuck: cells,
  failed: cells,
  unconfirmed: cells,
  unsettled: cells,
  oldestSec: cells,
  confirmed: cells,
  returned: cells,
  refused: cells,
  unknown: cells,
})
export type SourceDetail = z.infer<typeof sourceDetail>

const few = z.number().int().nonnegative()

/** Of the newest messages: how fast they come in, and what became of them. */
export const sourceFlow = z.object({
  /** Seconds that it is about. */
  overSec: z.number().positive(),
  came: few,
  /** Of these. */
  sent: few,
  /** Of these, not sent; null: the layout counts no attempts. */
  untried: few.nullable(),
  tried: few.nullable(),
  usedUp: few.nullable(),
  /** True: sent rows leave the table, so at least so many. */
  sentLeave: z.boolean(),
})
export type SourceFlow = z.infer<typeof sourceFlow>

export const overview = {
  /** What Redrive saw of every source; one without samples in the range is absent. */
  history: procedure
    .input(z.strictObject({ range: overviewRange }))
    .output(z.object({ frame, sources: z.array(sourceHistory) })),
  detail: procedure.input(z.strictObject({ source: name, range: overviewRange })).output(sourceDetail),
  /** Null: the layout does not say when a message was stored, or the newest were not found in time. */
  flow: procedure.input(z.strictObject({ source: name })).output(z.object({ flow: sourceFlow.nullable() })),
  /**
   * Causes of failure whose oldest failed message is younger than a day, the largest. `complete` false: not all that failed
   * was looked at.
   */
  causes: procedure.input(z.strictObject({ source: name })).output(
    z.object({
      causes: z.array(z.object({ cause: z.string(), count: few, oldestCreatedAt: time })),
      complete: z.boolean(),
    }),
  ),
  /** One source; the page asks for each by itself, so that a slow one holds up nobody. */
  source: procedure.input(z.strictObject({ source: name })).output(sourceOverview),
}
