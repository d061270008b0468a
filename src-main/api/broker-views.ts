import { SHOWN_BYTES_MAX } from '../../src-preload/contract/brokers.ts'
import type {
  Group as ApiGroup,
  GroupHead as ApiGroupHead,
  Reading as ApiReading,
  RecordDetail,
  RecordHead,
  ShownBytes,
  TopicHead as ApiTopicHead,
} from '../../src-preload/contract/brokers.ts'
import type { ReadingRequest } from '../app/brokers/reading.ts'
import type { Reading } from '../app/brokers/readings.ts'
import type { RecordLetter } from '../domain/dead-letter/record-letter.ts'
import type { Group, GroupHead } from '../ports/groups.ts'
import type { Log } from '../ports/surroundings.ts'
import type { TopicHead } from '../ports/topics.ts'
import type { MaskedRecord } from './masked-record.ts'
import { errorData } from './errors.ts'

/** Of a key or a payload in a list. */
const PREVIEW_BYTES = 160
const CHARACTER_BYTES_MAX = 3
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))
const textOf = (value: bigint | null): string | null => (value === null ? null : String(value))

export function topicView({ records, ...topic }: TopicHead): ApiTopicHead {
  return { ...topic, records: numberOf(records) }
}

export function groupHeadView({ lag, ...head }: GroupHead): ApiGroupHead {
  return { ...head, lag: numberOf(lag) }
}

export function groupView({ lag, members, offsets, ...head }: Group): ApiGroup {
  return {
    ...head,
    lag: numberOf(lag),
    members:
      members &&
      members.map(({ assigned, ...member }) => ({
        ...member,
        assigned: assigned.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })),
      })),
    offsets: offsets.map(({ topic, partition, committed, begin, end, lag: left }) => ({
      topic,
      partition,
      committed: textOf(committed),
      begin: textOf(begin),
      end: textOf(end),
      lag: numberOf(left),
    })),
  }
}

export function readingView(reading: Reading, log: Log): ApiReading {
  const { request, startedAt, error, ...rest } = reading
  return {
    ...rest,
    topic: request.range.topic,
    error: error === null ? null : errorData(error, log),
    at: startedAt,
  }
}

export type ReadInput = {
  readonly topic: string
  readonly partition: number | null
  readonly range:
    | { readonly kind: 'offsets'; readonly from: string; readonly to: string | null }
    | { readonly kind: 'times'; readonly since: string; readonly until: string | null }
    | { readonly kind: 'tail'; readonly records: number }
}

export function rangeOf({ topic, partition, range }: ReadInput): ReadingRequest['range'] {
  const where = { topic, partition }
  switch (range.kind) {
    case 'offsets':
      return {
        ...where,
        kind: 'offsets',
        from: BigInt(range.from),
        to: range.to === null ? null : BigInt(range.to),
      }
    case 'times':
      return {
        ...where,
        kind: 'times',
        sinceMs: Date.parse(range.since),
        untilMs: range.until === null ? null : Date.parse(range.until),
      }
    case 'tail':
      return { ...where, ...range }
  }
}

export function recordHeadView({ partition, offset, at, key, value, headers }: RecordLetter): RecordHead {
  return {
    partition,
    offset: String(offset),
    at,
    key: preview(key),
    payload: preview(value),
    bytes: value?.length ?? 0,
    headers: headers.length,
  }
}

export function recordView({
  topic,
  partition,
  offset,
  at,
  key,
  value,
  headers,
  masked,
}: MaskedRecord): RecordDetail {
  return {
    topic,
    partition,
    offset: String(offset),
    at,
    key: shown(key),
    payload: shown(value),
    headers: headers.map(([name, bytes]) => ({ name, value: shown(bytes) })),
    masked,
  }
}

/** Cut between characters: what is cut through one is no UTF-8 for that only. */
function shown(bytes: Uint8Array | null): ShownBytes {
  if (bytes === null) return null
  const cut = bytes.length > SHOWN_BYTES_MAX
  const part = cut ? bytes.subarray(0, SHOWN_BYTES_MAX) : bytes
  return { bytes: bytes.length, text: textOfBytes(part, cut), hex: Buffer.from(part).toString('hex'), cut }
}

function preview(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  const cut = bytes.length > PREVIEW_BYTES
  const part = cut ? bytes.subarray(0, PREVIEW_BYTES) : bytes
  return textOfBytes(part, cut) ?? Buffer.from(part).toString('hex')
}

/** Null: it is no UTF-8. */
function textOfBytes(bytes: Uint8Array, cut: boolean): string | null {
  const shortest = cut ? Math.max(0, bytes.length - CHARACTER_BYTES_MAX) : bytes.length
  for (let end = bytes.length; end >= shortest; end -= 1) {
    try {
      return utf8.decode(bytes.subarray(0, end))
    } catch {
      // One byte less may end with a whole character.
    }
  }
  return null
}
