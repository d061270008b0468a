import type { Subject } from '../sample.ts'
import type { AlertCondition } from './rule.ts'

/**
 *   firing ──▶ resolved    by itself, once
 *     └── acknowledged by a person, once: it is not told again
 *
 * `withdrawn` is a resolution without a measurement: the rule or what it watched is gone from the workspace.
 */
export interface Alert {
  readonly alert: string
  readonly rule: string
  readonly subject: Subject
  /** As the rule was when it fired. */
  readonly when: AlertCondition
  /** What was measured then; null: nothing that has a number. */
  readonly value: number | null
  readonly firedAt: string
  readonly acknowledged: { readonly at: string; readonly by: string } | null
  readonly resolved: { readonly at: string; readonly withdrawn: boolean } | null
  /** When it was told last, by the firing or by a repetition. */
  readonly toldAt: string
}

/** What happened to an alert, as it is told to those outside. */
export const alertEvents = ['fired', 'repeated', 'acknowledged', 'resolved'] as const
export type AlertEvent = (typeof alertEvents)[number]

/** Alerts that have been resolved and that the store keeps; what older ones were stands in the journal. */
export const ALERTS_RESOLVED_KEPT = 1_000

/** One thing to tell the webhook; `seq` is the same at every try, so that a receiver can tell a second copy. */
export interface Notice {
  readonly seq: number
  readonly event: AlertEvent
  readonly at: string
  readonly alert: Alert
  /** With the one that is about to be made. */
  readonly attempt: number
}

export type DeliveryState = 'due' | 'sending' | 'delivered' | 'given-up'

/** The latest words of the webhook about an alert. */
export interface Delivery {
  readonly event: AlertEvent
  readonly state: DeliveryState
  readonly attempts: number
  readonly at: string
  /** What the service or the platform said; null: nothing went wrong. */
  readonly reason: string | null
}

export const DELIVERY_ATTEMPTS_MAX = 6
/** A delivery under way for longer belonged to a process that died. */
export const DELIVERY_LEASE_MS = 150_000
const RETRY_FIRST_MS = 5_000
const RETRY_FACTOR = 4

/** Milliseconds until the next try; null: no more of them. `attempts`: those that failed. */
export function retryAfterMs(attempts: number): number | null {
  return attempts >= DELIVERY_ATTEMPTS_MAX ? null : RETRY_FIRST_MS * RETRY_FACTOR ** (attempts - 1)
}

/**
 * The body of the webhook, version 1; fields are added, never changed. It names rules, sources and numbers: nothing of a
 * message ever stands in it.
 */
export function alertBody({ seq, event, at, alert }: Notice, environment: string | null): string {
  return JSON.stringify({
    version: 1,
    delivery: `${alert.alert}/${seq}`,
    event,
    at,
    alert: alert.alert,
    rule: alert.rule,
    subject: { ...alert.subject, environment },
    condition: alert.when,
    value: alert.value,
    firedAt: alert.firedAt,
    acknowledged: alert.acknowledged,
    resolved: alert.resolved,
  })
}
