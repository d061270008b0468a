import { DELIVERY_LEASE_MS } from '../../domain/alert/alert.ts'
import type { Alert, AlertEvent, Delivery, DeliveryState } from '../../domain/alert/alert.ts'
import type { AlertStore } from '../../ports/alert-store.ts'
import { noticeOf, REASON_CHARS_MAX } from '../store-rows/alert-row.ts'
import type { DeliveryRow, NoticeRow } from '../store-rows/alert-row.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

interface NewNotice {
  readonly alertKey: number
  readonly event: AlertEvent
  readonly at: string
  readonly alert: Alert
}

export interface AlertNotices {
  /** Inside a transaction. */
  put(notice: NewNotice): void
  readonly store: Pick<AlertStore, 'deliveries' | 'takeNotices' | 'endNotice'>
}

export function openAlertNotices(db: Sqlite, ledger: Ledger): AlertNotices {
  const insert = db.prepare<[number, AlertEvent, string, string, number]>(
    `INSERT INTO alert_notices (alert_key, event, at, alert, state, next_ms) VALUES (?, ?, ?, ?, 'due', ?)`,
  )
  // The first open notice of an alert only: nobody hears of a resolution before the firing.
  const due = db.prepare<[number, number], NoticeRow>(
    `SELECT seq, event, at, alert, attempts FROM alert_notices n
     WHERE state IN ('due', 'sending') AND next_ms <= ? AND NOT EXISTS (
       SELECT 1 FROM alert_notices o WHERE o.alert_key = n.alert_key AND o.seq < n.seq AND o.state IN ('due', 'sending'))
     ORDER BY seq LIMIT ?`,
  )
  const begin = db.prepare<[number, number]>(
    `UPDATE alert_notices SET state = 'sending', attempts = attempts + 1, next_ms = ? WHERE seq = ?`,
  )
  const end = db.prepare<[DeliveryState, number, string, string | null, number, number]>(
    `UPDATE alert_notices SET state = ?, next_ms = ?, ended_at = ?, reason = ?
     WHERE seq = ? AND attempts = ? AND state = 'sending'`,
  )
  const last = db.prepare<[string], DeliveryRow>(
    `SELECT a.alert, n.event, n.state, n.attempts, coalesce(n.ended_at, n.at) AS at, n.reason
     FROM json_each(?) wanted CROSS JOIN alerts a ON a.alert = wanted.value
     JOIN alert_notices n ON n.seq = (
       SELECT seq FROM alert_notices o WHERE o.alert_key = a.alert_key AND o.attempts > 0 ORDER BY o.seq DESC LIMIT 1)`,
  )
  return {
    put: ({ alertKey, event, at, alert }) =>
      void insert.run(alertKey, event, at, JSON.stringify(alert), Date.parse(at)),
    store: {
      deliveries: async (alerts) =>
        ledger.look(
          () =>
            new Map(
              last
                .all(JSON.stringify(alerts))
                .map(({ alert, ...delivery }): [string, Delivery] => [alert, delivery]),
            ),
        ),
      takeNotices: async (limit) =>
        ledger.transact(({ at }) => {
          const nowMs = Date.parse(at)
          return due.all(nowMs, limit).map((row) => {
            begin.run(nowMs + DELIVERY_LEASE_MS, row.seq)
            return noticeOf(row)
          })
        }),
      endNotice: async ({ seq, attempt }, { state, reason, againMs }, entry) =>
        ledger.transact(({ at, record }) => {
          const text = reason?.slice(0, REASON_CHARS_MAX) ?? null
          // Another process may have taken it over meanwhile: what it finds stands.
          if (end.run(state, Date.parse(at) + againMs, at, text, seq, attempt).changes === 1) record(entry)
        }),
    },
  }
}
