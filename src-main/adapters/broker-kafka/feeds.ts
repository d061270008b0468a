import { RedriveError } from '../../domain/errors.ts'
import type { Feeds } from '../../ports/feeds.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { commitOffsets } from './committing.ts'
import { KafkaFeed } from './feed.ts'
import type { Link } from './link.ts'
import type { TopicReader } from './topic-reader.ts'
import { ask } from './wire.ts'

/** As the server is set up to choose them. */
const SERVERS_CHOICE = -1
const CREATE_TIMEOUT_MS = 5_000
/** Until the broker has heard of a topic that its controller has made. */
const TOLD_TIMEOUT_MS = 10_000
const TOLD_POLL_MS = 100
const NONE = 0
const EXISTS = 36
const NO_PERMISSION = 29
/** Where the server cannot be asked to choose. */
const INVALID_PARTITIONS = 37
const INVALID_REPLICATION = 38

interface Created {
  readonly topicErrors: readonly { readonly topic: string; readonly errorCode: number }[]
}

/** Topics that a service reads by offsets which it keeps itself. */
export function openKafkaFeeds(link: Link, reader: TopicReader, clock: Clock): Feeds {
  const exists = async (topic: string, signal: AbortSignal): Promise<boolean> =>
    (await reader.partitions(topic, signal)) !== null

  const create = async (topic: string, chosen: number, signal: AbortSignal): Promise<number> => {
    const cluster = await link.ready(signal)
    const { controllerId } = await cluster.metadata([], signal)
    const node = await cluster.node(controllerId, signal)
    const topics = [{ topic, numPartitions: chosen, replicationFactor: chosen }]
    const made = (await cluster.timed(
      ask(node, 'CreateTopics', { topics, timeout: CREATE_TIMEOUT_MS }),
      signal,
    )) as Created
    return made.topicErrors[0]?.errorCode ?? NONE
  }

  return {
    exists,
    // The time of a record says when it is due, and the service waits for it.
    delays: async (topic) => [{ way: 'timestamp', place: topic }],
    async declare(topic, _delayMs, signal) {
      if (await exists(topic, signal)) return
      let code = await create(topic, SERVERS_CHOICE, signal)
      if (code === INVALID_PARTITIONS || code === INVALID_REPLICATION) code = await create(topic, 1, signal)
      if (code === NO_PERMISSION)
        throw new RedriveError('permission-denied', 'never', {
          server: 'the broker',
          reason: `no right to make the topic ${topic}`,
        })
      if (code !== NONE && code !== EXISTS)
        throw new RedriveError('broker-failed', 'never', {
          reason: `error ${code} of the protocol about making the topic ${topic}`,
        })
      for (let waitedMs = 0; waitedMs < TOLD_TIMEOUT_MS; waitedMs += TOLD_POLL_MS) {
        if (await exists(topic, signal).catch(() => false)) return
        await clock.sleep(TOLD_POLL_MS, signal)
      }
    },
    async open(options, signal) {
      if (!(await exists(options.place, signal)))
        throw new RedriveError('topic-missing', 'never', { reason: `no topic '${options.place}'` })
      const { group, place } = options
      const commit = async (positions: ReadonlyMap<number, bigint>, stop: AbortSignal): Promise<void> =>
        commitOffsets(await link.ready(stop), { group, topic: place, positions }, stop)
      return new KafkaFeed({ ...options, reader, clock, commit })
    },
  }
}
