import type { Place } from '../../domain/message.ts'
import type { BrokerReport, DestinationCheck } from '../../ports/broker.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Cluster } from './cluster.ts'
import type { Link } from './link.ts'
import { TOPIC_BYTES_MAX, targetOf } from './target.ts'
import { askGroupLag } from './lag.ts'

const LATENCY_ROUNDS = 3
/** Topics of one question. */
const TOPICS_MAX = 200
const NONE = 0
const LEADER_NOT_AVAILABLE = 5
const NO_PERMISSION = 29

/** Questions to the cluster that leave nothing behind: no topic, no group, no offset. */
export class Look {
  readonly #link: Link

  constructor(link: Link) {
    this.#link = link
  }

  async report(signal: AbortSignal): Promise<BrokerReport> {
    const cluster = await this.#link.ready(signal)
    const latencies: number[] = []
    let metadata = await cluster.metadata([], signal)
    for (let round = 0; round < LATENCY_ROUNDS; round++) {
      const startedAt = performance.now()
      metadata = await cluster.metadata([], signal)
      latencies.push(performance.now() - startedAt)
    }
    const median = latencies.sort((a, b) => a - b)[Math.floor(LATENCY_ROUNDS / 2)] ?? 0
    const controller = metadata.brokers.find(({ nodeId }) => nodeId === metadata.controllerId)
    return {
      product: 'Apache Kafka',
      version: versionOf(cluster),
      latencyMs: Math.round(median * 100) / 100,
      cluster: {
        id: metadata.clusterId,
        nodes: metadata.brokers.length,
        controller: controller === undefined ? null : `${controller.host}:${controller.port}`,
      },
    }
  }

  async destinations<Asked extends Place>(
    destinations: readonly Asked[],
    signal: AbortSignal,
  ): Promise<DestinationCheck<Asked>[]> {
    const topics = [...new Set(destinations.map((one) => targetOf(one).topic))].filter(
      (topic) => topic !== '' && Buffer.byteLength(topic) <= TOPIC_BYTES_MAX,
    )
    const partitions = await this.#partitions(topics, signal)
    return destinations.map((destination) => {
      const { topic, partition } = targetOf(destination)
      const count = partitions.get(topic) ?? 0
      return { destination, exists: count === 'hidden' ? null : count > (partition ?? 0) }
    })
  }

  /** What a consumer group has not committed yet, over all its topics; null where it has committed nothing. */
  async groupLag(group: string, signal: AbortSignal): Promise<number | null> {
    return await askGroupLag(await this.#link.ready(signal), group, signal)
  }

  async #partitions(
    topics: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number | 'hidden'>> {
    const cluster = await this.#link.ready(signal)
    const found = new Map<string, number | 'hidden'>()
    for (let at = 0; at < topics.length; at += TOPICS_MAX) {
      const { topicMetadata } = await cluster.metadata(topics.slice(at, at + TOPICS_MAX), signal)
      for (const { topic, topicErrorCode, partitionMetadata } of topicMetadata) {
        if (topicErrorCode === NO_PERMISSION) found.set(topic, 'hidden')
        if (topicErrorCode === NONE || topicErrorCode === LEADER_NOT_AVAILABLE)
          found.set(topic, partitionMetadata.length)
      }
    }
    return found
  }
}

const FETCH = 1
/** What the server can do only since a release: the highest version of Fetch, or an API that came with it. */
const FETCH_OF_4_1 = 18
const OLDEST_FETCH_OF_4 = 4
const SINCE_3_7 = 68
const SINCE_2_8 = 60

/** The protocol does not say which version answers; it follows from what the server can do. */
export function versionOf({ seed: { versions } }: Cluster): string {
  const fetch = versions?.[FETCH]
  if (versions === null || fetch === undefined)
    throw new RedriveError('broker-failed', 'later', { reason: 'the server does not say what it can do' })
  if (fetch.maxVersion >= FETCH_OF_4_1) return '4.1+'
  if (fetch.minVersion >= OLDEST_FETCH_OF_4) return '4.0'
  if (versions[SINCE_3_7] !== undefined) return '3.7 – 3.9'
  return versions[SINCE_2_8] === undefined ? '0.11 – 2.7' : '2.8 – 3.6'
}
