import type { ParkReason } from '../domain/callback/record.ts'
import type {
  CallbackCounts,
  CheckState,
  Confirmed,
  FeedKind,
  OpenCheck,
  ParkedRecord,
  ServiceBeat,
  ServiceState,
} from '../domain/callback/state.ts'
import type { FeedPosition } from './feeds.ts'
import type { Owner } from './job-store.ts'

/** What one batch of a feed has brought. */
export interface Taken {
  readonly kind: FeedKind
  /** Queue or topic. */
  readonly place: string
  readonly confirmations: readonly Confirmed[]
  readonly checks: readonly OpenCheck[]
  readonly parked: readonly (Omit<ParkedRecord, 'n' | 'at' | 'kind'> & { readonly reason: ParkReason })[]
  readonly position: FeedPosition | null
}

export interface CheckMove {
  readonly messageId: string
  readonly to: CheckState
  /** When a `waiting` one is looked at again; null: it is not. */
  readonly dueAt: string | null
}

/**
 * What the callback service was told, by source. Each method is one transaction, on disk when it resolves: only then may a
 * record be acknowledged. A second time the same changes nothing.
 */
export interface CallbackIntake {
  take(source: string, taken: Taken): Promise<void>
  positions(source: string, place: string): Promise<ReadonlyMap<number, bigint>>
  /** Waiting checks whose time has come, the longest overdue first. */
  due(source: string, now: string, limit: number): Promise<readonly OpenCheck[]>
  moveChecks(source: string, moves: readonly CheckMove[]): Promise<void>
  /** Removes at most `limit` confirmations and answered checks of before. What is parked stays. */
  prune(source: string, before: string, limit: number): Promise<number>
}

export interface CallbackReading {
  confirmed(source: string, messageIds: readonly string[]): Promise<ReadonlyMap<string, Confirmed>>
  counts(source: string): Promise<CallbackCounts>
  /** Newest first; `before`: the last one of the page before. */
  parked(source: string, before: number | null, limit: number): Promise<readonly ParkedRecord[]>
  /** Of checks that are a person's by now, newest first. */
  forPerson(source: string, limit: number): Promise<readonly OpenCheck[]>
}

/** One service a source on this machine. */
export interface CallbackServices {
  service(source: string): Promise<ServiceState | null>
  /** Takes the source over from a process that is gone. False: another one is at work. */
  begin(source: string, owner: Owner, alive: (owner: Owner) => boolean): Promise<boolean>
  /** False: another process has taken it over. */
  beat(source: string, owner: Owner, beat: ServiceBeat): Promise<boolean>
  end(source: string, owner: Owner): Promise<void>
}

export interface CallbackStore {
  readonly intake: CallbackIntake
  readonly reading: CallbackReading
  readonly services: CallbackServices
}
