import { z } from 'zod'
import { id, name, procedure, reason, time } from './base.ts'
import { words } from './words.ts'
import { errorCode } from './errors.ts'
import {
  explainedStatement,
  mappingConfirmation,
  mappingData,
  mappingDigest,
  mappingDraft,
  mappingRefusals,
} from './mapping-shapes.ts'
import { message, messageState, scope } from './messages.ts'

/** Rows that one retry hands back at most. */
export const RETRY_IDS_MAX = 1_000

/** One thing that a proposed mapping says, and why. */
export const mappingGuess = z.object({
  /** Place in the mapping: times.sent */
  at: z.string(),
  says: words,
  evidence: words,
  /** From 0 to 1. */
  confidence: z.number().min(0).max(1),
})

export const mappingCandidate = z.object({
  /** Null: a proposed mapping, of a layout that Redrive does not know. */
  profile: z.string().nullable(),
  table: z.string(),
  score: z.number().min(0).max(1),
  reasons: z.array(words),
  writes: z.enum(['allowed', 'needs-confirmation', 'refused']),
  guesses: z.array(mappingGuess),
  mapping: mappingData,
})
export type MappingCandidate = z.infer<typeof mappingCandidate>

export const handBackRisk = z.enum(['fails-again', 'purged', 'not-picked-up', 'waits'])

const rowPreview = z.object({
  id,
  state: messageState,
  /** False: the row would be left alone. */
  applied: z.boolean(),
  /** The written columns, as the server's text. */
  before: z.record(z.string(), z.string().nullable()),
  after: z.record(z.string(), z.string().nullable()).nullable(),
  /** The message that it would be. */
  message: message.nullable(),
  risks: z.array(handBackRisk),
})

/** What of a mapping is no longer as an operator confirmed it. */
export const mappingChange = z.enum(['mapping', 'table', 'address', 'something'])

export const mappingPreview = z.object({
  source: name,
  table: z.string(),
  profile: z.string(),
  mapping: mappingData,
  /** What a confirmation names; null: Redrive's own layout, which needs none. */
  digest: mappingDigest.nullable(),
  confirmed: mappingConfirmation.nullable(),
  /** The newest confirmation of this source that is not for this digest; null: nobody has confirmed anything else. */
  before: mappingConfirmation.extend({ changed: z.array(mappingChange) }).nullable(),
  /** Why it cannot be confirmed; none: it can. */
  unsafe: z.array(z.object({ problem: words, instead: words })),
  refusals: mappingRefusals,
  statements: z.array(explainedStatement),
  states: z.array(
    z.object({
      state: messageState,
      count: z.number().int(),
      bounded: z.boolean(),
      scope,
      oldestCreatedAt: time.nullable(),
      sql: z.string().nullable(),
      samples: z.array(message),
    }),
  ),
  actions: z.array(
    z.object({
      action: z.enum(['retry', 'resolve']),
      refusal: z.object({ reason: words, instead: words }).nullable(),
      sql: z.string().nullable(),
      applies: z.number().int(),
      rows: z.array(rowPreview),
      risks: z.array(handBackRisk),
    }),
  ),
})
export type MappingPreview = z.infer<typeof mappingPreview>

export const retryResult = z.object({ id, applied: z.boolean(), code: errorCode.nullable() })

/** From a database that nobody knows to rows that go out again. */
export const mappingSteps = {
  /** Looks through the source's database: known layouts and proposed mappings, best first. Reads only. */
  detect: procedure
    /** With `table`, of that one only. */
    .input(z.strictObject({ source: name, table: z.string().min(1).max(200).exactOptional() }))
    .output(z.object({ candidates: z.array(mappingCandidate) })),
  /** Live rows as the mapping tells them, and what each action would write, in a transaction that is rolled back. */
  preview: procedure
    /** With `draft`, as that would be. */
    .input(z.strictObject({ source: name, draft: mappingDraft.exactOptional() }))
    .output(mappingPreview),
  /** Opens the way to writes, for just what was shown. */
  confirm: procedure
    .input(z.strictObject({ source: name, digest: mappingDigest }))
    .output(mappingConfirmation),
  /** Hands rows back to the services' own relay, each only as it was seen. */
  retry: procedure
    .input(
      z.strictObject({
        source: name,
        items: z
          .array(z.strictObject({ id, version: z.string().nullable() }))
          .min(1)
          .max(RETRY_IDS_MAX),
        reason,
        typedCount: z.number().int().nullable(),
      }),
    )
    .output(z.object({ results: z.array(retryResult) })),
}
