import type { PublishOutcome } from '../../domain/outcome.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import { refused, unknown } from './envelope.ts'

/**
 * What one partition's answer means for the batch that it was given. A batch is stored whole or not at all.
 * - `divisible`: not stored, because of one record of it, or because they are too many;
 * - `elsewhere`: not stored, because the partition is led by another node now.
 */
export type Verdict =
  | { readonly is: 'settled'; readonly outcome: PublishOutcome }
  | { readonly is: 'divisible' | 'elsewhere'; readonly outcome: PublishOutcome }

type Kind = 'refused' | 'divisible' | 'elsewhere' | 'unknown' | 'returned'

/** Codes of the protocol that say what became of the batch. Any other leaves it open. */
const ANSWERS: ReadonlyMap<number, readonly [string, Kind, ErrorCode]> = new Map([
  [2, ['CORRUPT_MESSAGE', 'divisible', 'broker-refused']],
  [3, ['UNKNOWN_TOPIC_OR_PARTITION', 'returned', 'topic-missing']],
  [5, ['LEADER_NOT_AVAILABLE', 'elsewhere', 'broker-refused']],
  [6, ['NOT_LEADER_OR_FOLLOWER', 'elsewhere', 'broker-refused']],
  // The leader has it; whether its replicas will is open.
  [7, ['REQUEST_TIMED_OUT', 'unknown', 'confirm-timeout']],
  [10, ['MESSAGE_TOO_LARGE', 'divisible', 'message-too-large']],
  [17, ['INVALID_TOPIC_EXCEPTION', 'returned', 'topic-missing']],
  [18, ['RECORD_LIST_TOO_LARGE', 'divisible', 'message-too-large']],
  [19, ['NOT_ENOUGH_REPLICAS', 'refused', 'broker-refused']],
  // Stored by the leader all the same.
  [20, ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'unknown', 'broker-failed']],
  [21, ['INVALID_REQUIRED_ACKS', 'refused', 'broker-refused']],
  [29, ['TOPIC_AUTHORIZATION_FAILED', 'refused', 'permission-denied']],
  [31, ['CLUSTER_AUTHORIZATION_FAILED', 'refused', 'permission-denied']],
  [32, ['INVALID_TIMESTAMP', 'divisible', 'broker-refused']],
  [35, ['UNSUPPORTED_VERSION', 'refused', 'broker-refused']],
  [42, ['INVALID_REQUEST', 'refused', 'broker-refused']],
  [43, ['UNSUPPORTED_FOR_MESSAGE_FORMAT', 'refused', 'broker-refused']],
  [44, ['POLICY_VIOLATION', 'refused', 'broker-refused']],
  [74, ['FENCED_LEADER_EPOCH', 'elsewhere', 'broker-refused']],
  [76, ['UNSUPPORTED_COMPRESSION_TYPE', 'refused', 'broker-refused']],
  [87, ['INVALID_RECORD', 'divisible', 'broker-refused']],
])

/** `baseOffset` is the place of the first record; without one nobody has said that anything is stored. */
export function verdictOf(errorCode: number, baseOffset: string): Verdict {
  if (errorCode === 0) {
    if (/^\d+$/.test(baseOffset)) return { is: 'settled', outcome: { outcome: 'confirmed' } }
    return { is: 'settled', outcome: unknown('broker-failed', `success without an offset (${baseOffset})`) }
  }
  const answer = ANSWERS.get(errorCode)
  if (answer === undefined)
    return { is: 'settled', outcome: unknown('broker-failed', `error ${errorCode} of the protocol`) }
  const [name, kind, code] = answer
  const reason = `${errorCode} ${name}`
  if (kind === 'unknown') return { is: 'settled', outcome: unknown(code, reason) }
  if (kind === 'returned') return { is: 'settled', outcome: { outcome: 'returned', code, reason } }
  return { is: kind === 'refused' ? 'settled' : kind, outcome: refused(code, reason) }
}
