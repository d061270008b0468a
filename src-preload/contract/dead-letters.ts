import { z } from 'zod'
import { environment, id, IDS_MAX, name, place, procedure, reason, time } from './base.ts'
import { errorData } from './errors.ts'
import { messageEvidence } from './evidence.ts'
import { deed, maskedContent, messageState } from './messages.ts'
import { planView } from './plans.ts'

/** Messages that one look reads at most. */
export const LOOK_MAX = 10_000
/** Redrives after which a message waits for a person, unless somebody says another number. */
export const HELD_AFTER_DEFAULT = 3
const HELD_AFTER_MAX = 1_000
/** Letters of one page. */
export const LETTERS_PAGE_MAX = 500

const count = z.number().int().nonnegative()
export const queueName = z.string().min(1).max(255)

/** See the engine's port: what reading messages costs their queue, and why it is not done. */
export const lookCost = z.enum(['marked-redelivered', 'hidden-meanwhile', 'races-consumers', 'counts-as-use'])
export const lookRefusal = z.enum(['may-delete', 'is-stream', 'type-unknown'])

/** What can be told of a queue without touching a message. */
export const queueFacts = z.object({
  type: z.enum(['classic', 'quorum', 'stream', 'memory', 'topic']).nullable(),
  brokerVersion: z.string(),
  /** Of a topic its offsets: holes of compaction and of transactions count. */
  messages: count,
  /** Null: nobody was asked. */
  consumers: count.nullable(),
  /** Of its arguments; a policy may set another one. */
  deliveryLimit: count.nullable(),
  costs: z.array(lookCost),
  /** Null: it may be read. */
  refusal: lookRefusal.nullable(),
})
export type QueueFacts = z.infer<typeof queueFacts>

export const causeGroup = z.object({
  /** With what differs from message to message taken out; null: nothing says why. */
  cause: z.string().nullable(),
  count,
  firstDiedAt: time.nullable(),
  lastDiedAt: time.nullable(),
  /** Not there at the look before; null: there was none. */
  fresh: count.nullable(),
  /** Came back after a redrive. */
  cameBack: count,
  /** Redriven so often that a person has to release them. */
  held: count,
  /** Of a topic: redriven or discarded, and there all the same. They are left out of a plan. */
  marked: count,
})
export type CauseGroup = z.infer<typeof causeGroup>

/** What one look found. It is kept in memory: nothing is read twice to be shown twice. */
export const look = z.object({
  look: id,
  at: time,
  /** The look before, which tells what is new; null: there was none since Redrive started. */
  before: time.nullable(),
  messages: count,
  /** False: the queue had more than were read. */
  complete: z.boolean(),
  /** The largest first. */
  groups: z.array(causeGroup),
})
export type Look = z.infer<typeof look>

/** A queue that the workspace names as one of dead letters. */
export const deadLetterQueue = z.object({
  place,
  broker: name,
  queue: queueName,
  environment,
  unlockedUntil: time.nullable(),
  /** Null: it could not be asked, see `error`. */
  facts: queueFacts.nullable(),
  error: errorData.nullable(),
  /** The last look of this process. */
  look: look.nullable(),
})
export type DeadLetterQueue = z.infer<typeof deadLetterQueue>

export const deathStory = z.object({
  told: z.enum(['broker', 'recoverer', 'connector', 'nobody']),
  /** rejected, expired, maxlen, delivery_limit. */
  reason: z.string().nullable(),
  error: z.string().nullable(),
  cause: z.string().nullable(),
  origin: z.object({
    queue: z.string().nullable(),
    exchange: z.string().nullable(),
    routingKey: z.string().nullable(),
    /** Of a record, whose other places are null. */
    record: z
      .object({
        topic: z.string(),
        partition: count.nullable(),
        offset: z.string().nullable(),
        /** Consumer group or connector. */
        group: z.string().nullable(),
      })
      .nullable(),
  }),
  deaths: count.nullable(),
  firstDiedAt: time.nullable(),
  lastDiedAt: time.nullable(),
  redrive: z.object({ id: z.string(), times: z.number().int() }).nullable(),
})

/** What Redrive did with a record, which stays in its topic whatever is done with it. */
export const recordMark = z.object({
  as: z.enum(['under-way', 'redriven', 'unknown', 'discarded']),
  at: time,
  /** Job, or plan by which it was discarded. */
  subject: id,
  operator: z.string(),
  reason: z.string().nullable(),
})

export const letter = z.object({
  id,
  messageId: z.string().nullable(),
  type: z.string().nullable(),
  exchange: z.string(),
  routingKey: z.string(),
  bytes: count,
  isNew: z.boolean().nullable(),
  /** Name of a header that cannot be written again without loss: it is not redriven. */
  damagedHeader: z.string().nullable(),
  story: deathStory,
  /** Of a record of a topic; null: a message of a queue. */
  position: z
    .object({ partition: count, offset: z.string(), key: z.string().nullable(), tombstone: z.boolean() })
    .nullable(),
  /** Null: Redrive has not touched it. */
  mark: recordMark.nullable(),
})
export type Letter = z.infer<typeof letter>

/** The row that a message was sent from. */
export const storedRow = z.object({
  source: name,
  id,
  state: messageState,
  createdAt: time.nullable(),
  /** Null here and below: the layout does not have it. */
  attempts: count.nullable(),
  attemptsMax: count.nullable(),
  /** Whether the receiver has consumed it; null: this source has no evidence. */
  evidence: messageEvidence.nullable(),
})

export const letterDetail = letter.extend({
  contentType: z.string().nullable(),
  /** Null: the body is no text. */
  preview: z.string().nullable(),
  cut: z.boolean(),
  /** JSON text. */
  headers: z.string(),
  masked: maskedContent,
  /** Found by the message id in the sources that deliver to this broker. */
  stored: z.array(storedRow),
  /** What jobs of this machine did with it, the newest first. */
  deeds: z.array(deed),
})
export type LetterDetail = z.infer<typeof letterDetail>

export const letterSelection = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({
    kind: z.literal('causes'),
    causes: z.array(z.string().nullable()).min(1).max(1_000),
  }),
  z.strictObject({ kind: z.literal('ids'), ids: z.array(id).min(1).max(IDS_MAX) }),
])
export type LetterSelection = z.infer<typeof letterSelection>

/** `origin`: exchange and key that it was first published to; `queue`: the one it died in; `chosen` has to exist. */
export const redriveTo = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('origin') }),
  z.strictObject({ kind: z.literal('queue') }),
  z.strictObject({
    kind: z.literal('chosen'),
    exchange: z.string().max(255),
    routingKey: z.string().max(255),
  }),
])
export type RedriveTo = z.infer<typeof redriveTo>

const queue = { broker: name, queue: queueName }

export const deadLetters = {
  /** Touches no message. */
  list: procedure.input(z.strictObject({})).output(z.object({ queues: z.array(deadLetterQueue) })),
  /** Touches no message. Any queue of a broker, also one that the workspace does not name. */
  queue: procedure.input(z.strictObject(queue)).output(deadLetterQueue),
  /**
   * Reads messages, which is never neutral: `costs` is what the operator was told of, and where it costs more by now nothing
   * is read. Refused where a message could be lost by it.
   */
  look: procedure
    .input(
      z.strictObject({
        ...queue,
        limit: z.number().int().min(1).max(LOOK_MAX),
        costs: z.array(lookCost),
      }),
    )
    .output(look),
  /** Of a look, in the order of the queue; `causes` narrows. */
  letters: procedure
    .input(
      z.strictObject({
        look: id,
        causes: z.array(z.string().nullable()).nullable(),
        from: count,
        limit: z.number().int().min(1).max(LETTERS_PAGE_MAX),
      }),
    )
    .output(z.object({ letters: z.array(letter), total: count })),
  letter: procedure.input(z.strictObject({ look: id, id })).output(letterDetail),
  /** The same without masks. The reason is in the journal before anything is shown. */
  unmask: procedure.input(z.strictObject({ look: id, id, reason })).output(letterDetail),
  /** A plan for `jobs.run`. Touches nothing. */
  planRedrive: procedure
    .input(
      z.strictObject({
        look: id,
        selection: letterSelection,
        to: redriveTo,
        /** Null: also messages that came back so often that they wait for a person. */
        heldAfter: z.number().int().min(1).max(HELD_AFTER_MAX).nullable(),
        /** Why records of a topic that were redriven before are redriven once more; null: they are left out. */
        again: reason.nullable(),
      }),
    )
    .output(planView),
  /** A plan for `discard`. Touches nothing. */
  planDiscard: procedure
    .input(z.strictObject({ look: id, selection: letterSelection, reason }))
    .output(planView),
  /**
   * Takes the letters of a plan out of their queue for good; nothing brings them back. Records of a topic stay, and are
   * marked: `restore` takes the mark off.
   */
  discard: procedure
    .input(
      z.strictObject({ plan: id, digest: z.string(), typedCount: z.number().int().nonnegative().nullable() }),
    )
    .output(z.object({ removed: count, missing: count })),
  /** Records of a topic that were discarded are dead letters again. */
  restore: procedure
    .input(z.strictObject({ ...queue, ids: z.array(id).min(1).max(IDS_MAX) }))
    .output(z.object({ restored: count })),
}
