import type { RecordLetter } from '../domain/dead-letter/record-letter.ts'

/** Offsets are counted by partition, from `begin` up to and without `end`; both are of committed records. */
export interface PartitionSpan {
  readonly partition: number
  readonly begin: bigint
  readonly end: bigint
  /** Records came faster than the end could be told: there are more after it. Absent: it is exact. */
  readonly endsLater?: true
}

export interface RecordRange extends PartitionSpan {
  readonly topic: string
}

export interface RecordPage {
  /** Committed ones, in order. Offsets may have holes: compaction, transactions. */
  readonly records: readonly RecordLetter[]
  /** Where to read on; what is before it has been read. */
  readonly next: bigint
}

/** A topic from afar. */
export interface TopicHead {
  readonly topic: string
  /** The broker's own. */
  readonly internal: boolean
  readonly partitions: number
  /** Offsets from begin to end: holes of compaction and of transactions count. Null: it could not be told of each partition. */
  readonly records: bigint | null
}

export interface TopicList {
  /** By name; those that the account may see. */
  readonly topics: readonly TopicHead[]
  /** False: there are more than TOPICS_MAX. */
  readonly complete: boolean
}

/** Topics of one list. */
export const TOPICS_MAX = 5_000

/**
 * Records by explicit offsets. Reading leaves nothing behind: no group is joined, no offset committed, nothing made. Throws
 * RedriveError: `topic-missing`, `not-a-stream`, `permission-denied`, or `later`.
 */
export interface RecordLog {
  /** Null: there is no such topic. */
  partitions(topic: string, signal: AbortSignal): Promise<readonly PartitionSpan[] | null>
  /**
   * As `partitions`, but each begins at its first record that is not older than `atMs`, and at its end where there is none.
   * Records after it may be older: a producer says what time it is. Of a stream it is the time of storing, to the second.
   */
  offsetsAt(topic: string, atMs: number, signal: AbortSignal): Promise<readonly PartitionSpan[] | null>
  /**
   * Page by page up to the end of the range. What retention has removed meanwhile is passed over; where the log ends before
   * the range does, so do the pages.
   */
  read(range: RecordRange, signal: AbortSignal): AsyncIterable<RecordPage>
}

/** The topics of a broker that keeps nothing but logs. */
export interface Topics extends RecordLog {
  /** What the server that answers is, as `report` says it. */
  version(signal: AbortSignal): Promise<string>
  list(signal: AbortSignal): Promise<TopicList>
}
