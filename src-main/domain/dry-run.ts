import { normaliseCause } from './cause.ts'
import type { Destination, MessageState } from './message.ts'

/** What the dry run looks at in one item of a plan. Times are ISO-8601. */
export interface ItemFacts {
  readonly type: string | null
  readonly destination: Destination
  readonly createdAt: string
  readonly lastError: string | null
  readonly state: MessageState
  /** Begun so far. */
  readonly attempts: number
  readonly chainKey: string | null
}

/** Groups of one kind, the largest first. */
export interface GroupCounts<Key> {
  readonly groups: readonly { readonly key: Key; readonly count: number }[]
  /** Items in groups that are not listed. */
  readonly others: number
  /** How many groups there are; with `bounded` at least that many. */
  readonly distinct: number
  readonly bounded: boolean
}

export const ageBuckets = ['<1m', '<10m', '<1h', '<6h', '<1d', '<7d', 'older'] as const
export type AgeBucket = (typeof ageBuckets)[number]

export interface DryRunCounts {
  readonly items: number
  readonly byType: GroupCounts<string | null>
  readonly byDestination: GroupCounts<Destination>
  /** Null: no error was written down. */
  readonly byCause: GroupCounts<string | null>
  /** Every bucket, empty ones too, the youngest first. */
  readonly byAge: readonly { readonly bucket: AgeBucket; readonly count: number }[]
  /** Only states that occur, the most frequent first. */
  readonly byState: readonly { readonly state: MessageState; readonly count: number }[]
  readonly byAttempts: GroupCounts<number>
  /** Items of one chain go out one after the other: the longest chain bounds how fast a job can be. */
  readonly chains: {
    readonly distinct: number
    readonly bounded: boolean
    readonly longest: { readonly key: string; readonly count: number } | null
  }
}

export interface DryRun {
  add(facts: ItemFacts): void
  /** Of what was added so far. */
  result(): DryRunCounts
}

/** Groups of one kind that are listed. */
export const DRY_RUN_GROUPS_MAX = 100
/**
 * Groups of one kind that are counted. What first appears after that many is counted under others, so every count that
 * is listed is exact; only which groups are the largest may then be wrong, and `bounded` says so.
 */
export const DRY_RUN_TRACKED_MAX = 5_000
/** Characters of a key that are kept. AMQP's own limit is 255 bytes. */
const KEY_CHARS_MAX = 255
/** Errors whose cause is remembered: rows that failed together mostly say the same, and finding a cause is slow. */
const CAUSES_REMEMBERED = 500
const REMEMBERED_CHARS_MAX = 2_000

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const bucketEndsMs = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS]

/** Counts the items of a plan one by one, in memory that does not grow with their number. Ages are those at `nowMs`. */
export function createDryRun({ nowMs }: { readonly nowMs: number }): DryRun {
  let items = 0
  const types = createGroups()
  const destinations = createGroups()
  const causes = createGroups()
  const attempts = createGroups()
  const chains = createGroups()
  const ages = ageBuckets.map(() => 0)
  const states = new Map<MessageState, number>()
  const causeOf = rememberedCause()
  return {
    add(facts) {
      items += 1
      types.add(clip(facts.type))
      destinations.add(toKey(facts.destination))
      causes.add(causeOf(facts.lastError))
      attempts.add(String(facts.attempts))
      if (facts.chainKey !== null) chains.add(clip(facts.chainKey))
      const age = bucketOf(nowMs - Date.parse(facts.createdAt))
      ages[age] = (ages[age] ?? 0) + 1
      states.set(facts.state, (states.get(facts.state) ?? 0) + 1)
    },
    result: () => ({
      items,
      byType: types.counts((key) => key),
      byDestination: destinations.counts(toDestination),
      byCause: causes.counts((key) => key),
      byAge: ageBuckets.map((bucket, index) => ({ bucket, count: ages[index] ?? 0 })),
      byState: [...states].map(([state, count]) => ({ state, count })).sort((a, b) => b.count - a.count),
      byAttempts: attempts.counts(Number),
      chains: longestOf(chains.counts((key) => key)),
    }),
  }
}

/** A clock that is behind makes an age negative: that is young. A time that cannot be read counts as the oldest. */
function bucketOf(ageMs: number): number {
  const index = bucketEndsMs.findIndex((endMs) => ageMs < endMs)
  return index < 0 ? bucketEndsMs.length : index
}

/** Keys that are the same for that long are one group. */
function clip(key: string | null): string | null {
  return key !== null && key.length > KEY_CHARS_MAX ? `${key.slice(0, KEY_CHARS_MAX - 1)}…` : key
}

function toKey({ exchange, routingKey }: Destination): string {
  return `${clip(exchange)}\u0000${clip(routingKey)}`
}

function toDestination(key: string | null): Destination {
  const [exchange = '', routingKey = ''] = (key ?? '').split('\u0000')
  return { exchange, routingKey }
}

function longestOf({ groups, distinct, bounded }: GroupCounts<string | null>): DryRunCounts['chains'] {
  const longest = groups[0]
  return {
    distinct,
    bounded,
    longest: longest ? { key: longest.key ?? '', count: longest.count } : null,
  }
}

interface Groups {
  add(key: string | null): void
  counts<Key>(read: (key: string | null) => Key): GroupCounts<Key>
}

function createGroups(): Groups {
  const tracked = new Map<string | null, number>()
  let untracked = 0
  return {
    add(key) {
      const known = tracked.get(key)
      if (known !== undefined) tracked.set(key, known + 1)
      else if (tracked.size < DRY_RUN_TRACKED_MAX) tracked.set(ownText(key), 1)
      else untracked += 1
    },
    counts(read) {
      const sorted = [...tracked].sort((a, b) => b[1] - a[1])
      const rest = sorted.slice(DRY_RUN_GROUPS_MAX).reduce((sum, [, count]) => sum + count, 0)
      return {
        groups: sorted.slice(0, DRY_RUN_GROUPS_MAX).map(([key, count]) => ({ key: read(key), count })),
        others: rest + untracked,
        distinct: tracked.size,
        bounded: untracked > 0,
      }
    },
  }
}

/** A copy: a piece cut out of a long text keeps all of that text in memory. */
function ownText(key: string | null): string | null {
  return key === null ? null : (JSON.parse(JSON.stringify(key)) as string)
}

function rememberedCause(): (lastError: string | null) => string | null {
  const remembered = new Map<string, string | null>()
  return (lastError) => {
    if (lastError === null) return null
    const known = remembered.get(lastError)
    if (known !== undefined) return known
    const cause = normaliseCause(lastError)
    if (remembered.size < CAUSES_REMEMBERED && lastError.length <= REMEMBERED_CHARS_MAX)
      remembered.set(lastError, ownText(cause))
    return cause
  }
}
