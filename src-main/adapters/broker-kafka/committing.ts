import { RedriveError } from '../../domain/errors.ts'
import type { Cluster } from './cluster.ts'
import { ask, askCoordinator } from './wire.ts'

const NONE = 0
const UNKNOWN_MEMBER = 25
const NO_PERMISSION = 30
/** Of a client that has joined no group: it has chosen its partitions itself. */
const NO_GENERATION = -1
const NO_MEMBER = ''

interface Commit {
  readonly group: string
  readonly topic: string
  readonly positions: ReadonlyMap<number, bigint>
}

interface Committed {
  readonly responses: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[]
}

/**
 * Commits offsets for a group without members. Throws `permission-denied`, `never` where the group has members, who would
 * be led astray by it, and `later`.
 */
export async function commitOffsets(
  cluster: Cluster,
  { group, topic, positions }: Commit,
  signal: AbortSignal,
): Promise<void> {
  const found = await cluster.timed(askCoordinator(cluster.seed, group), signal)
  if (found.errorCode !== NONE) throw commitFailed(group, found.errorCode)
  // Its address is told by metadata only.
  await cluster.metadata([], signal)
  const node = await cluster.node(found.coordinator.nodeId, signal)
  const partitions = [...positions].map(([partition, offset]) => ({
    partition,
    offset: String(offset),
    metadata: null,
  }))
  const options = {
    groupId: group,
    groupGenerationId: NO_GENERATION,
    memberId: NO_MEMBER,
    topics: [{ topic, partitions }],
  }
  const { responses } = (await cluster.timed(ask(node, 'OffsetCommit', options), signal)) as Committed
  const wrong = responses
    .flatMap((one) => one.partitions)
    .find(({ errorCode }) => errorCode !== NONE)?.errorCode
  if (wrong !== undefined) throw commitFailed(group, wrong)
}

function commitFailed(group: string, code: number): RedriveError {
  if (code === NO_PERMISSION)
    return new RedriveError('permission-denied', 'never', {
      server: 'the broker',
      reason: `no rights on group ${group}`,
    })
  if (code === UNKNOWN_MEMBER)
    return new RedriveError('broker-refused', 'never', {
      reason: `the group ${group} has members: it is somebody else's, name another one`,
    })
  return new RedriveError('broker-failed', 'later', {
    reason: `error ${code} of the protocol about committing for group ${group}`,
  })
}
