import { RedriveError } from '../../domain/errors.ts'
import { GROUPS_MAX } from '../../ports/groups.ts'
import type { Group, GroupHead, GroupList, GroupMember, GroupOffset, Groups } from '../../ports/groups.ts'
import { newByteReader } from './byte-reader.ts'
import type { Cluster } from './cluster.ts'
import type { Link } from './link.ts'
import { offsetsTold, placeKey } from './offsets.ts'
import type { LedPartition } from './offsets.ts'
import { askGroupNames, askGroups, askOffsets, EARLIEST, LATEST, READ_UNCOMMITTED } from './wire.ts'
import type { DescribedGroup, Node, TopicPartition } from './wire.ts'

/** Groups of one question. */
const DESCRIBE_MAX = 100
const NONE = 0
const NO_PERMISSION = 30
const NO_CLUSTER_PERMISSION = 31
/** What a coordinator says of a group that it does not describe: one it does not know, or one of the newer kind. */
const DEAD = 'Dead'

type Committed = ReadonlyMap<string, TopicPartition & { readonly offset: bigint }>

interface Ends {
  readonly begins: ReadonlyMap<string, bigint>
  readonly ends: ReadonlyMap<string, bigint>
}

/** Asks coordinators; joins no group and commits nothing. */
export class GroupReader implements Groups {
  readonly #link: Link

  constructor(link: Link) {
    this.#link = link
  }

  async list(signal: AbortSignal): Promise<GroupList> {
    const cluster = await this.#link.ready(signal)
    const found = await namesOf(cluster, signal)
    const shown = found.slice(0, GROUPS_MAX)
    const described = new Map<string, DescribedGroup>()
    const committed = new Map<string, Committed | null>()
    for (const [node, names] of Map.groupBy(shown, (one) => one.node)) {
      for (let at = 0; at < names.length; at += DESCRIBE_MAX) {
        const some = names.slice(at, at + DESCRIBE_MAX).map(({ group }) => group)
        for (const one of await cluster.timed(askGroups(node, some), signal)) described.set(one.groupId, one)
      }
      for (const { group } of names) committed.set(group, await committedOf(cluster, node, group, signal))
    }
    const places = [...committed.values()].flatMap((one) => [...(one?.values() ?? [])])
    const { ends } = await endsOf(cluster, await ledBy(cluster, topicsOf(places), signal), signal)
    return {
      groups: shown.map(({ group, protocol }) =>
        headOf({ group, protocol }, described.get(group), committed.get(group) ?? null, ends),
      ),
      complete: shown.length === found.length,
    }
  }

  async describe(group: string, signal: AbortSignal): Promise<Group | null> {
    const cluster = await this.#link.ready(signal)
    // Not by the question for its coordinator: where nobody has consumed yet, that makes the topic of offsets.
    const named = (await namesOf(cluster, signal)).find((one) => one.group === group)
    if (named === undefined) return null
    const { node } = named
    const [described] = await cluster.timed(askGroups(node, [group]), signal)
    if (described?.errorCode === NO_PERMISSION) throw groupFailed(group, NO_PERMISSION)
    const committed = await committedOf(cluster, node, group, signal)
    const known = described !== undefined && isDescribed(described)
    const members = known ? described.members.map(memberOf) : null
    const assigned = (members ?? []).flatMap((one) => one.assigned.map(({ topic }) => topic))
    const topics = [...new Set([...topicsOf([...(committed?.values() ?? [])]), ...assigned])]
    const led = await ledBy(cluster, topics, signal)
    const span = await endsOf(cluster, led, signal)
    const head = headOf(named, described, committed, span.ends)
    return { ...head, members, offsets: offsetsOf(led, committed ?? new Map(), span) }
  }
}

interface Named {
  readonly group: string
  readonly protocol: string
  /** Its coordinator. */
  readonly node: Node
}

async function namesOf(cluster: Cluster, signal: AbortSignal): Promise<readonly Named[]> {
  const { brokers } = await cluster.metadata([], signal)
  const found: Named[] = []
  for (const { nodeId } of brokers) {
    const node = await cluster.node(nodeId, signal)
    const { errorCode, groups } = await cluster.timed(askGroupNames(node), signal)
    if (errorCode !== NONE) throw groupFailed('*', errorCode)
    found.push(
      ...groups.map(({ groupId, protocolType }) => ({ group: groupId, protocol: protocolType, node })),
    )
  }
  return found.sort((one, other) => (one.group < other.group ? -1 : 1))
}

/** Null: the account may not see what the group has committed. */
async function committedOf(
  cluster: Cluster,
  node: Node,
  group: string,
  signal: AbortSignal,
): Promise<Committed | null> {
  const { errorCode, responses } = await cluster.timed(askOffsets(node, group), signal)
  if (errorCode === NO_PERMISSION) return null
  if (errorCode !== NONE) throw groupFailed(group, errorCode)
  const rows = responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
  )
  return new Map(rows.filter(({ offset }) => offset >= 0n).map((row) => [placeKey(row), row]))
}

async function ledBy(
  cluster: Cluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly LedPartition[]> {
  if (topics.length === 0) return []
  const { topicMetadata } = await cluster.metadata(topics, signal)
  return topicMetadata.flatMap(({ topic, partitionMetadata }) =>
    partitionMetadata.map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader })),
  )
}

/** What cannot be told of a partition is left out. The end is that of all records, as consumers measure their lag. */
async function endsOf(cluster: Cluster, led: readonly LedPartition[], signal: AbortSignal): Promise<Ends> {
  const at = (timestamp: number) =>
    offsetsTold(cluster, led, { timestamp, isolationLevel: READ_UNCOMMITTED }, signal)
  return { begins: await at(EARLIEST), ends: await at(LATEST) }
}

function headOf(
  { group, protocol }: Pick<GroupHead, 'group' | 'protocol'>,
  described: DescribedGroup | undefined,
  committed: Committed | null,
  ends: Ends['ends'],
): GroupHead {
  const known = described !== undefined && isDescribed(described)
  const lags = [...(committed?.values() ?? [])].flatMap(
    (one) => lagOf(one.offset, ends.get(placeKey(one))) ?? [],
  )
  return {
    group,
    protocol,
    state: known ? described.state : null,
    members: known ? described.members.length : null,
    lag: lags.length === 0 ? null : lags.reduce((sum, lag) => sum + lag, 0n),
    hidden: committed === null,
  }
}

function offsetsOf(
  led: readonly LedPartition[],
  committed: Committed,
  { begins, ends }: Ends,
): readonly GroupOffset[] {
  const all = new Map<string, TopicPartition>(
    [...led, ...committed.values()].map((one) => [placeKey(one), one]),
  )
  const rows = [...all].map(([key, { topic, partition }]): GroupOffset => {
    const offset = committed.get(key)?.offset ?? null
    const end = ends.get(key) ?? null
    const lag = offset === null ? null : lagOf(offset, end ?? undefined)
    return { topic, partition, committed: offset, begin: begins.get(key) ?? null, end, lag }
  })
  return rows.sort((one, other) =>
    one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1,
  )
}

function lagOf(committed: bigint, end: bigint | undefined): bigint | null {
  if (end === undefined) return null
  return end > committed ? end - committed : 0n
}

function topicsOf(places: readonly TopicPartition[]): readonly string[] {
  return [...new Set(places.map(({ topic }) => topic))]
}

function isDescribed({ errorCode, state }: DescribedGroup): boolean {
  return errorCode === NONE && state !== DEAD
}

function memberOf({
  memberId,
  clientId,
  clientHost,
  memberAssignment,
}: DescribedGroup['members'][number]): GroupMember {
  return { member: memberId, client: clientId, host: clientHost, assigned: assignedOf(memberAssignment) }
}

/** As consumers write it; another protocol's (that of Connect) is not read. */
function assignedOf(bytes: Buffer | null): GroupMember['assigned'] {
  if (bytes === null || bytes.length === 0) return []
  const reader = newByteReader(bytes)
  try {
    reader.int16()
    return Array.from({ length: Math.min(reader.int32(), bytes.length) }, () => {
      const topic = reader.string()
      const partitions = Array.from({ length: Math.min(reader.int32(), bytes.length) }, () => reader.int32())
      return { topic, partitions: partitions.sort((one, other) => one - other) }
    })
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}

function groupFailed(group: string, code: number): RedriveError {
  if (code === NO_PERMISSION || code === NO_CLUSTER_PERMISSION)
    return new RedriveError('permission-denied', 'never', {
      server: 'the broker',
      reason: code === NO_PERMISSION ? `no rights on group ${group}` : 'no right to describe the cluster',
    })
  const reason = `error ${code} of the protocol about group ${group}`
  return new RedriveError('broker-failed', 'later', { reason })
}
