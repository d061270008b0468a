import type { ErrorCode } from './errors.ts'
import { isTopic } from './message.ts'
import type { Destination, Place } from './message.ts'

/**
 * What became of one publish.
 * - `confirmed`: the broker acknowledged it and did not return it;
 * - `returned`: no queue was bound for it (mandatory flag);
 * - `refused`: the broker said no, or an error proves that nothing was stored;
 * - `unknown`: no answer, a closed channel, a timeout. Never to be read as success or failure.
 */
export const outcomes = ['confirmed', 'returned', 'refused', 'unknown'] as const
export type Outcome = (typeof outcomes)[number]

export type PublishOutcome =
  | { readonly outcome: 'confirmed' }
  | {
      readonly outcome: 'returned' | 'refused' | 'unknown'
      readonly code: ErrorCode
      /** The broker's or the client's own words, for the record. */
      readonly reason: string
    }

export const confirmed: PublishOutcome = { outcome: 'confirmed' }

/** Not a byte of it has gone out. */
export const withdrawn: PublishOutcome = {
  outcome: 'refused',
  code: 'cancelled',
  reason: 'it was taken back before it was sent',
}

/** What goes to the broker: the original message, byte for byte, plus Redrive's own headers. */
export interface OutgoingMessage {
  readonly messageId: string
  readonly type: string | null
  readonly destination: Place
  /** Exact text of the payload, sent as UTF-8. Null: a tombstone; refused where the broker has none. */
  readonly payload: string | null
  /** The payload is JSON, as somebody has found before; where it is not said, the adapter looks. */
  readonly knownJson?: boolean
  /** Exact text of a JSON object, or null. */
  readonly headers: string | null
  /**
   * `x-redrive-job`, `x-redrive-attempt`, and `x-redrive-edited` where the payload is not the stored one. Mostly one object
   * for all messages that say the same, so that an adapter may keep what it makes of it.
   */
  readonly redriveHeaders: Readonly<Record<string, string | number>>
  /** A message of a broker that goes on as it is: it takes the place of payload, type and headers. */
  readonly copy?: Copy
}

export type Copy = CopiedMessage | CopiedRecord

/** A record of a topic, byte for byte. */
export interface CopiedRecord {
  readonly kind: 'record'
  /** Null here and below: there is none, which is not the same as an empty one. */
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** In their order; a name may occur more than once. */
  readonly headers: readonly RecordHeader[]
}

export type RecordHeader = readonly [name: string, value: Uint8Array | null]

export function isRecordCopy(copy: object | undefined): copy is CopiedRecord {
  return copy !== undefined && 'kind' in copy && copy.kind === 'record'
}

/** Body, headers and properties as the broker's client read them, and as it writes them again. */
export interface CopiedMessage {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, unknown>>
  readonly properties: CopiedProperties
}

/** Absent where the message does not have it. */
export interface CopiedProperties {
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly priority?: number
  readonly correlationId?: string
  readonly replyTo?: string
  readonly expiration?: string
  readonly messageId?: string
  /** Seconds since 1970. */
  readonly timestamp?: number
  readonly type?: string
  readonly userId?: string
  readonly appId?: string
}

/** A message that exchanges and queues can take. */
export type QueueMessage = OutgoingMessage & {
  readonly payload: string
  readonly destination: Destination
  readonly copy?: CopiedMessage
}

/** What exchanges and queues have no place for. */
export const NOT_FOR_QUEUES = 'queues take neither tombstones nor topics or records of Kafka'

export function isForQueues(message: OutgoingMessage): message is QueueMessage {
  return message.payload !== null && !isTopic(message.destination) && !isRecordCopy(message.copy)
}
