import type { Options } from 'amqplib'
import type { ErrorCode } from '../../domain/errors.ts'
import type { CopiedMessage, PublishOutcome, QueueMessage } from '../../domain/outcome.ts'
import { HeaderRefusal, isLong, SHORT_STRING_BYTES_MAX } from './headers.ts'
import type { MessageKinds } from './message-kinds.ts'
import type { TextMessage } from './publish-frames.ts'

/** A message of a broker as it was read. */
export interface SealedCopy {
  readonly content: Buffer
  readonly bytes: number
  readonly properties: Options.Publish
}

/** A message as it goes out. */
export type Envelope = TextMessage | SealedCopy

export type Refused = Extract<PublishOutcome, { outcome: 'returned' | 'refused' | 'unknown' }>

export function refused(code: ErrorCode, reason: string): Refused {
  return { outcome: 'refused', code, reason }
}

export function unknown(code: ErrorCode, reason: string): Refused {
  return { outcome: 'unknown', code, reason }
}

/**
 * The message as it goes out, or why it cannot go out unchanged. A broker answers a message that it cannot take by closing
 * the channel, which makes innocent neighbours unknown; so what can be known before is refused here.
 */
export function seal(
  message: QueueMessage,
  kinds: MessageKinds,
  payloadBytesMax: number,
): Envelope | Refused {
  const reason = unfit(message)
  if (reason !== null) return reason
  if (message.copy !== undefined) return sealCopy(message, message.copy, payloadBytesMax)
  if (!message.payload.isWellFormed()) return refused('payload-not-json', 'the payload is not valid Unicode')
  const { messageId, payload, headers, redriveHeaders, type } = message
  const bytes = Buffer.byteLength(payload)
  if (bytes > payloadBytesMax)
    return refused('message-too-large', `${bytes} bytes, the broker takes ${payloadBytesMax}`)
  const contentType = message.knownJson || isJson(payload) ? 'application/json' : 'text/plain'
  try {
    return { messageId, text: payload, bytes, kind: kinds.of({ headers, redriveHeaders, type, contentType }) }
  } catch (error) {
    if (error instanceof HeaderRefusal) return refused('headers-not-json', error.message)
    // Nested deeper than the stack.
    if (error instanceof RangeError) return refused('message-too-large', error.message)
    throw error
  }
}

/** A letter as it was read: every byte of its body, its own properties. */
function sealCopy(
  { redriveHeaders }: QueueMessage,
  { body, headers, properties }: CopiedMessage,
  payloadBytesMax: number,
): Envelope | Refused {
  if (body.length > payloadBytesMax)
    return refused('message-too-large', `${body.length} bytes, the broker takes ${payloadBytesMax}`)
  const all = { ...headers, ...redriveHeaders }
  return {
    content: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    bytes: body.length,
    properties: { ...properties, persistent: true, mandatory: true, headers: all },
  }
}

function unfit(message: QueueMessage): Refused | null {
  return (
    unfitName('message id', message.messageId) ??
    (message.type === null ? null : unfitName('type', message.type)) ??
    unfitName('exchange', message.destination.exchange) ??
    unfitName('routing key', message.destination.routingKey)
  )
}

function unfitName(name: string, value: string): Refused | null {
  if (!value.isWellFormed()) return refused('broker-refused', `the ${name} is not valid Unicode`)
  if (!isLong(value)) return null
  return refused('message-too-large', `the ${name} is longer than ${SHORT_STRING_BYTES_MAX} bytes`)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
