import { z } from 'zod'
import { name, time } from './base.ts'
import { words } from './words.ts'

export const mappingDigest = z.string().regex(/^[0-9a-f]{64}$/, 'a digest: 64 hexadecimal digits')
/** A mapping as data; resources/mapping.schema.json says what it may hold. */
export const mappingData = z.record(z.string(), z.json())
export type MappingData = z.infer<typeof mappingData>

/** A table and a mapping that the source does not have yet. */
export const mappingDraft = z.strictObject({ table: z.string().min(1).max(200), mapping: mappingData })
export type MappingDraft = z.infer<typeof mappingDraft>

export const mappingConfirmation = z.object({
  source: name,
  digest: mappingDigest,
  operator: z.string(),
  at: time,
  actions: z.array(z.enum(['resend', 'retry', 'resolve'])),
})

/** Actions that the layout does not allow, and what to do instead. */
export const mappingRefusals = z.array(
  z.object({
    action: z.enum(['resend', 'retry', 'resolve', 'edit']),
    reason: words,
    instead: words,
  }),
)

export const explainedStatement = z.object({
  name: z.string(),
  text: z.string(),
  plan: z.array(z.string()),
  warnings: z.array(words),
})
export type ExplainedStatement = z.infer<typeof explainedStatement>
