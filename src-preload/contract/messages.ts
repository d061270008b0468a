import { z } from 'zod'
import { id, name, procedure, reason, time } from './base.ts'
import { errorCode } from './errors.ts'
import { messageEvidence } from './evidence.ts'
import { messageStates, troubles } from './terms.ts'
import { assignment, note } from './triage.ts'

export const messageState = z.enum(messageStates)
export type MessageState = z.infer<typeof messageState>
export const trouble = z.enum(troubles)
export type Trouble = z.infer<typeof trouble>
export const destination = z.object({ exchange: z.string(), routingKey: z.string() })

export const message = z.object({
  id,
  version: z.string(),
  messageId: z.string(),
  state: messageState,
  trouble: trouble.nullable(),
  /** Null here and below: the layout of the outbox does not have it. */
  attempts: z.number().int().nullable(),
  attemptsMax: z.number().int().nullable(),
  type: z.string().nullable(),
  destination: destination.nullable(),
  chain: z.object({ key: z.string(), previousId: z.string().nullable() }).nullable(),
  createdAt: time.nullable(),
  updatedAt: time.nullable(),
  nextAttemptAt: time.nullable(),
  lastError: z.string().nullable(),
  /** How many messages the row holds, where that may be another number than one. */
  messages: z.number().int().exactOptional(),
})
export type Message = z.infer<typeof message>

/** Everything narrows; an empty filter means all rows. */
export const messageFilter = z.strictObject({
  trouble: trouble.exactOptional(),
  states: z.array(messageState).exactOptional(),
  type: z.string().max(200).exactOptional(),
  error: z.string().max(200).exactOptional(),
  chainKey: z.string().max(400).exactOptional(),
  exchange: z.string().max(255).exactOptional(),
  messageId: z.string().max(400).exactOptional(),
  ageSecMin: z.number().int().nonnegative().exactOptional(),
  ageSecMax: z.number().int().nonnegative().exactOptional(),
  /** Case-insensitive part of the payload as it is stored; `\xc0ffee`: bytes. */
  payload: z.string().min(1).max(200).exactOptional(),
  /** A header by its exact name; with `value`, where its text has this in it. */
  header: z
    .strictObject({ name: z.string().min(1).max(200), value: z.string().min(1).max(200).exactOptional() })
    .exactOptional(),
})
export type MessageFilter = z.infer<typeof messageFilter>

/** How much of the table an answer speaks for. */
export const scope = z.discriminatedUnion('complete', [
  z.object({ complete: z.literal(true) }),
  z.object({
    complete: z.literal(false),
    reason: z.enum(['time-budget', 'row-limit']),
    scannedToId: z.string().nullable(),
  }),
])
export type Scope = z.infer<typeof scope>

export const PAGE_LIMIT_MAX = 500
export const messageList = z.object({
  messages: z.array(message),
  nextCursor: z.string().nullable(),
  scope,
  /** Of a search inside of messages: rows looked through until here, and about how many there are. */
  looked: z
    .object({ rows: z.number().int().nonnegative(), ofAbout: z.number().int().nonnegative().nullable() })
    .exactOptional(),
  asOf: time,
})
export type MessageList = z.infer<typeof messageList>

export const messageGroups = z.object({
  groups: z.array(z.object({ key: z.string(), count: z.number().int(), oldestCreatedAt: time.nullable() })),
  bounded: z.boolean(),
  scope,
  asOf: time,
})
export type MessageGroups = z.infer<typeof messageGroups>

/** Something that Redrive did with this message. */
export const deed = z.object({
  at: time,
  kind: z.enum(['resend', 'resolve']),
  subject: id,
  operator: z.string(),
  result: z.string(),
  code: errorCode.nullable(),
  reason: z.string().nullable(),
})
export type Deed = z.infer<typeof deed>

/** What rules of the workspace keep from being shown; null: everything is. `whole`: all of the payload. */
export const maskedContent = z.object({ fields: z.number().int().positive(), whole: z.boolean() }).nullable()
export type MaskedContent = z.infer<typeof maskedContent>

export const messageDetail = message.extend({
  /** Exact text as the source holds it, but for what is masked. */
  payload: z.string(),
  /** Exact text of a JSON object, or null. */
  headers: z.string().nullable(),
  masked: maskedContent,
  deeds: z.array(deed),
  /** What operators wrote down of it, oldest first, and who looks after it. */
  notes: z.array(note),
  assignment: assignment.nullable(),
  /** The job that holds this message: unsettled outcome or unfinished item. */
  heldBy: id.nullable(),
  /** The decision that an undo would take back; null where there is none to undo. */
  undo: id.nullable(),
})
export type MessageDetail = z.infer<typeof messageDetail>

export const messages = {
  list: procedure
    .input(
      z.strictObject({
        source: name,
        filter: messageFilter,
        order: z.enum(['newest', 'oldest']),
        cursor: z.string().max(1_000).nullable(),
        limit: z.number().int().min(1).max(PAGE_LIMIT_MAX),
      }),
    )
    .output(messageList),
  groups: procedure
    .input(
      z.strictObject({ source: name, filter: messageFilter, by: z.enum(['type', 'error', 'destination']) }),
    )
    .output(messageGroups),
  get: procedure.input(z.strictObject({ source: name, id })).output(messageDetail),
  /** The same without masks. The reason is in the journal before anything is shown. */
  unmask: procedure.input(z.strictObject({ source: name, id, reason })).output(messageDetail),
  /** What the receiver wrote down of one message. Apart, because another database may have to be asked for it. */
  evidence: procedure.input(z.strictObject({ source: name, id })).output(messageEvidence),
}
