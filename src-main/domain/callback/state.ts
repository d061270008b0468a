import type { ParkReason } from './record.ts'

export const feedKinds = ['confirmations', 'checks'] as const
export type FeedKind = (typeof feedKinds)[number]

/** A receiver's word that it has taken effect. */
export interface Confirmed {
  readonly messageId: string
  /** As the receiver or the broker dates it; else when it was stored. */
  readonly at: string
}

/** A delayed check that has not been answered yet. */
export interface OpenCheck {
  readonly messageId: string
  readonly publishedAt: string
  readonly dueAt: string
}

/**
 * - `waiting`: until it is due, or until the sender's resend has had its time;
 * - `confirmed`: a confirmation was there;
 * - `person`: the sender was asked as often as it may be.
 */
export const checkStates = ['waiting', 'confirmed', 'person'] as const
export type CheckState = (typeof checkStates)[number]

export interface ParkedRecord {
  readonly n: number
  readonly kind: FeedKind
  /** Queue, or `topic/partition@offset`. */
  readonly place: string
  readonly at: string
  readonly reason: ParkReason
  /** JSON object of texts. */
  readonly headers: string
  readonly body: Uint8Array
}

/** How one of the two consumers fares. */
export interface FeedStatus {
  readonly state: 'connected' | 'disconnected'
  /** Records that wait; null: it could not be told. */
  readonly behind: number | null
  readonly lastAt: string | null
  /** Why it is disconnected; null: it is not, or nothing is known. */
  readonly problem: string | null
}

/** What a running service says of itself, every few seconds. */
export interface ServiceBeat {
  readonly at: string
  /** Everything that the broker had at this time is stored; null: not once yet. */
  readonly caughtUpAt: string | null
  readonly asks: boolean
  readonly feeds: Readonly<Record<FeedKind, FeedStatus>>
}

export interface ServiceState {
  /** The first start of a service for this source: what was sent before may have been confirmed unheard. */
  readonly since: string
  readonly startedAt: string
  /** Null: it has ended cleanly. */
  readonly pid: number | null
  readonly beat: ServiceBeat | null
}

export interface CallbackCounts {
  readonly confirmations: number
  readonly parked: number
  readonly waiting: number
  readonly person: number
}

/** A service whose last sign is older has ended, or hangs. */
export const BEAT_SEC_MAX = 15
/** A confirmation may be on its way in the broker: only a service that was caught up so lately lets anybody be asked. */
export const CAUGHT_UP_SEC_MAX = 30

/** Whether a service says that it is there. */
export function isRunning(service: ServiceState | null, now: Date): boolean {
  if (service === null || service.pid === null || service.beat === null) return false
  return ageSec(service.beat.at, now) <= BEAT_SEC_MAX
}

/** Whether the store can be believed: no confirmation waits in the broker. */
export function isCaughtUp(service: ServiceState | null, now: Date): boolean {
  const at = service?.beat?.caughtUpAt ?? null
  return isRunning(service, now) && at !== null && ageSec(at, now) <= CAUGHT_UP_SEC_MAX
}

function ageSec(at: string, now: Date): number {
  return (now.getTime() - Date.parse(at)) / 1_000
}
