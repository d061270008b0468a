import type { ErrorCode } from '../../domain/errors.ts'
import { isRecordCopy } from '../../domain/outcome.ts'
import type { CopiedRecord, OutgoingMessage, PublishOutcome, RecordHeader } from '../../domain/outcome.ts'
import { HeaderRefusal, recordHeaders, refusal } from './headers.ts'
import type { Target } from './target.ts'
import { TOPIC_BYTES_MAX } from './target.ts'
import { valuesOf } from './record-writer.ts'
import type { KafkaRecord } from './record-writer.ts'

/** A request of more than 100 MiB makes a broker close the connection on all that is under way. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024
/** Kafka's own framing of a record and of a header, at most. */
const RECORD_FRAME_BYTES = 40
const HEADER_FRAME_BYTES = 10

export interface Envelope {
  readonly record: KafkaRecord | CopiedRecord
  /** At least what it takes in a batch, before compression. */
  readonly bytes: number
}

export interface HeaderNames {
  readonly messageId: string
  readonly type: string
}

export type Refused = Extract<PublishOutcome, { outcome: 'returned' | 'refused' | 'unknown' }>

export function refused(code: ErrorCode, reason: string): Refused {
  return { outcome: 'refused', code, reason }
}

export function unknown(code: ErrorCode, reason: string): Refused {
  return { outcome: 'unknown', code, reason }
}

/** The message as it goes out, or why it cannot go out unchanged. */
export function seal(message: OutgoingMessage, target: Target, names: HeaderNames): Envelope | Refused {
  const { topic, key } = target
  if (message.copy !== undefined && !isRecordCopy(message.copy))
    return refused('broker-refused', 'a message of a queue cannot go to Kafka unchanged')
  if (Buffer.byteLength(topic) > TOPIC_BYTES_MAX)
    return {
      outcome: 'returned',
      code: 'topic-missing',
      reason: `the topic's name is longer than ${TOPIC_BYTES_MAX}`,
    }
  if (message.copy !== undefined) return sealCopy(message, message.copy)
  for (const text of [topic, key ?? '', message.messageId, message.type ?? ''])
    if (!text.isWellFormed()) return refused('broker-refused', 'topic, key, id or type is not valid Unicode')
  if (message.payload?.isWellFormed() === false)
    return refused('payload-not-json', 'the payload is not valid Unicode')
  try {
    const record: KafkaRecord = {
      // As text: the encoder writes it in place, a buffer would be copied once more.
      key,
      value: message.payload,
      headers: headersOf(message, names),
    }
    return fitting(record)
  } catch (error) {
    if (error instanceof HeaderRefusal) return refused('headers-not-json', error.message)
    throw error
  }
}

/** Every byte as it was read; what an earlier redrive said of itself gives way to what this one says. */
function sealCopy({ redriveHeaders }: OutgoingMessage, copy: CopiedRecord): Envelope | Refused {
  const own = Object.entries(redriveHeaders).map(([name, value]): RecordHeader => [
    name,
    Buffer.from(String(value)),
  ])
  const kept = copy.headers.filter(([name]) => !Object.hasOwn(redriveHeaders, name))
  return fitting({ ...copy, headers: [...kept, ...own] })
}

function fitting(record: Envelope['record']): Envelope | Refused {
  const bytes = isRecordCopy(record) ? copySize(record) : sizeOf(record)
  if (bytes > RECORD_BYTES_MAX)
    return refused('message-too-large', `${bytes} bytes, a request takes ${RECORD_BYTES_MAX}`)
  return { record, bytes }
}

function copySize({ key, value, headers }: CopiedRecord): number {
  const own = RECORD_FRAME_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  return headers.reduce(
    (sum, [name, one]) => sum + HEADER_FRAME_BYTES + Buffer.byteLength(name) + (one?.length ?? 0),
    own,
  )
}

function headersOf(message: OutgoingMessage, names: HeaderNames): KafkaRecord['headers'] {
  const original = message.headers === null ? {} : recordHeaders(message.headers)
  const own: Record<string, string> = { [names.messageId]: message.messageId }
  if (message.type !== null) own[names.type] = message.type
  for (const [name, value] of Object.entries(own)) {
    const before = original[name]
    // Two ids, or another one than before: a receiver that deduplicates by it would be led astray.
    if (before !== undefined && String(before) !== value)
      throw refusal(name, `is not ${JSON.stringify(value)}`)
  }
  for (const [name, value] of Object.entries(message.redriveHeaders)) own[name] = String(value)
  return { ...original, ...own }
}

function sizeOf({ key, value, headers }: KafkaRecord): number {
  let bytes = RECORD_FRAME_BYTES + Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '')
  for (const [name, values] of Object.entries(headers))
    for (const one of valuesOf(values))
      bytes += HEADER_FRAME_BYTES + Buffer.byteLength(name) + (one === null ? 0 : Buffer.byteLength(one))
  return bytes
}
