import { normaliseCause } from './cause.ts'

/** A cause is new whose oldest failed message is younger. */
export const NEW_CAUSE_SEC = 86_400
/** More would not be read at a glance. */
export const NEW_CAUSES_MAX = 5
const SECOND_MS = 1_000

export interface NewCause {
  /** With what differs from message to message taken out. */
  readonly cause: string
  readonly count: number
  readonly oldestCreatedAt: string
}

/** Of failed messages by their last error. One of unknown age is not called new. The largest first. */
export function newCauses(
  groups: readonly {
    readonly key: string
    readonly count: number
    readonly oldestCreatedAt: string | null
  }[],
  nowMs: number,
): readonly NewCause[] {
  const causes = new Map<string, { count: number; oldestMs: number }>()
  for (const { key, count, oldestCreatedAt } of groups) {
    const cause = normaliseCause(key)
    if (cause === null) continue
    const oldestMs = oldestCreatedAt === null ? Number.NEGATIVE_INFINITY : Date.parse(oldestCreatedAt)
    const known = causes.get(cause)
    if (known === undefined) causes.set(cause, { count, oldestMs })
    else causes.set(cause, { count: known.count + count, oldestMs: Math.min(known.oldestMs, oldestMs) })
  }
  return [...causes]
    .filter(([, { oldestMs }]) => nowMs - oldestMs < NEW_CAUSE_SEC * SECOND_MS)
    .map(([cause, { count, oldestMs }]) => ({
      cause,
      count,
      oldestCreatedAt: new Date(oldestMs).toISOString(),
    }))
    .sort((one, other) => other.count - one.count)
    .slice(0, NEW_CAUSES_MAX)
}
