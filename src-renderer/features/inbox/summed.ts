import type { MessageGroups, Trouble } from '../../../src-preload/contract/messages.ts'
import type { SourceOverview } from '../../../src-preload/contract/overview.ts'
import { troubleCount } from '../../app/state/troubles.ts'

export interface Sum {
  readonly count: number
  /** At least this many: a count ended at its bound, or a source has not answered. */
  readonly bounded: boolean
}

/** Null: nobody has answered yet. */
export function summedTrouble(overviews: readonly (SourceOverview | null)[], trouble: Trouble): Sum | null {
  const counts = overviews.map((overview) => troubleCount(overview, trouble))
  const known = counts.flatMap((count) => count ?? [])
  if (known.length === 0) return null
  return {
    count: known.reduce((sum, { count }) => sum + count, 0),
    bounded: known.length < counts.length || known.some(({ bounded, scope }) => bounded || !scope.complete),
  }
}

export interface GroupSums {
  readonly groups: MessageGroups['groups']
  readonly bounded: boolean
}

/** Groups of the same key are one, whichever source they are from. `asked`: so many sources should have answered. */
export function summedGroups(answers: readonly MessageGroups[], asked: number): GroupSums {
  const sums = new Map<string, MessageGroups['groups'][number]>()
  for (const group of answers.flatMap(({ groups }) => groups)) {
    const before = sums.get(group.key)
    const oldest = [before?.oldestCreatedAt, group.oldestCreatedAt].flatMap((at) => at ?? [])
    sums.set(group.key, {
      key: group.key,
      count: (before?.count ?? 0) + group.count,
      oldestCreatedAt: oldest.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null,
    })
  }
  return {
    groups: [...sums.values()].sort((a, b) => b.count - a.count),
    bounded: answers.length < asked || answers.some(({ bounded, scope }) => bounded || !scope.complete),
  }
}
