import { RedriveError } from '../../domain/errors.ts'
import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import type { PartitionSpan, RecordPage, RecordRange, TopicList, Topics } from '../../ports/topics.ts'
import { reasonOf } from './classify.ts'
import type { Cluster } from './cluster.ts'
import type { HeaderNames } from './envelope.ts'
import { askFetch } from './fetch.ts'
import type { Fetched } from './fetch.ts'
import type { Link } from './link.ts'
import { versionOf } from './look.ts'
import { askOffsetsOf, topicFailed } from './offsets.ts'
import type { LedPartition } from './offsets.ts'
import { readBatches } from './record-batches.ts'
import type { StoredRecord } from './record-batches.ts'
import { TOPIC_BYTES_MAX } from './target.ts'
import { askTopicList } from './topic-list.ts'
import { EARLIEST, LATEST, READ_COMMITTED } from './wire.ts'
import type { Node } from './wire.ts'

const FETCH_BYTES = 4 * 1024 * 1024
const NONE = 0
const OUT_OF_RANGE = 1
const UNKNOWN_TOPIC = 3
const LEADER_NOT_AVAILABLE = 5
const INVALID_TOPIC = 17
/** The year 9999: beyond it there is no ISO text of four digits. */
const TIME_MS_MAX = 253_402_300_799_999n

/** Reads topics by explicit offsets, over the connection that asks and never writes. */
export class TopicReader implements Topics {
  readonly #link: Link
  readonly #names: HeaderNames

  constructor(link: Link, names: HeaderNames) {
    this.#link = link
    this.#names = names
  }

  async version(signal: AbortSignal): Promise<string> {
    return versionOf(await this.#link.ready(signal))
  }

  async list(signal: AbortSignal): Promise<TopicList> {
    return await askTopicList(await this.#link.ready(signal), signal)
  }

  async partitions(topic: string, signal: AbortSignal): Promise<readonly PartitionSpan[] | null> {
    const cluster = await this.#link.ready(signal)
    const led = await ledBy(cluster, topic, signal)
    return led && (await spansOf(cluster, led, signal))
  }

  async offsetsAt(
    topic: string,
    atMs: number,
    signal: AbortSignal,
  ): Promise<readonly PartitionSpan[] | null> {
    const cluster = await this.#link.ready(signal)
    const led = await ledBy(cluster, topic, signal)
    if (led === null) return null
    const firsts = await offsetsAt(cluster, led, atMs, signal)
    // Asked after: what was stored in between is after the first ones.
    const spans = await spansOf(cluster, led, signal)
    return spans.map(({ partition, begin, end }) => {
      const first = firsts.get(partition) ?? -1n
      const from = first < 0n || first > end ? end : first
      return { partition, begin: from < begin ? begin : from, end }
    })
  }

  async *read(range: RecordRange, signal: AbortSignal): AsyncGenerator<RecordPage> {
    const { topic, partition, end } = range
    const cluster = await this.#link.ready(signal)
    const node = await leaderNode(cluster, topic, partition, signal)
    for (let at = range.begin; at < end;) {
      const asking = askFetch(node, { topic, partition, offset: at, bytesMax: FETCH_BYTES })
      const fetched = await cluster.timed(asking, signal)
      if (fetched.errorCode === OUT_OF_RANGE) {
        const begin = (await this.partitions(topic, signal))?.find(
          (one) => one.partition === partition,
        )?.begin
        if (begin === undefined || begin <= at) return
        at = begin
        continue
      }
      if (fetched.errorCode !== NONE) throw topicFailed(topic, fetched.errorCode)
      const { records, next } = await unpacked(topic, fetched)
      if (next === null) return
      const wanted = records.filter(({ offset }) => offset >= range.begin && offset < end && offset >= at)
      at = next
      const letters = wanted.map((record) => letterOf(record, { topic, partition, names: this.#names }))
      yield { records: letters, next: at < end ? at : end }
    }
  }
}

async function leaderNode(
  cluster: Cluster,
  topic: string,
  partition: number,
  signal: AbortSignal,
): Promise<Node> {
  const leader = (await leadersOf(cluster, topic, signal))?.get(partition)
  if (leader === undefined)
    throw new RedriveError('topic-missing', 'never', { reason: `no topic '${topic}'` })
  return await cluster.node(leader, signal)
}

async function unpacked(topic: string, { batches, aborted }: Fetched): ReturnType<typeof readBatches> {
  try {
    return await readBatches(batches, aborted)
  } catch (error) {
    throw new RedriveError(
      'broker-failed',
      'never',
      { reason: `${topic}: ${reasonOf(error)}` },
      { cause: error },
    )
  }
}

/** Null: there is no such topic. Partitions that nobody leads at present make it wait. */
async function leadersOf(
  cluster: Cluster,
  topic: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number> | null> {
  if (topic === '' || Buffer.byteLength(topic) > TOPIC_BYTES_MAX) return null
  const { topicMetadata } = await cluster.metadata([topic], signal)
  const [found] = topicMetadata
  if (found === undefined) return null
  const { topicErrorCode: code, partitionMetadata } = found
  if (code === UNKNOWN_TOPIC || code === INVALID_TOPIC) return null
  if (code !== NONE && code !== LEADER_NOT_AVAILABLE) throw topicFailed(topic, code)
  if (partitionMetadata.some(({ leader }) => leader < 0)) throw topicFailed(topic, LEADER_NOT_AVAILABLE)
  return new Map(partitionMetadata.map(({ partitionId, leader }) => [partitionId, leader]))
}

async function ledBy(
  cluster: Cluster,
  topic: string,
  signal: AbortSignal,
): Promise<readonly LedPartition[] | null> {
  const leaders = await leadersOf(cluster, topic, signal)
  return leaders && [...leaders].map(([partition, leader]) => ({ topic, partition, leader }))
}

async function spansOf(
  cluster: Cluster,
  led: readonly LedPartition[],
  signal: AbortSignal,
): Promise<readonly PartitionSpan[]> {
  const begins = await offsetsAt(cluster, led, EARLIEST, signal)
  const ends = await offsetsAt(cluster, led, LATEST, signal)
  const spans = led.map(({ partition }) => {
    const [begin, end] = [begins.get(partition) ?? 0n, ends.get(partition) ?? 0n]
    return { partition, begin, end: end < begin ? begin : end }
  })
  return spans.sort((one, other) => one.partition - other.partition)
}

/** By partition, of committed records. */
async function offsetsAt(
  cluster: Cluster,
  led: readonly LedPartition[],
  timestamp: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, bigint>> {
  const rows = await askOffsetsOf(cluster, led, { timestamp, isolationLevel: READ_COMMITTED }, signal)
  const wrong = rows.find(({ errorCode }) => errorCode !== NONE)
  if (wrong !== undefined) throw topicFailed(wrong.topic, wrong.errorCode)
  return new Map(rows.map(({ partition, offset }) => [partition, offset]))
}

function letterOf(
  { offset, timestampMs, key, value, headers }: StoredRecord,
  {
    topic,
    partition,
    names,
  }: { readonly topic: string; readonly partition: number; readonly names: HeaderNames },
): RecordLetter {
  const dated = timestampMs >= 0n && timestampMs <= TIME_MS_MAX
  const textOf = (name: string): string | null => {
    const bytes = headers.find((one) => one[0] === name)?.[1]
    return bytes ? Buffer.from(bytes).toString() : null
  }
  return {
    kind: 'record',
    topic,
    partition,
    offset,
    at: dated ? new Date(Number(timestampMs)).toISOString() : null,
    messageId: textOf(names.messageId),
    type: textOf(names.type),
    key,
    value,
    headers,
  }
}
