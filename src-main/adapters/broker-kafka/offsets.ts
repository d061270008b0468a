import { RedriveError } from '../../domain/errors.ts'
import type { Cluster } from './cluster.ts'
import { askOffsetsAt } from './wire.ts'
import type { TopicPartition } from './wire.ts'

const NONE = 0
/** Partitions of one question. */
const PLACES_MAX = 1_000
const NO_PERMISSION = 29

export interface LedPartition extends TopicPartition {
  /** Negative: nobody leads it at present. */
  readonly leader: number
}

export interface OffsetRow extends TopicPartition {
  readonly errorCode: number
  /** -1: none. */
  readonly offset: bigint
}

export interface OffsetQuestion {
  readonly timestamp: number
  readonly isolationLevel: number
}

/** Asks whoever leads. Partitions that nobody leads have no row. */
export async function askOffsetsOf(
  cluster: Cluster,
  partitions: readonly LedPartition[],
  question: OffsetQuestion,
  signal: AbortSignal,
): Promise<readonly OffsetRow[]> {
  const rows: OffsetRow[] = []
  for (const [leader, led] of Map.groupBy(partitions, (one) => one.leader)) {
    if (leader < 0) continue
    const node = await cluster.node(leader, signal)
    for (let at = 0; at < led.length; at += PLACES_MAX) {
      const asking = askOffsetsAt(node, led.slice(at, at + PLACES_MAX), question)
      const { responses } = await cluster.timed(asking, signal)
      for (const { topic, partitions: answers } of responses)
        for (const { partition, errorCode, offset } of answers)
          rows.push({ topic, partition, errorCode, offset: BigInt(offset) })
    }
  }
  return rows
}

/** A partition of any topic as a key of a map. */
export function placeKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/** By `placeKey`; a partition that nobody leads, or of which its leader does not tell, is left out. */
export async function offsetsTold(
  cluster: Cluster,
  partitions: readonly LedPartition[],
  question: OffsetQuestion,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await askOffsetsOf(cluster, partitions, question, signal)
  return new Map(rows.filter(({ errorCode }) => errorCode === NONE).map((row) => [placeKey(row), row.offset]))
}

export function topicFailed(topic: string, code: number): RedriveError {
  const reason = `error ${code} of the protocol about the topic ${topic}`
  if (code === NO_PERMISSION) {
    return new RedriveError('permission-denied', 'never', {
      server: 'the broker',
      reason: `no rights on topic ${topic}`,
    })
  }
  return new RedriveError('broker-failed', 'later', { reason })
}
