import { z } from 'zod'
import { name, procedure } from './base.ts'
import { words } from './words.ts'
import { mappingConfirmation, mappingData, mappingDigest, mappingDraft } from './mapping-shapes.ts'

/** One fault of a mapping, at its place: `states[0].when`; '' where it is the whole. */
export const mappingProblem = z.object({ at: z.string(), problem: words })
export type MappingProblem = z.infer<typeof mappingProblem>

export const surveyedTable = z.object({
  /** As a workspace writes it: quoted where a dot or a quote is part of a name. */
  name: z.string(),
  comment: z.string().nullable(),
  /** It has columns for something to send, and for how far that has come. */
  looksLikeOutbox: z.boolean(),
  columns: z.array(
    z.object({ name: z.string(), type: z.string(), nullable: z.boolean(), comment: z.string().nullable() }),
  ),
  /** Sets of columns that identify a row, the primary key first. */
  keys: z.array(z.array(z.string())),
})
export type SurveyedTable = z.infer<typeof surveyedTable>

export const currentMapping = z.object({
  table: z.string(),
  profile: z.string(),
  /** What the source brings itself; null: the profile says it. */
  mapping: mappingData.nullable(),
  /** Beside the workspace, where the mapping is in a file of its own. */
  file: z.string().nullable(),
})
export type CurrentMapping = z.infer<typeof currentMapping>

/** A mapping that is being written, before and while it becomes that of its source. */
export const mappingDrafts = {
  /** What the workspace says, without asking the database. */
  current: procedure.input(z.strictObject({ source: name })).output(currentMapping),
  /** Tables that the source's user can read, from the catalogue. */
  tables: procedure
    .input(z.strictObject({ source: name }))
    .output(z.object({ tables: z.array(surveyedTable) })),
  /** Everything that is wrong with a mapping, apart from its table. */
  problems: procedure
    .input(z.strictObject({ mapping: z.json() }))
    .output(z.object({ problems: z.array(mappingProblem) })),
  /**
   * Makes a mapping that of its source. Looks through the rows again: throws `mapping-unsafe` where a retry would leave
   * one in trouble, `mapping-digest-mismatch` where it is not what `digest` was shown for.
   */
  save: procedure
    .input(
      z.strictObject({
        source: name,
        draft: mappingDraft,
        /** As `preview` showed it; null: Redrive's own layout. */
        digest: mappingDigest.nullable(),
        /** False: it is read by this mapping, and nothing is written through it. */
        confirm: z.boolean(),
        /** Production only: the source's name, typed. */
        typedName: z.string().max(64).nullable(),
      }),
    )
    .output(z.object({ confirmed: mappingConfirmation.nullable() })),
}
