/** What a consumer group has left in one partition. */
export interface GroupOffset {
  readonly topic: string
  readonly partition: number
  /** The next one that the group reads; null: it has committed none here, so nobody knows where it will begin. */
  readonly committed: bigint | null
  /** First offset that is still there. Null, as `end`: the partition is gone, or nobody leads it at present. */
  readonly begin: bigint | null
  readonly end: bigint | null
  /** Null: it does not follow from the others. */
  readonly lag: bigint | null
}

export interface GroupMember {
  readonly member: string
  readonly client: string
  readonly host: string
  readonly assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface GroupHead {
  readonly group: string
  /** The server's word: Stable, Empty, PreparingRebalance… Null: it does not describe this kind of group to Redrive. */
  readonly state: string | null
  /** `consumer`, `connect`. */
  readonly protocol: string
  /** Null where `state` is. */
  readonly members: number | null
  /** Over what it has committed; null: that is nothing, or the account may not see it. */
  readonly lag: bigint | null
  /** Why the offsets are not told: the account may not look. */
  readonly hidden: boolean
}

export interface GroupList {
  /** By name. */
  readonly groups: readonly GroupHead[]
  /** False: there are more than GROUPS_MAX. */
  readonly complete: boolean
}

export interface Group extends Omit<GroupHead, 'members'> {
  /** Null where `state` is. */
  readonly members: readonly GroupMember[] | null
  /** Of every partition of each topic that it has committed to or that is assigned. */
  readonly offsets: readonly GroupOffset[]
}

/** Groups of one list. */
export const GROUPS_MAX = 1_000

/** The consumer groups of a broker that keeps a log. Looking joins none and commits nothing. Throws RedriveError. */
export interface Groups {
  list(signal: AbortSignal): Promise<GroupList>
  /** Null: nobody knows it. */
  describe(group: string, signal: AbortSignal): Promise<Group | null>
}
