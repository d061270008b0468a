import { z } from 'zod'
import {
  CALLBACK_GROUP_DEFAULT,
  CHECK_DELAY_SEC_DEFAULT,
  CONFIRMATIONS_KEPT_SEC_DEFAULT,
  resendPlaceholders,
  UNCONFIRMED_AFTER_SEC_DEFAULT,
} from '../../domain/callback/config.ts'
import { serviceCall } from './call-schema.ts'
import { tableEvidence } from './evidence-schema.ts'
import { idPlace } from './id-place-schema.ts'

/** 30 days. */
const SEC_MAX = 2_592_000
/** A year. */
const KEPT_SEC_MAX = 31_536_000
/** Of RabbitMQ; a topic of Kafka has a shorter one. */
const PLACE_CHARS_MAX = 255

const text = z.string().min(1)
const place = text.max(PLACE_CHARS_MAX)

const messageId = idPlace.describe(
  'Where a record says which message it is about. Absent: message-id, or /messageId of a JSON body.',
)

const listen = z
  .strictObject({
    broker: text.describe('Name of a broker of this workspace.'),
    confirmations: place.describe(
      'Queue, or topic of Kafka, to which the receiver publishes its confirmations.',
    ),
    checks: place.describe('Queue, or topic, in which the delayed checks arrive.'),
    delaySec: z
      .int()
      .min(1)
      .max(SEC_MAX)
      .default(CHECK_DELAY_SEC_DEFAULT)
      .describe('From a message to its check, and from a resend of the sender to the next look.'),
    group: text
      .default(CALLBACK_GROUP_DEFAULT)
      .describe('Kafka only: the group to which offsets are committed. It must have no members.'),
    messageId: messageId.exactOptional(),
  })
  .describe('What `redrive callback` listens to. Absent: the confirmations are in a table.')

/** Second confirmation of a source's messages. */
export const callback = z
  .strictObject({
    listen: listen.exactOptional(),
    confirmations: tableEvidence
      .describe("Table of confirmations, as that of evidence. Absent: the callback service's own store.")
      .exactOptional(),
    unconfirmedAfterSec: z
      .int()
      .min(1)
      .max(SEC_MAX)
      .default(UNCONFIRMED_AFTER_SEC_DEFAULT)
      .describe('A sent message without a confirmation is unconfirmed after so long.'),
    retentionSec: z
      .int()
      .min(60)
      .max(KEPT_SEC_MAX)
      .default(CONFIRMATIONS_KEPT_SEC_DEFAULT)
      .describe('Seconds for which the callback service keeps confirmations.'),
    resend: serviceCall(resendPlaceholders)
      .describe("The sender's command to resend one message. Absent: nobody can be asked.")
      .exactOptional(),
  })
  .refine(({ listen: heard, confirmations }) => heard !== undefined || confirmations !== undefined, {
    error: 'either listen, or a table of confirmations, or both',
  })
  .describe('Second confirmation: the receiver confirms each message, and somebody looks whether it has.')
