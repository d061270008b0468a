import type { ServiceCall } from '../service-call.ts'
import type { Subject } from '../sample.ts'

/** Troubles that a rule can watch; `unknown` are publishes whose outcome nobody has settled. */
export const alertTroubles = ['stuck', 'failed', 'unconfirmed', 'unknown'] as const
export type AlertTrouble = (typeof alertTroubles)[number]

/** When an alert is due. `above` is a number of messages, of seconds, or a part of all publishes from 0 to 1. */
export type AlertCondition =
  | { readonly measure: 'count'; readonly trouble: AlertTrouble; readonly above: number }
  | { readonly measure: 'oldest'; readonly trouble: AlertTrouble; readonly above: number }
  | {
      readonly measure: 'failure-rate'
      readonly above: number
      readonly windowSec: number
      /** With fewer publishes in the window nothing is said of their rate. */
      readonly publishesMin: number
    }
  /** A sweep or a check-back that stopped by itself, or that is on and that nobody runs. */
  | { readonly measure: 'stopped' }
  | { readonly measure: 'source-silent' }
  /** It does not answer, or holds publishers back. */
  | { readonly measure: 'broker-silent' }

export interface AlertRule {
  readonly when: AlertCondition
  /** One source, or one broker where brokers are watched. Absent: all of them. */
  readonly only?: string
  /** It must hold for so long to fire, and must have ceased for as long to be resolved. */
  readonly forSec: number
  /** Told again after so long while nobody has acknowledged it; null: once. */
  readonly repeatSec: number | null
}

/** Where alerts are posted. The body is Redrive's own, see `alertBody`. */
export type AlertWebhook = Pick<ServiceCall, 'url' | 'headers' | 'auth' | 'tls' | 'timeoutMs'>

export interface AlertsConfig {
  readonly rules: Readonly<Record<string, AlertRule>>
  readonly webhook?: AlertWebhook
}

export const NO_ALERTS: AlertsConfig = { rules: {} }

/** Seconds, messages, rules. */
export const alertLimits = {
  rules: 200,
  forSec: { min: 0, max: 86_400 },
  repeatSec: { min: 60, max: 604_800 },
  count: { min: 0, max: 1_000_000_000 },
  oldestSec: { min: 1, max: 2_592_000 },
  windowSec: { min: 60, max: 86_400 },
  publishesMin: { min: 1, max: 1_000_000 },
} as const

export const alertDefaults = { forSec: 60, repeatSec: 3_600, windowSec: 600, publishesMin: 20 } as const

/** The sources or brokers that a rule watches. */
export function watchedBy(rule: AlertRule, subjects: readonly Subject[]): readonly Subject[] {
  const kind: Subject['kind'] = rule.when.measure === 'broker-silent' ? 'broker' : 'source'
  return subjects.filter((one) => one.kind === kind && (rule.only === undefined || rule.only === one.name))
}

/** Without the rules that watch just this one, which is about to go. */
export function withoutSubject(alerts: AlertsConfig, { kind, name }: Subject): AlertsConfig {
  const about = ({ only, when }: AlertRule): boolean =>
    only === name && (when.measure === 'broker-silent') === (kind === 'broker')
  const rules = Object.entries(alerts.rules).filter(([, rule]) => !about(rule))
  return { ...alerts, rules: Object.fromEntries(rules) }
}

/** Brokers that rules watch; the others are left alone. */
export function brokersWatched(rules: AlertsConfig['rules'], brokers: readonly string[]): readonly string[] {
  const subjects = brokers.map((name): Subject => ({ kind: 'broker', name }))
  const found = Object.values(rules).flatMap((rule) => watchedBy(rule, subjects))
  return [...new Set(found.map(({ name }) => name))]
}
