import type { TableEvidence } from '../evidence-config.ts'
import type { IdPlace } from '../id-place.ts'
import type { ServiceCall } from '../service-call.ts'

/** What `redrive callback` listens to. The names are queues on RabbitMQ and topics on Kafka. */
export interface CallbackListening {
  readonly broker: string
  readonly confirmations: string
  readonly checks: string
  /** Seconds from a message to its check, and from one resend of the sender to the next look. */
  readonly delaySec: number
  /** Kafka only: the consumer group that offsets are committed to. */
  readonly group: string
  readonly messageId?: IdPlace
}

/**
 * Second confirmation: the receiver confirms each message, and somebody looks, delayed, whether it has. The confirmations
 * are in a table (`confirmations`), or come over a broker to the callback service (`listen`), which keeps them itself.
 */
export interface CallbackConfig {
  readonly listen?: CallbackListening
  /** Absent: the callback service's own store. */
  readonly confirmations?: TableEvidence
  /** A sent message without a confirmation is unconfirmed after so many seconds. */
  readonly unconfirmedAfterSec: number
  /** Seconds for which the callback service keeps confirmations, counted from when it stored them. */
  readonly retentionSec: number
  /** The sender's command to resend one message. Absent: nobody can be asked. */
  readonly resend?: ServiceCall
}

/** Names that the template of a resend may hold. `resends`: 1 for the first time that the sender is asked. */
export const resendPlaceholders = ['source', 'messageId', 'resends'] as const

export const UNCONFIRMED_AFTER_SEC_DEFAULT = 300
/** A week. */
export const CONFIRMATIONS_KEPT_SEC_DEFAULT = 604_800
export const CHECK_DELAY_SEC_DEFAULT = 60
export const CALLBACK_GROUP_DEFAULT = 'redrive-callback'
/** How often the sender is asked for one message; then it is a person's. */
export const UPSTREAM_RESENDS_MAX = 3
