import { z } from 'zod'
import { name, procedure } from './base.ts'
import { words } from './words.ts'
import { mappingDrafts } from './mapping-drafts.ts'
import { explainedStatement, mappingRefusals } from './mapping-shapes.ts'
import { mappingSteps } from './mapping-steps.ts'
import { messageState } from './messages.ts'

/** What a mapping makes of its table, without touching a row. */
export const mappingCheck = z.object({
  profile: z.string(),
  digest: z.string(),
  table: z.string(),
  /** What differs between the table and the mapping since it was opened; null: nothing. */
  drift: words.nullable(),
  /** In the order in which they are tried. */
  states: z.array(messageState),
  indexed: z.boolean(),
  /** Actions that the layout does not allow. */
  refusals: mappingRefusals,
})

export const mappings = {
  check: procedure.input(z.strictObject({ source: name })).output(mappingCheck),
  explain: procedure
    .input(z.strictObject({ source: name }))
    .output(z.object({ statements: z.array(explainedStatement) })),
  ...mappingSteps,
  ...mappingDrafts,
}
