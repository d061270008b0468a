import { RedriveError } from '../../domain/errors.ts'
import type { Cluster } from './cluster.ts'
import { askCoordinator, askLatest, askOffsets } from './wire.ts'

/** To ask for a group's coordinator makes this topic where nobody has consumed yet. */
const OFFSETS_TOPIC = '__consumer_offsets'
const NONE = 0
const NO_PERMISSION = 30

interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/**
 * What a consumer group has left, over all partitions that it has committed an offset for; null where it has committed
 * none. Joins nothing and commits nothing. Throws `permission-denied`.
 */
export async function askGroupLag(
  cluster: Cluster,
  group: string,
  signal: AbortSignal,
): Promise<number | null> {
  const { topicMetadata: offsets } = await cluster.metadata([OFFSETS_TOPIC], signal)
  if (offsets[0]?.topicErrorCode !== NONE) return null
  const committed = await committedOf(cluster, group, signal)
  if (committed.length === 0) return null
  const topics = [...new Set(committed.map(({ topic }) => topic))]
  const { topicMetadata } = await cluster.metadata(topics, signal)
  const leaders = new Map(
    topicMetadata.flatMap(({ topic, partitionMetadata }) =>
      partitionMetadata.map(({ partitionId, leader }) => [`${topic}\0${partitionId}`, leader] as const),
    ),
  )
  const byLeader = Map.groupBy(
    committed,
    ({ topic, partition }) => leaders.get(`${topic}\0${partition}`) ?? null,
  )
  let lag = 0n
  for (const [leader, places] of byLeader) {
    // A topic that was deleted, or a partition that nobody leads.
    if (leader === null || leader < 0) continue
    lag += await behind(cluster, leader, places, signal)
  }
  return Number(lag)
}

async function committedOf(cluster: Cluster, group: string, signal: AbortSignal): Promise<Place[]> {
  const found = await cluster.timed(askCoordinator(cluster.seed, group), signal)
  if (found.errorCode === NO_PERMISSION) throw denied(group)
  if (found.errorCode !== NONE) throw broken(group, found.errorCode)
  const node = await cluster.node(found.coordinator.nodeId, signal)
  const { errorCode, responses } = await cluster.timed(askOffsets(node, group), signal)
  if (errorCode === NO_PERMISSION) throw denied(group)
  if (errorCode !== NONE) throw broken(group, errorCode)
  return responses.flatMap(({ topic, partitions }) =>
    partitions
      .filter(({ offset }) => !offset.startsWith('-'))
      .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
  )
}

async function behind(
  cluster: Cluster,
  leader: number,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<bigint> {
  const node = await cluster.node(leader, signal)
  const { responses } = await cluster.timed(askLatest(node, places), signal)
  const ends = new Map(
    responses.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic}\0${partition}`, BigInt(offset)] as const),
    ),
  )
  let lag = 0n
  for (const { topic, partition, offset } of places) {
    const end = ends.get(`${topic}\0${partition}`) ?? offset
    if (end > offset) lag += end - offset
  }
  return lag
}

function denied(group: string): RedriveError {
  return new RedriveError('permission-denied', 'never', {
    server: 'the broker',
    reason: `no rights on group ${group}`,
  })
}

function broken(group: string, code: number): RedriveError {
  return new RedriveError('broker-failed', 'later', {
    reason: `error ${code} of the protocol about group ${group}`,
  })
}
