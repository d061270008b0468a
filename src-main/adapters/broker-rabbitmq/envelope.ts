import type { Options } from 'amqplib'
import type { ErrorCode } from '../../domain/errors.ts'
import type { OutgoingMessage, PublishOutcome } from '../../domain/outcome.ts'
import { HeaderRefusal, headerTable, SHORT_STRING_BYTES_MAX } from './headers.ts'

/** A message as amqplib takes it. */
export interface Envelope {
  readonly content: Buffer
  readonly properties: Options.Publish
}

export type Refused = Extract<PublishOutcome, { outcome: 'returned' | 'refused' | 'unknown' }>

export function refused(code: ErrorCode, reason: string): Refused {
  return { outcome: 'refused', code, reason }
}

/**
 * The message as it goes out, or why it cannot go out unchanged. A broker answers a message that it cannot take by closing
 * the channel, which makes innocent neighbours unknown; so what can be known before is refused here.
 */
export function seal(message: OutgoingMessage, payloadBytesMax: number): Envelope | Refused {
  const long = tooLong(message)
  if (long !== null) return long
  if (!message.payload.isWellFormed()) return refused('payload-not-json', 'the payload is not valid Unicode')
  const content = Buffer.from(message.payload, 'utf8')
  if (content.length > payloadBytesMax)
    return refused('message-too-large', `${content.length} bytes, the broker takes ${payloadBytesMax}`)
  try {
    const original = message.headers === null ? {} : headerTable(message.headers)
    return {
      content,
      properties: {
        persistent: true,
        mandatory: true,
        messageId: message.messageId,
        contentType: isJson(message.payload) ? 'application/json' : 'text/plain',
        headers: { ...original, ...message.redriveHeaders },
        ...(message.type === null ? {} : { type: message.type }),
      },
    }
  } catch (error) {
    if (error instanceof HeaderRefusal) return refused('headers-not-json', error.message)
    // Nested deeper than the stack.
    if (error instanceof RangeError) return refused('message-too-large', error.message)
    throw error
  }
}

function tooLong(message: OutgoingMessage): Refused | null {
  const { messageId, type, destination } = message
  const fields = {
    messageId,
    type: type ?? '',
    exchange: destination.exchange,
    routingKey: destination.routingKey,
  }
  for (const [name, value] of Object.entries(fields)) {
    if (!value.isWellFormed()) return refused('broker-refused', `${name} is not valid Unicode`)
    // Three bytes is the most that a UTF-16 unit takes: most names need no count.
    if (value.length * 3 > SHORT_STRING_BYTES_MAX && Buffer.byteLength(value) > SHORT_STRING_BYTES_MAX)
      return refused('message-too-large', `${name} is longer than ${SHORT_STRING_BYTES_MAX} bytes`)
  }
  return null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
