import type { Alert, AlertEvent, Delivery, DeliveryState, Notice } from '../domain/alert/alert.ts'
import type { AlertStanding } from '../domain/alert/standing.ts'
import type { JournalDraft } from '../domain/journal.ts'
import type { Subject } from '../domain/sample.ts'

export interface StandingOf {
  readonly rule: string
  readonly subject: Subject
  readonly standing: AlertStanding
}

/** A rule's next standing with a subject, and what turns with it. */
export interface AlertMove {
  readonly rule: string
  readonly subject: Subject
  /** `atMs` of the standing that the caller saw; null: there was none. Where it is another one now, nothing moves. */
  readonly fromMs: number | null
  readonly to: AlertStanding
  /** A new alert, or the end of the one that fires; null: neither. */
  readonly turn:
    | {
        readonly kind: 'fires'
        readonly alert: string
        readonly when: Alert['when']
        readonly value: number | null
      }
    | { readonly kind: 'resolves' }
    | null
}

export interface Told {
  readonly event: AlertEvent
  readonly alert: Alert
}

/**
 * Alerts, and what is left to tell about them. Each method is one transaction, on disk when it resolves; `entry` makes the
 * journal entries of what really happened, in that same transaction. `notify`: a webhook is configured, so that a notice is
 * put down with each event.
 */
export interface AlertStore {
  standings(): Promise<readonly StandingOf[]>
  /** Moves by compare-and-set, each by itself. Two processes that saw the same fire one alert. */
  move(
    moves: readonly AlertMove[],
    notify: boolean,
    entry: (told: Told) => JournalDraft,
  ): Promise<readonly Told[]>
  /** Firing ones that nobody has acknowledged are told again. By compare-and-set on `toldAt`. */
  repeat(
    alerts: readonly { readonly alert: string; readonly toldAt: string }[],
    notify: boolean,
    entry: (told: Told) => JournalDraft,
  ): Promise<readonly Told[]>
  /** Null: there is no such alert. One that is acknowledged or resolved stays as it is, and nothing is told. */
  acknowledge(
    alert: string,
    by: string,
    notify: boolean,
    entry: (told: Told) => JournalDraft,
  ): Promise<{ readonly alert: Alert; readonly told: boolean } | null>
  /** Ends firing ones whose rule or subject is gone, and forgets how they stood. */
  withdraw(
    gone: readonly { readonly rule: string; readonly subject: Subject }[],
    notify: boolean,
    entry: (told: Told) => JournalDraft,
  ): Promise<readonly Told[]>
  /** Oldest first. */
  open(): Promise<readonly Alert[]>
  /** Newest first. */
  resolved(limit: number): Promise<readonly Alert[]>
  /** The latest words of the webhook about these. */
  deliveries(alerts: readonly string[]): Promise<ReadonlyMap<string, Delivery>>
  /** Takes up to `limit` notices whose time has come, or whose process died: counted as tried before anything is sent. */
  takeNotices(limit: number): Promise<readonly Notice[]>
  endNotice(
    notice: Pick<Notice, 'seq' | 'attempt'>,
    end: {
      readonly state: Exclude<DeliveryState, 'sending'>
      readonly reason: string | null
      /** For `due`: milliseconds until the next try. */
      readonly againMs: number
    },
    entry: JournalDraft,
  ): Promise<void>
}
