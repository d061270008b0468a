import type { RecordLetter } from '../domain/dead-letter/record-letter.ts'

/** Offsets are counted by partition, from `begin` up to and without `end`; both are of committed records. */
export interface PartitionSpan {
  readonly partition: number
  readonly begin: bigint
  readonly end: bigint
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

/**
 * The topics of a broker that keeps a log. Reading leaves nothing behind: no group is joined, no offset committed, no topic
 * made. Throws RedriveError: `topic-missing`, `permission-denied`, or `later`.
 */
export interface Topics {
  /** What the server that answers is, as `report` says it. */
  version(signal: AbortSignal): Promise<string>
  /** Null: there is no such topic. */
  partitions(topic: string, signal: AbortSignal): Promise<readonly PartitionSpan[] | null>
  /**
   * Page by page up to the end of the range. What retention has removed meanwhile is passed over; where the log ends before
   * the range does, so do the pages.
   */
  read(range: RecordRange, signal: AbortSignal): AsyncIterable<RecordPage>
}
