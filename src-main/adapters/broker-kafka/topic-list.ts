import { TOPICS_MAX } from '../../ports/topics.ts'
import type { TopicHead, TopicList } from '../../ports/topics.ts'
import type { Cluster } from './cluster.ts'
import { offsetsTold, placeKey } from './offsets.ts'
import { EARLIEST, LATEST, READ_COMMITTED } from './wire.ts'
import type { Metadata } from './wire.ts'

const NONE = 0
const LEADER_NOT_AVAILABLE = 5

/** Every topic that the account may see. A partition that cannot be asked leaves its topic without a count, not without a row. */
export async function askTopicList(cluster: Cluster, signal: AbortSignal): Promise<TopicList> {
  const { topicMetadata } = await cluster.everyTopic(signal)
  const seen = topicMetadata
    .filter(({ topicErrorCode: code }) => code === NONE || code === LEADER_NOT_AVAILABLE)
    .sort((one, other) => (one.topic < other.topic ? -1 : 1))
  const shown = seen.slice(0, TOPICS_MAX)
  const led = shown.flatMap(({ topic, partitionMetadata }) =>
    partitionMetadata.map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader })),
  )
  const at = (timestamp: number) =>
    offsetsTold(cluster, led, { timestamp, isolationLevel: READ_COMMITTED }, signal)
  const [begins, ends] = [await at(EARLIEST), await at(LATEST)]
  return {
    topics: shown.map((one) => headOf(one, begins, ends)),
    complete: shown.length === seen.length,
  }
}

function headOf(
  { topic, isInternal, partitionMetadata }: Metadata['topicMetadata'][number],
  begins: ReadonlyMap<string, bigint>,
  ends: ReadonlyMap<string, bigint>,
): TopicHead {
  let records: bigint | null = 0n
  for (const { partitionId: partition } of partitionMetadata) {
    const key = placeKey({ topic, partition })
    const [begin, end] = [begins.get(key), ends.get(key)]
    records = records === null || begin === undefined || end === undefined ? null : records + end - begin
  }
  return { topic, internal: isInternal, partitions: partitionMetadata.length, records }
}
