import type { ConsumeMessage } from 'amqplib'
import type { RecordHeader } from '../../domain/outcome.ts'
import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'

/** The broker's own, on whatever comes from a stream and on nothing else. */
const OFFSET_HEADER = 'x-stream-offset'
const MS = 1_000
/** The year 9999: beyond it there is no ISO text of four digits. */
const TIME_SEC_MAX = 253_402_300_799
/** A stream has no partitions. */
export const ONLY_PARTITION = 0

/** Null: it did not come from a stream. */
export function offsetOf({ properties }: ConsumeMessage): bigint | null {
  const offset: unknown = properties.headers?.[OFFSET_HEADER]
  return typeof offset === 'bigint' || Number.isSafeInteger(offset) ? BigInt(offset as number) : null
}

/** In the shape of a record: the routing key is the nearest to a key, and a message always has a value. */
export function letterOf(
  stream: string,
  offset: bigint,
  { content, fields, properties }: ConsumeMessage,
): RecordLetter {
  const headers = Object.entries(properties.headers ?? {}).filter(([name]) => name !== OFFSET_HEADER)
  return {
    kind: 'record',
    topic: stream,
    partition: ONLY_PARTITION,
    offset,
    at: timeOf(properties.timestamp),
    messageId: textOf(properties.messageId),
    type: textOf(properties.type),
    key: fields.routingKey === '' ? null : Buffer.from(fields.routingKey),
    value: content,
    headers: headers.map(([name, value]): RecordHeader => [name, bytesOf(value)]),
  }
}

function timeOf(seconds: unknown): string | null {
  const isTime = typeof seconds === 'number' && seconds >= 0 && seconds <= TIME_SEC_MAX
  return isTime ? new Date(seconds * MS).toISOString() : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Bytes and text as they are; anything else as JSON. */
function bytesOf(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return value
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, written))
}

/** JSON has no integers of 64 bits. */
function written(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
