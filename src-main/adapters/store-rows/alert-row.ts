import type { Alert, AlertEvent, Notice } from '../../domain/alert/alert.ts'
import type { DeliveryState } from '../../domain/alert/alert.ts'
import type { Subject } from '../../domain/sample.ts'
import type { StandingOf } from '../../ports/alert-store.ts'

export interface AlertRow {
  readonly alertKey: number
  readonly alert: string
  readonly rule: string
  readonly kind: Subject['kind']
  readonly name: string
  /** JSON: written once, read whole. */
  readonly condition: string
  readonly value: number | null
  readonly firedAt: string
  readonly toldAt: string
  readonly acknowledgedAt: string | null
  readonly acknowledgedBy: string | null
  readonly resolvedAt: string | null
  readonly withdrawn: 0 | 1
}

/** Of a rule with a subject. */
export interface StandingRow extends Subject {
  readonly rule: string
  readonly firing: 0 | 1
  readonly atMs: number
  readonly leaningMs: number | null
}

export interface NoticeRow {
  readonly seq: number
  readonly event: AlertEvent
  readonly at: string
  /** JSON: written once, read whole. */
  readonly alert: string
  readonly attempts: number
}

export interface DeliveryRow {
  readonly alert: string
  readonly event: AlertEvent
  readonly state: DeliveryState
  readonly attempts: number
  readonly at: string
  readonly reason: string | null
}

/** What a service said, for a person. */
export const REASON_CHARS_MAX = 500

export function standingOf({ rule, kind, name, firing, atMs, leaningMs }: StandingRow): StandingOf {
  return { rule, subject: { kind, name }, standing: { firing: firing === 1, atMs, leaningMs } }
}

export function alertOf(row: AlertRow): Alert {
  const { alert, rule, kind, name, condition, value, firedAt, toldAt } = row
  return {
    alert,
    rule,
    subject: { kind, name },
    when: JSON.parse(condition) as Alert['when'],
    value,
    firedAt,
    toldAt,
    acknowledged:
      row.acknowledgedAt === null ? null : { at: row.acknowledgedAt, by: row.acknowledgedBy ?? '' },
    resolved: row.resolvedAt === null ? null : { at: row.resolvedAt, withdrawn: row.withdrawn === 1 },
  }
}

/** As it is taken: counted as tried once more. */
export function noticeOf({ seq, event, at, alert, attempts }: NoticeRow): Notice {
  return { seq, event, at, alert: JSON.parse(alert) as Alert, attempt: attempts + 1 }
}
