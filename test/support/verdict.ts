/** The verdict on a run, in the words of Jepsen's queue checker. Ids of messages throughout. */
export interface Verdict {
  readonly attempted: number
  readonly acknowledged: number
  /** Acknowledged, and not delivered. */
  readonly lost: readonly string[]
  /** Delivered, and never attempted. */
  readonly unexpected: readonly string[]
  /** Delivered more than once. */
  readonly duplicated: readonly string[]
  /** Delivered without having been acknowledged. */
  readonly recovered: readonly string[]
}

export function verdict(run: {
  readonly attempted: readonly string[]
  readonly acknowledged: readonly string[]
  readonly delivered: readonly string[]
}): Verdict {
  const attempted = new Set(run.attempted)
  const acknowledged = new Set(run.acknowledged)
  const times = new Map<string, number>()
  for (const id of run.delivered) times.set(id, (times.get(id) ?? 0) + 1)
  const delivered = [...times.keys()]
  return {
    attempted: attempted.size,
    acknowledged: acknowledged.size,
    lost: [...acknowledged].filter((id) => !times.has(id)),
    unexpected: delivered.filter((id) => !attempted.has(id)),
    duplicated: delivered.filter((id) => (times.get(id) ?? 0) > 1),
    recovered: delivered.filter((id) => !acknowledged.has(id)),
  }
}
