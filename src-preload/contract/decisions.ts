import { z } from 'zod'
import { id, IDS_MAX, name, procedure, reason, time } from './base.ts'
import { errorCode } from './errors.ts'

export const decision = z.object({
  decision: id,
  source: name,
  id,
  messageId: z.string(),
  operator: z.string(),
  reason: z.string(),
  at: time,
  state: z.enum(['intended', 'applied', 'not-applied', 'undone']),
})
export type Decision = z.infer<typeof decision>

export const resolveResult = z.object({
  id,
  /** Null where nothing was done; `code` says why. */
  decision: id.nullable(),
  applied: z.boolean(),
  code: errorCode.nullable(),
})
export type ResolveResult = z.infer<typeof resolveResult>

export const decisions = {
  /** Marks rows as needing no delivery. Each row only if it is as the operator saw it. */
  resolve: procedure
    .input(
      z.strictObject({
        source: name,
        items: z
          .array(z.strictObject({ id, version: z.string().nullable() }))
          .min(1)
          .max(IDS_MAX),
        reason,
        typedCount: z.number().int().nullable(),
      }),
    )
    .output(z.object({ results: z.array(resolveResult) })),
  /** Takes a decision back, as long as nobody else has touched the row. */
  undo: procedure.input(z.strictObject({ decision: id })).output(decision),
  recent: procedure
    .input(z.strictObject({ source: name, limit: z.number().int().min(1).max(200) }))
    .output(z.object({ decisions: z.array(decision) })),
}
