import { z } from 'zod'
import { id, IDS_MAX, name, procedure, reason, time } from './base.ts'
import { evidence, evidenceReason } from './evidence.ts'
import { message } from './messages.ts'

/** What came of asking the sender; `src-main/domain/callback/upstream.ts` says what each means. */
export const upstreamOutcome = z.enum(['accepted', 'refused', 'unknown', 'not-needed', 'not-asked'])
/** Why a message was left alone. */
export const leftReason = z.enum(['confirmed', 'limit', 'under-way', 'cannot-tell', 'not-found', 'not-sent'])
export const parkReason = z.enum(['no-id', 'not-json', 'id-too-long', 'body-too-large'])

const count = z.number().int().nonnegative()

export const upstreamAttempt = z.object({
  attempt: count,
  at: time,
  operator: z.string(),
  trigger: z.enum(['operator', 'callback']),
  /** Null: under way, or nobody knows. */
  outcome: upstreamOutcome.nullable(),
  status: z.number().int().nullable(),
  reason: z.string().nullable(),
})
export type UpstreamAttempt = z.infer<typeof upstreamAttempt>

const feedStatus = z.object({
  state: z.enum(['connected', 'disconnected']),
  /** Records that wait; null: it could not be told. */
  behind: count.nullable(),
  lastAt: time.nullable(),
  problem: z.string().nullable(),
})

export const callbackView = z.object({
  source: name,
  /** Null: the confirmations are in a table, and no service is needed. */
  listen: z
    .object({ broker: name, confirmations: z.string(), checks: z.string(), delaySec: z.number() })
    .nullable(),
  unconfirmedAfterSec: z.number(),
  /** False: nobody can be asked to resend. */
  canAsk: z.boolean(),
  running: z.boolean(),
  /** False: confirmations may be waiting in the broker. */
  caughtUp: z.boolean(),
  service: z
    .object({
      since: time,
      startedAt: time,
      beatAt: time.nullable(),
      caughtUpAt: time.nullable(),
      asks: z.boolean().nullable(),
      feeds: z.object({ confirmations: feedStatus, checks: feedStatus }).nullable(),
    })
    .nullable(),
  counts: z.object({ confirmations: count, parked: count, waiting: count, person: count }).nullable(),
})
export type CallbackView = z.infer<typeof callbackView>

export const unconfirmedMessage = z.object({
  message,
  ageSec: count.nullable(),
  resends: z.array(upstreamAttempt),
})
export type UnconfirmedMessage = z.infer<typeof unconfirmedMessage>

export const unconfirmedPage = z.object({
  where: z.string(),
  afterSec: z.number(),
  unconfirmed: z.array(unconfirmedMessage),
  /** Sent messages of which nothing can be said, by why. */
  untold: z.array(z.object({ reason: evidenceReason, count })),
  compared: count,
  nextCursor: z.string().nullable(),
  /** False: confirmations may be waiting in the broker, so that some of these may be confirmed. */
  current: z.boolean(),
  asOf: time,
})

export const parkedRecord = z.object({
  n: count,
  kind: z.enum(['confirmations', 'checks']),
  place: z.string(),
  at: time,
  reason: parkReason,
  /** Text of a JSON object. */
  headers: z.string(),
  /** As UTF-8, at most PARKED_CHARS_MAX characters; masked as the messages of its source. */
  body: z.string(),
  bytes: count,
})
export type ParkedRecord = z.infer<typeof parkedRecord>
export const PARKED_CHARS_MAX = 2_000

/** Messages of one act. */
export const ASKED_MAX = 500

export const askResult = z.object({
  id,
  messageId: z.string(),
  /** Null: it was left alone. */
  outcome: upstreamOutcome.nullable(),
  attempt: count.nullable(),
  status: z.number().int().nullable(),
  reason: z.string().nullable(),
  left: leftReason.nullable(),
})
export type AskResult = z.infer<typeof askResult>

export const messageConfirmation = z.object({
  where: z.string(),
  evidence,
  resends: z.array(upstreamAttempt),
})
export type MessageConfirmation = z.infer<typeof messageConfirmation>

/** How often the sender may be asked for one message. */
export const UPSTREAM_RESENDS_MAX = 3

export const callback = {
  /** Sources whose messages somebody has to confirm. */
  list: procedure.input(z.strictObject({})).output(z.object({ callbacks: z.array(callbackView) })),
  unconfirmed: procedure
    .input(
      z.strictObject({
        source: name,
        cursor: z.string().max(2_000).nullable(),
        limit: z.number().int().min(1).max(1_000),
      }),
    )
    .output(unconfirmedPage),
  parked: procedure
    .input(
      z.strictObject({
        source: name,
        before: z.number().int().nullable(),
        limit: z.number().int().min(1).max(200),
      }),
    )
    .output(z.object({ parked: z.array(parkedRecord), nextCursor: z.number().int().nullable() })),
  /** Null: nobody waits for confirmations of this source. */
  message: procedure
    .input(z.strictObject({ source: name, id }))
    .output(z.object({ confirmation: messageConfirmation.nullable() })),
  /** Asks the sender to resend; of each message that is unconfirmed at that moment, three times at most. */
  ask: procedure
    .input(
      z.strictObject({
        source: name,
        ids: z.array(id).min(1).max(Math.min(ASKED_MAX, IDS_MAX)),
        reason,
        typedCount: z.number().int().nullable(),
      }),
    )
    .output(z.object({ results: z.array(askResult) })),
}
