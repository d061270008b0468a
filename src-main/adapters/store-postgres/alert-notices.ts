import { DELIVERY_LEASE_MS } from '../../domain/alert/alert.ts'
import type { Alert, AlertEvent, Delivery, Notice } from '../../domain/alert/alert.ts'
import type { AlertStore } from '../../ports/alert-store.ts'
import { noticeOf, REASON_CHARS_MAX } from '../store-rows/alert-row.ts'
import type { DeliveryRow, NoticeRow } from '../store-rows/alert-row.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'

interface NewNotice {
  readonly alertKey: number
  readonly event: AlertEvent
  readonly at: string
  readonly alert: Alert
}

/** Inside a transaction. */
export async function putNotice(queries: Queries, { alertKey, event, at, alert }: NewNotice): Promise<void> {
  await queries.run(
    `INSERT INTO alert_notices (alert_key, event, at, alert, state, next_ms) VALUES ($1, $2, $3, $4, 'due', $5)`,
    ...[alertKey, event, at, JSON.stringify(alert), Date.parse(at)],
  )
}

// The first open notice of an alert only: nobody hears of a resolution before the firing.
const DUE = `
  SELECT seq, event, at, alert, attempts FROM alert_notices n
  WHERE state IN ('due', 'sending') AND next_ms <= $1 AND NOT EXISTS (
    SELECT 1 FROM alert_notices o WHERE o.alert_key = n.alert_key AND o.seq < n.seq AND o.state IN ('due', 'sending'))
  ORDER BY seq LIMIT $2`

const LAST = `
  SELECT a.alert, n.event, n.state, n.attempts, coalesce(n.ended_at, n.at) AS at, n.reason
  FROM unnest($1::text[]) AS wanted(alert) JOIN alerts a ON a.alert = wanted.alert
    JOIN alert_notices n ON n.seq = (
      SELECT seq FROM alert_notices o WHERE o.alert_key = a.alert_key AND o.attempts > 0 ORDER BY o.seq DESC LIMIT 1)`

export type AlertNotices = Pick<AlertStore, 'deliveries' | 'takeNotices' | 'endNotice'>

export function openAlertNotices(ledger: Ledger): AlertNotices {
  return {
    deliveries: async (alerts) => {
      const rows = await ledger.look((queries) => queries.all<DeliveryRow>(LAST, alerts))
      return new Map(rows.map(({ alert, ...delivery }): [string, Delivery] => [alert, delivery]))
    },
    takeNotices: (limit) =>
      ledger.transact(async (scope): Promise<readonly Notice[]> => {
        const nowMs = Date.parse(scope.at)
        const due = await scope.all<NoticeRow>(DUE, nowMs, limit)
        await scope.run(
          `UPDATE alert_notices SET state = 'sending', attempts = attempts + 1, next_ms = $1
           WHERE seq = ANY($2::bigint[])`,
          nowMs + DELIVERY_LEASE_MS,
          due.map(({ seq }) => seq),
        )
        return due.map(noticeOf)
      }),
    endNotice: ({ seq, attempt }, { state, reason, againMs }, entry) =>
      ledger.transact(async ({ at, record, run }) => {
        const text = reason?.slice(0, REASON_CHARS_MAX) ?? null
        const ended = await run(
          `UPDATE alert_notices SET state = $1, next_ms = $2, ended_at = $3, reason = $4
           WHERE seq = $5 AND attempts = $6 AND state = 'sending'`,
          ...[state, Date.parse(at) + againMs, at, text, seq, attempt],
        )
        // Another process may have taken it over meanwhile: what it finds stands.
        if (ended === 1) record(entry)
      }),
  }
}
