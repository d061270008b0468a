import { ALERTS_RESOLVED_KEPT } from '../../domain/alert/alert.ts'
import type { AlertEvent } from '../../domain/alert/alert.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { AlertMove, AlertStore, Told } from '../../ports/alert-store.ts'
import { openAlertNotices } from './alert-notices.ts'
import { alertOf, standingOf } from '../store-rows/alert-row.ts'
import type { AlertRow, StandingRow } from '../store-rows/alert-row.ts'
import type { Sqlite } from './database.ts'
import type { Ledger, Scope } from './ledger.ts'

const SELECT_ALERT = `SELECT alert_key AS alertKey, alert, rule, kind, name, condition, value, fired_at AS firedAt,
  told_at AS toldAt, acknowledged_at AS acknowledgedAt, acknowledged_by AS acknowledgedBy, resolved_at AS resolvedAt,
  withdrawn FROM alerts`

/** Compiled once. */
function prepare(db: Sqlite) {
  return {
    standings: db.prepare<[], StandingRow>(
      'SELECT rule, kind, name, firing, at_ms AS atMs, leaning_ms AS leaningMs FROM alert_standings',
    ),
    place: db.prepare<StandingRow>(
      `INSERT INTO alert_standings (rule, kind, name, firing, at_ms, leaning_ms)
       VALUES (@rule, @kind, @name, @firing, @atMs, @leaningMs) ON CONFLICT DO NOTHING`,
    ),
    move: db.prepare<StandingRow & { fromMs: number }>(
      `UPDATE alert_standings SET firing = @firing, at_ms = @atMs, leaning_ms = @leaningMs
       WHERE rule = @rule AND kind = @kind AND name = @name AND at_ms = @fromMs`,
    ),
    forget: db.prepare<[string, string, string]>(
      'DELETE FROM alert_standings WHERE rule = ? AND kind = ? AND name = ?',
    ),
    fire: db.prepare<[string, string, string, string, string, number | null, string, string]>(
      `INSERT INTO alerts (alert, rule, kind, name, condition, value, fired_at, told_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    resolve: db.prepare<[string, 0 | 1, number]>(
      'UPDATE alerts SET resolved_at = ?, withdrawn = ? WHERE alert_key = ? AND resolved_at IS NULL',
    ),
    // One that is told again in the millisecond it was told in would not move, and whoever else saw it would tell it too.
    tell: db.prepare<{ at: string; alert: string; toldAt: string }>(
      `UPDATE alerts SET told_at = @at
       WHERE alert = @alert AND told_at = @toldAt AND told_at <> @at AND resolved_at IS NULL AND acknowledged_at IS NULL`,
    ),
    acknowledge: db.prepare<[string, string, string]>(
      `UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?
       WHERE alert = ? AND acknowledged_at IS NULL AND resolved_at IS NULL`,
    ),
    prune: db.prepare<[number]>(
      `DELETE FROM alerts WHERE alert_key IN (
         SELECT alert_key FROM alerts WHERE resolved_at IS NOT NULL ORDER BY alert_key DESC LIMIT -1 OFFSET ?)`,
    ),
    byId: db.prepare<[string], AlertRow>(`${SELECT_ALERT} WHERE alert = ?`),
    openOf: db.prepare<[string, string, string], AlertRow>(
      `${SELECT_ALERT} WHERE rule = ? AND kind = ? AND name = ? AND resolved_at IS NULL`,
    ),
    open: db.prepare<[], AlertRow>(`${SELECT_ALERT} WHERE resolved_at IS NULL ORDER BY alert_key`),
    resolved: db.prepare<[number], AlertRow>(
      `${SELECT_ALERT} WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC, alert_key DESC LIMIT ?`,
    ),
  }
}
type Statements = ReturnType<typeof prepare>

export function openAlerts(db: Sqlite, ledger: Ledger): AlertStore {
  const statements = prepare(db)
  const { standings, forget, tell, acknowledge, byId, openOf, open, resolved, resolve } = statements
  const notices = openAlertNotices(db, ledger)

  const teller =
    ({ at, record }: Scope, notify: boolean, entry: (told: Told) => JournalDraft) =>
    (event: AlertEvent, row: AlertRow | undefined): Told[] => {
      if (row === undefined) return []
      const told = { event, alert: alertOf(row) }
      record(entry(told))
      if (notify) notices.put({ alertKey: row.alertKey, event, at, alert: told.alert })
      return [told]
    }

  return {
    ...notices.store,
    standings: async () => ledger.look(() => standings.all().map(standingOf)),
    move: async (moves, notify, entry) =>
      ledger.transact((scope) => {
        const say = teller(scope, notify, entry)
        return moves.flatMap((move) =>
          moved(statements, move) ? turned(statements, move, scope.at, say) : [],
        )
      }),
    repeat: async (alerts, notify, entry) =>
      ledger.transact((scope) => {
        const say = teller(scope, notify, entry)
        return alerts.flatMap(({ alert, toldAt }) =>
          tell.run({ at: scope.at, alert, toldAt }).changes === 1 ? say('repeated', byId.get(alert)) : [],
        )
      }),
    acknowledge: async (alert, by, notify, entry) =>
      ledger.transact((scope) => {
        if (byId.get(alert) === undefined) return null
        const told = acknowledge.run(scope.at, by, alert).changes === 1
        const row = byId.get(alert)
        if (told) teller(scope, notify, entry)('acknowledged', row)
        return row === undefined ? null : { alert: alertOf(row), told }
      }),
    withdraw: async (gone, notify, entry) =>
      ledger.transact((scope) => {
        const say = teller(scope, notify, entry)
        return gone.flatMap(({ rule, subject: { kind, name } }) => {
          forget.run(rule, kind, name)
          const row = openOf.get(rule, kind, name)
          if (row === undefined || resolve.run(scope.at, 1, row.alertKey).changes !== 1) return []
          return say('resolved', byId.get(row.alert))
        })
      }),
    open: async () => ledger.look(() => open.all().map(alertOf)),
    resolved: async (limit) => ledger.look(() => resolved.all(limit).map(alertOf)),
  }
}

function moved({ place, move }: Statements, { rule, subject, fromMs, to }: AlertMove): boolean {
  const { kind, name } = subject
  const row = { rule, kind, name, atMs: to.atMs, leaningMs: to.leaningMs, firing: to.firing ? 1 : 0 } as const
  return (fromMs === null ? place.run(row) : move.run({ ...row, fromMs })).changes === 1
}

function turned(
  { fire, byId, openOf, resolve, prune }: Statements,
  { rule, subject: { kind, name }, turn }: AlertMove,
  at: string,
  say: (event: AlertEvent, row: AlertRow | undefined) => Told[],
): Told[] {
  if (turn === null) return []
  if (turn.kind === 'fires') {
    const { alert, when, value } = turn
    fire.run(alert, rule, kind, name, JSON.stringify(when), value, at, at)
    return say('fired', byId.get(alert))
  }
  const row = openOf.get(rule, kind, name)
  if (row === undefined) return []
  resolve.run(at, 0, row.alertKey)
  prune.run(ALERTS_RESOLVED_KEPT)
  return say('resolved', byId.get(row.alert))
}
