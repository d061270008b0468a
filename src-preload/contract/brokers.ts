import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { id, name, procedure, reason, time } from './base.ts'
import { errorData } from './errors.ts'
import { maskedContent } from './messages.ts'

/** Records that one reading finds at most. */
export const FOUND_MAX = 1_000
/** Records that one reading passes at most. */
export const SCANNED_MAX = 10_000_000
/** Of a payload or a header as it is shown. */
export const SHOWN_BYTES_MAX = 256 * 1024
const TOPIC_CHARS_MAX = 249
const GROUP_CHARS_MAX = 500
const SEARCH_CHARS_MAX = 500
const PARTITION_MAX = 2_147_483_647

const count = z.number().int().nonnegative()
/** 64 bits do not fit into a JSON number. */
const offset = z.string().regex(/^\d{1,19}$/, 'an offset')
const topic = z.string().min(1).max(TOPIC_CHARS_MAX)
const partition = z.number().int().min(0).max(PARTITION_MAX)
const broker = name

export const topicHead = z.object({
  topic: z.string(),
  internal: z.boolean(),
  partitions: count,
  /** Offsets: holes of compaction and of transactions count. Null: not told of each partition. */
  records: count.nullable(),
})
export type TopicHead = z.infer<typeof topicHead>

export const groupHead = z.object({
  group: z.string(),
  /** The broker's word; null: it does not describe this kind of group to Redrive. */
  state: z.string().nullable(),
  protocol: z.string(),
  members: count.nullable(),
  /** Null: it has committed nothing, or `hidden`. */
  lag: count.nullable(),
  /** The user may not see what it has committed. */
  hidden: z.boolean(),
})
export type GroupHead = z.infer<typeof groupHead>

export const groupOffset = z.object({
  topic: z.string(),
  partition: count,
  /** Null: the group has committed nothing here; where it will begin is its own setting. */
  committed: z.string().nullable(),
  /** First offset that is still there. Null, as `end`: not told. */
  begin: z.string().nullable(),
  end: z.string().nullable(),
  lag: count.nullable(),
})
export type GroupOffset = z.infer<typeof groupOffset>

export const group = groupHead.omit({ members: true }).extend({
  members: z
    .array(
      z.object({
        member: z.string(),
        client: z.string(),
        host: z.string(),
        assigned: z.array(z.object({ topic: z.string(), partitions: z.array(count) })),
      }),
    )
    .nullable(),
  offsets: z.array(groupOffset),
})
export type Group = z.infer<typeof group>

export const queueHead = z.object({
  queue: z.string(),
  type: z.string(),
  /** Null, as each count: the broker has not counted yet. */
  ready: count.nullable(),
  unacked: count.nullable(),
  consumers: count.nullable(),
  state: z.string().nullable(),
  durable: z.boolean(),
  /** JSON text. */
  arguments: z.string(),
  policy: z.string().nullable(),
  /** What all policies come to, as JSON text; null: nothing, or not told. */
  policyDefinition: z.string().nullable(),
})
export type QueueHead = z.infer<typeof queueHead>

/** What of a topic is read; without a partition each of them. Times in ISO-8601. */
export const recordRange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('offsets'), from: offset, to: offset.nullable() }),
  z.strictObject({ kind: z.literal('times'), since: z.iso.datetime(), until: z.iso.datetime().nullable() }),
  /** The newest ones, so many in all. */
  z.strictObject({ kind: z.literal('tail'), records: z.number().int().min(1).max(SCANNED_MAX) }),
])
export type RecordRange = z.infer<typeof recordRange>

export const searchPlaces = ['anywhere', 'key', 'header', 'payload'] as const
export const recordSearch = z.strictObject({
  /** In either case of letters. Of a header also `name=text`. */
  text: z.string().min(1).max(SEARCH_CHARS_MAX),
  place: z.enum(searchPlaces),
})
export type RecordSearch = z.infer<typeof recordSearch>

export const readingEnds = [
  'complete',
  'end-moving',
  'found-limit',
  'scan-limit',
  'bytes-limit',
  'time-limit',
  'cancelled',
] as const

export const reading = z.object({
  reading: id,
  broker: name,
  topic: z.string(),
  /** Offsets that were passed, and that the range has. */
  scanned: count,
  total: count,
  found: count,
  /** Null: under way, or failed. `complete` alone says that everything of the range was seen. */
  ended: z.enum(readingEnds).nullable(),
  error: errorData.nullable(),
  at: time,
})
export type Reading = z.infer<typeof reading>

const bytesShown = {
  bytes: count,
  /** Null: it is no UTF-8. */
  text: z.string().nullable(),
  /** Of the first SHOWN_BYTES_MAX, as `text` is. */
  hex: z.string(),
  cut: z.boolean(),
}
/** Null: there is none; a payload of null is a tombstone. */
export const shownBytes = z.object(bytesShown).nullable()
export type ShownBytes = z.infer<typeof shownBytes>

export const recordHead = z.object({
  partition: count,
  offset: z.string(),
  at: time.nullable(),
  /** As text where it is one, else in hex; cut. */
  key: z.string().nullable(),
  payload: z.string().nullable(),
  bytes: count,
  headers: count,
})
export type RecordHead = z.infer<typeof recordHead>

export const recordDetail = z.object({
  topic: z.string(),
  partition: count,
  offset: z.string(),
  at: time.nullable(),
  key: shownBytes,
  payload: shownBytes,
  /** In their order; a name may stand there twice. */
  headers: z.array(z.object({ name: z.string(), value: shownBytes })),
  masked: maskedContent,
})
export type RecordDetail = z.infer<typeof recordDetail>

const oneReading = z.strictObject({ reading: id })

/** Looks into brokers. Nothing is taken, joined, committed or made by any of these. */
export const brokers = {
  topics: procedure
    .input(z.strictObject({ broker, internal: z.boolean() }))
    .output(z.object({ topics: z.array(topicHead), complete: z.boolean(), at: time })),
  groups: procedure
    .input(z.strictObject({ broker }))
    .output(z.object({ groups: z.array(groupHead), complete: z.boolean(), at: time })),
  group: procedure
    .input(z.strictObject({ broker, group: z.string().min(1).max(GROUP_CHARS_MAX) }))
    .output(group),
  queues: procedure
    .input(z.strictObject({ broker }))
    .output(z.object({ queues: z.array(queueHead), complete: z.boolean(), at: time })),
  /** Starts to read a range of a topic; `follow` tells how far it is, `records` what it has found until then. */
  read: procedure
    .input(
      z.strictObject({
        broker,
        topic,
        partition: partition.nullable(),
        range: recordRange,
        search: recordSearch.nullable(),
        limit: z.number().int().min(1).max(FOUND_MAX),
      }),
    )
    .output(reading),
  follow: procedure.input(oneReading).output(eventIterator(reading)),
  cancel: procedure.input(oneReading).output(reading),
  /** By time; of a tail the newest first. */
  records: procedure.input(oneReading).output(z.object({ records: z.array(recordHead) })),
  record: procedure.input(z.strictObject({ reading: id, partition, offset })).output(recordDetail),
  /** The same without masks. The reason is in the journal before anything is shown. */
  unmask: procedure.input(z.strictObject({ reading: id, partition, offset, reason })).output(recordDetail),
}
