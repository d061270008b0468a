import type { IdentifiedRecord } from '../domain/callback/record.ts'

/** A record that a consumer was given. */
export interface FeedRecord extends IdentifiedRecord {
  /** Queue, or `topic/partition@offset`. */
  readonly place: string
  /** When it was published, as broker or producer say; ISO-8601. Null: nobody says. */
  readonly at: string | null
  /** True: it arrives at once, and it is for whoever takes it to wait; false: the broker has delayed it. */
  readonly waits: boolean
}

/** Of a log: everything before `next` has been handled. */
export interface FeedPosition {
  readonly partition: number
  readonly next: bigint
}

export interface FeedBatch {
  readonly records: readonly FeedRecord[]
  /** Null: of a queue, where the acknowledgement is the position. */
  readonly position: FeedPosition | null
}

export interface FeedOptions {
  /** Queue or topic. */
  readonly place: string
  /** Records that are given out ahead of their acknowledgement, and of one batch. */
  readonly prefetch: number
  /** Of a log: the group that offsets are committed to, for others to see how far this is. */
  readonly group: string
  /** Of a log: where to begin in each partition; a partition that is absent is read from its beginning. */
  readonly positions: ReadonlyMap<number, bigint>
  /**
   * Called with one batch after the other. Only when it has resolved are its records acknowledged, or their offsets
   * committed; where it rejects, none of them is, and the feed is over.
   */
  readonly handle: (batch: FeedBatch) => Promise<void>
}

/** A consumer at work. It is the only one of its place, or sees everything in it. */
export interface Feed {
  /** Resolves when it was closed; rejects with RedriveError where it broke. What was not acknowledged comes again. */
  readonly ended: Promise<void>
  /** Resolves as soon as everything has been handled that was there at the time of the call. Throws where the feed is over. */
  reached(signal: AbortSignal): Promise<void>
  /** Records that were there at the call and had not been handled. */
  behind(signal: AbortSignal): Promise<number>
  /** Takes nothing more, waits for the batch in hand, and leaves. */
  close(): Promise<void>
}

/** How a sender can have a check delivered late. */
export type DelayWay = 'queue' | 'exchange' | 'timestamp'

export interface DelayedPlace {
  readonly way: DelayWay
  /** Where a sender publishes what is to arrive late: a queue, an exchange (header `x-delay`), or the topic itself. */
  readonly place: string
}

/** Places of a broker that a service can consume. */
export interface Feeds {
  /** False: there is no such queue or topic. Touches nothing. */
  exists(place: string, signal: AbortSignal): Promise<boolean>
  /** Ways that are there to have a record arrive late in `place`; none: nothing delays it. */
  delays(place: string, signal: AbortSignal): Promise<readonly DelayedPlace[]>
  /** Makes `place`, and where `delayMs` is given the way to arrive there late; what is there stays as it is. */
  declare(place: string, delayMs: number | null, signal: AbortSignal): Promise<void>
  /** Throws `queue-missing` or `topic-missing`, `permission-denied` (of a queue also where another consumer has it), or `later`. */
  open(options: FeedOptions, signal: AbortSignal): Promise<Feed>
}
