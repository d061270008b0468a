import type { EventFingerprint, SameEvent } from '../domain/same-event.ts'

/** Groups of equal values that one search looks at; more of them are counted and not looked at. */
export const EVENT_GROUPS_MAX = 10_000
/** Messages of those groups that are compared one by one. */
export const EVENT_ROWS_MAX = 100_000

export interface EventSearch {
  readonly fingerprint: EventFingerprint
  /** Only messages with a greater id; null: all. */
  readonly since: string | null
  /** Longest time that one statement may take, in milliseconds. */
  readonly statementMs: number
}

export interface EventsFound {
  readonly messages: number
  readonly events: readonly SameEvent[]
  /** True: there are more groups, or more messages in them, than were looked at. */
  readonly cut: boolean
}

/**
 * Messages that tell the same business event under two ids. Reads only, each statement with a limit on the server, where it
 * is cancelled when `signal` is aborted. Throws RedriveError as an outbox does, `column-missing` where the table has not
 * what the fingerprint names, `time-not-mapped` where the outbox does not say when a message was stored.
 */
export interface EventReader {
  search(search: EventSearch, signal: AbortSignal): Promise<EventsFound>
  close(): Promise<void>
}
