/** The canonical states of a message. How a row gets its state is said by the outbox's mapping. */
export const messageStates = [
  'pending',
  'scheduled',
  'in-flight',
  'retrying',
  'sent',
  'consumed',
  'failed',
  'discarded',
  'expired',
  'waiting-confirm',
  'unknown',
] as const
export type MessageState = (typeof messageStates)[number]

/**
 * Why an operator should look: `stuck` pending or in flight for too long; `failed` attempts used up; `unconfirmed` a half
 * message that has waited too long for its decision.
 */
export const troubles = ['stuck', 'failed', 'unconfirmed'] as const
export type Trouble = (typeof troubles)[number]

export interface Destination {
  readonly exchange: string
  readonly routingKey: string
}

/** A place in Kafka. */
export interface TopicDestination {
  readonly kind: 'topic'
  readonly topic: string
  /** Null: a record without a key. */
  readonly key: string | null
  /** Null: the one that the key leads to. */
  readonly partition: number | null
}

/** Where a broker is asked to send. One of exchanges refuses a topic; one of topics reads an exchange as a topic. */
export type Place = Destination | TopicDestination

export function isTopic(place: Place): place is TopicDestination {
  return 'kind' in place
}

/** Place in a chain: `key` is the ordering key, `previousId` the id of the message before this one. */
export interface ChainLink {
  readonly key: string
  readonly previousId: string | null
}

/** One row of an outbox without its content. Times are ISO-8601 in UTC with the source's full precision. */
export interface Message {
  /** Row key as the source's own text; never a number, so that a bigint survives. */
  readonly id: string
  /** Opaque row version; differs after any change of the row. */
  readonly version: string
  /** Business identity; a resend never changes it. */
  readonly messageId: string
  readonly state: MessageState
  readonly trouble: Trouble | null
  /** Null here and below: the layout does not have it. */
  readonly attempts: number | null
  readonly attemptsMax: number | null
  readonly type: string | null
  readonly destination: Destination | null
  readonly chain: ChainLink | null
  readonly createdAt: string | null
  readonly updatedAt: string | null
  readonly nextAttemptAt: string | null
  readonly lastError: string | null
  /** How many messages the row holds, where that may be another number than one. */
  readonly messages?: number
  /** How often the row says that the producer of a half message was asked, where its layout counts that. */
  readonly checks?: number
}

/** Exact text as the source holds it. `headers` is the text of a JSON object, or null. */
export interface MessageContent {
  readonly payload: string
  readonly headers: string | null
}

export interface MessageWithContent extends Message {
  readonly content: MessageContent
}

/** The states from which a person may resend or resolve. A sent, discarded or unknown row is left alone. */
export const actionableStates: ReadonlySet<MessageState> = new Set([
  'pending',
  'scheduled',
  'retrying',
  'in-flight',
  'failed',
])
