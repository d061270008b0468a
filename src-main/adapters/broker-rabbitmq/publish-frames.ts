import type { ConfirmChannel, Options } from 'amqplib'
import type { Destination } from '../../domain/message.ts'
import type { MessageKind } from './message-kinds.ts'

/** Bytes that go to the socket as one piece: some hundred messages. */
const PIECE_BYTES = 64 * 1024
/** In a larger one the payload is what costs. */
const SPLICED_BYTES_MAX = 16 * 1024
/** Places in the frames of AMQP 0-9-1: of a frame's channel and size, */
const CHANNEL_AT = 1
const SIZE_AT = 3
/** of the exchange's length in the frame of the method, */
const EXCHANGE_AT = 13
/** and in that of the properties of the lower half of the body's size, and of the first property. */
const BODY_SIZE_AT = 15
const PROPERTIES_AT = 21
/** What ends the method behind the routing key: its flags, and the end of its frame. */
const METHOD_END_BYTES = 2
const FRAME_HEADER_BYTES = 7
const FRAME_BYTES = 8
/** Of a routing key or an id. */
const NAME_BYTES_MAX = 255
const BODY_FRAME = 3
const FRAME_END = 0xce

/** A message whose payload is text, written as UTF-8. */
export interface TextMessage {
  readonly messageId: string
  readonly text: string
  /** Of the text. */
  readonly bytes: number
  readonly kind: MessageKind
}

type Spliced = Pick<TextMessage, 'messageId' | 'text'> & Pick<Destination, 'routingKey'>

export type Confirmed = (error: Error | null) => void

/** The frames before the body as amqplib writes them, around a routing key and an id of any length. */
interface Form {
  /** To the length of the routing key. */
  readonly start: Buffer
  /** From behind the routing key to the length of the id. */
  readonly middle: Buffer
  /** From behind the id. */
  readonly end: Buffer
  /** With neither of them. */
  readonly methodSize: number
  readonly propertiesSize: number
}

/** What amqplib's channel consists of below its interface, as far as it is used here. */
interface Parts {
  readonly ch: number
  readonly connection: {
    readonly channels: Readonly<Record<number, { readonly buffer: Out } | null | undefined>>
    readonly frameMax: number
    sentSinceLastCheck: boolean
  }
  pushConfirmCallback(onConfirm: Confirmed): void
}

interface Out {
  write(bytes: Buffer): boolean
}

/**
 * Publishes on a channel of amqplib what amqplib would publish, byte for byte, for a fifth of the work: amqplib encodes
 * every message anew, into four buffers. Here it encodes one message of each kind, and what differs is put between its
 * bytes. Confirms and returns stay amqplib's. See decisions/publish-frames.md.
 */
export class PublishFrames {
  readonly #channel: ConfirmChannel
  readonly #forms = new WeakMap<MessageKind, Map<string, Form | null>>()
  #piece = Buffer.alloc(0)
  #from = 0
  #to = 0
  #isDue = false

  constructor(channel: ConfirmChannel) {
    this.#channel = channel
  }

  /** Throws where amqplib does, and then nothing was written. */
  publish({ exchange, routingKey }: Destination, message: TextMessage, onConfirm: Confirmed): void {
    const { messageId, text, bytes, kind } = message
    const parts = kind.isKnown && bytes <= SPLICED_BYTES_MAX ? openParts(this.#channel) : null
    const form = parts === null ? null : this.#formOf(kind, exchange)
    if (parts === null || form === null || bytes + FRAME_BYTES > parts.connection.frameMax) {
      const properties = { ...kind.properties, messageId }
      return this.publishWhole({ exchange, routingKey }, Buffer.from(text, 'utf8'), properties, onConfirm)
    }
    this.#makeRoom(lengthOf(form) + 2 * NAME_BYTES_MAX + bytes)
    this.#to = splice(form, { routingKey, messageId, text }, this.#piece, this.#to)
    parts.pushConfirmCallback(onConfirm)
  }

  /** The same by amqplib alone. */
  publishWhole(
    { exchange, routingKey }: Destination,
    content: Buffer,
    properties: Options.Publish,
    onConfirm: Confirmed,
  ): void {
    this.flush()
    this.#channel.publish(exchange, routingKey, content, properties, onConfirm)
  }

  /** Hands on what has been published so far; otherwise that happens when the turn ends. */
  readonly flush = (): void => {
    this.#isDue = false
    const bytes = this.#piece.subarray(this.#from, this.#to)
    this.#from = this.#to
    const parts = bytes.length === 0 ? null : openParts(this.#channel)
    // Closed since: amqplib has called back for all that it was told of.
    if (parts === null) return
    parts.connection.sentSinceLastCheck = true
    parts.connection.channels[parts.ch]?.buffer.write(bytes)
  }

  #makeRoom(length: number): void {
    if (this.#to + length > this.#piece.length) {
      this.flush()
      this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, length))
      this.#from = this.#to = 0
    }
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(this.flush)
  }

  /** Null: it has to be left to amqplib. */
  #formOf(kind: MessageKind, exchange: string): Form | null {
    const known = this.#forms.get(kind) ?? new Map<string, Form | null>()
    const form = known.get(exchange)
    if (form !== undefined) return form
    const made = formOf(this.#channel, exchange, kind.properties)
    this.#forms.set(kind, known.set(exchange, made))
    return made
  }
}

/** Null where the channel is closed, for which amqplib puts other methods on it, or is made of other parts. */
function openParts(channel: ConfirmChannel): Parts | null {
  if (Object.hasOwn(channel, 'sendMessage')) return null
  const parts = channel as unknown as Partial<Parts>
  return parts.ch !== undefined && parts.connection?.channels[parts.ch]?.buffer !== undefined
    ? (parts as Parts)
    : null
}

const PROBE = { routingKey: 'a.key', messageId: 'an id', text: '{"ü": 1}' }

/** Null where what is spliced by it is not what amqplib writes. */
function formOf(channel: ConfirmChannel, exchange: string, properties: Options.Publish): Form | null {
  const written = (routingKey: string, messageId: string, text: string): Buffer =>
    writtenBy(channel, { exchange, routingKey }, Buffer.from(text), { ...properties, messageId })
  const bytes = written('', '', '')
  // It has been given another way to write.
  if (bytes.length === 0) return null
  const propertiesAt = bytes.readUInt32BE(SIZE_AT) + FRAME_BYTES
  const keyAt = EXCHANGE_AT + 1 + (bytes[EXCHANGE_AT] ?? 0)
  const idAt = differAt(bytes, written('', 'x', ''), propertiesAt + PROPERTIES_AT)
  const form = {
    start: bytes.subarray(0, keyAt),
    middle: bytes.subarray(keyAt + 1, idAt),
    end: bytes.subarray(idAt + 1),
    methodSize: bytes.readUInt32BE(SIZE_AT),
    propertiesSize: bytes.readUInt32BE(propertiesAt + SIZE_AT),
  }
  const { routingKey, messageId, text } = PROBE
  const probe = written(routingKey, messageId, text)
  const spliced = Buffer.alloc(
    lengthOf(form) + routingKey.length + messageId.length + Buffer.byteLength(text),
  )
  return splice(form, PROBE, spliced, 0) === probe.length && spliced.equals(probe) ? form : null
}

/** What amqplib writes to the socket for a message, which does not go out. */
function writtenBy(
  channel: ConfirmChannel,
  { exchange, routingKey }: Destination,
  content: Buffer,
  properties: Options.Publish,
): Buffer {
  const { ch, connection } = channel as unknown as Parts
  const written: Buffer[] = []
  const buffer: Out = { write: (bytes) => written.push(Buffer.from(bytes)) > 0 }
  const pretended: unknown = Object.create(connection, {
    channels: { value: { [ch]: { buffer } } },
    sentSinceLastCheck: { value: true, writable: true },
  })
  const tapped = Object.create(channel, {
    connection: { value: pretended },
    pushConfirmCallback: { value: () => undefined },
  }) as ConfirmChannel
  tapped.publish(exchange, routingKey, content, properties)
  return Buffer.concat(written)
}

function differAt(one: Buffer, other: Buffer, from: number): number {
  let at = from
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}

/** Of a message without routing key, id and payload. */
function lengthOf({ start, middle, end }: Form): number {
  return start.length + 1 + middle.length + 1 + end.length + FRAME_BYTES
}

/** Puts a message into a piece that has room for it; answers with where it ends. */
function splice(form: Form, { routingKey, messageId, text }: Spliced, piece: Buffer, from: number): number {
  const { start, middle, end } = form
  piece.set(start, from)
  const keyAt = from + start.length
  const keyBytes = piece.write(routingKey, keyAt + 1, 'utf8')
  piece[keyAt] = keyBytes
  piece.writeUInt32BE(form.methodSize + keyBytes, from + SIZE_AT)
  const middleAt = keyAt + 1 + keyBytes
  piece.set(middle, middleAt)
  const idAt = middleAt + middle.length
  const idBytes = piece.write(messageId, idAt + 1, 'utf8')
  piece[idAt] = idBytes
  const propertiesAt = middleAt + METHOD_END_BYTES
  piece.writeUInt32BE(form.propertiesSize + idBytes, propertiesAt + SIZE_AT)
  const endAt = idAt + 1 + idBytes
  piece.set(end, endAt)
  // The body in a frame of its own; a message without one has none.
  const bodyAt = endAt + end.length
  const bytes = piece.write(text, bodyAt + FRAME_HEADER_BYTES, 'utf8')
  piece.writeUInt32BE(bytes, propertiesAt + BODY_SIZE_AT)
  if (bytes === 0) return bodyAt
  piece[bodyAt] = BODY_FRAME
  piece.writeUInt16BE(piece.readUInt16BE(from + CHANNEL_AT), bodyAt + CHANNEL_AT)
  piece.writeUInt32BE(bytes, bodyAt + SIZE_AT)
  piece[bodyAt + FRAME_HEADER_BYTES + bytes] = FRAME_END
  return bodyAt + FRAME_HEADER_BYTES + bytes + 1
}
