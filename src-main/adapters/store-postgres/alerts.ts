import { ALERTS_RESOLVED_KEPT } from '../../domain/alert/alert.ts'
import type { AlertEvent } from '../../domain/alert/alert.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { AlertMove, AlertStore, Told } from '../../ports/alert-store.ts'
import { alertOf, standingOf } from '../store-rows/alert-row.ts'
import type { AlertRow, StandingRow } from '../store-rows/alert-row.ts'
import { openAlertNotices, putNotice } from './alert-notices.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'
import type { Scope } from './scope.ts'

const SELECT_ALERT = `SELECT alert_key, alert, rule, kind, name, condition, value, fired_at, told_at, acknowledged_at,
  acknowledged_by, resolved_at, withdrawn FROM alerts`

const byId = (queries: Queries, alert: string) =>
  queries.get<AlertRow>(`${SELECT_ALERT} WHERE alert = $1`, alert)

const openOf = (queries: Queries, rule: string, kind: string, name: string) =>
  queries.get<AlertRow>(
    `${SELECT_ALERT} WHERE rule = $1 AND kind = $2 AND name = $3 AND resolved_at IS NULL`,
    rule,
    kind,
    name,
  )

const resolve = (scope: Scope, withdrawn: 0 | 1, alertKey: number) =>
  scope.run(
    'UPDATE alerts SET resolved_at = $1, withdrawn = $2 WHERE alert_key = $3 AND resolved_at IS NULL',
    scope.at,
    withdrawn,
    alertKey,
  )

type Say = (event: AlertEvent, row: AlertRow | undefined) => Promise<Told[]>

function teller(scope: Scope, notify: boolean, entry: (told: Told) => JournalDraft): Say {
  return async (event, row) => {
    if (row === undefined) return []
    const told = { event, alert: alertOf(row) }
    scope.record(entry(told))
    if (notify) await putNotice(scope, { alertKey: row.alertKey, event, at: scope.at, alert: told.alert })
    return [told]
  }
}

/** One after the other: they are statements of one transaction. */
async function inTurn<One>(all: readonly One[], work: (one: One) => Promise<Told[]>): Promise<Told[]> {
  const told: Told[] = []
  for (const one of all) told.push(...(await work(one)))
  return told
}

export function openAlerts(ledger: Ledger): AlertStore {
  return {
    ...openAlertNotices(ledger),
    standings: async () => {
      const select = 'SELECT rule, kind, name, firing, at_ms, leaning_ms FROM alert_standings'
      return (await ledger.look((queries) => queries.all<StandingRow>(select))).map(standingOf)
    },
    move: (moves, notify, entry) =>
      ledger.transact(async (scope) => {
        const say = teller(scope, notify, entry)
        return inTurn(moves, async (move) => ((await moved(scope, move)) ? turned(scope, move, say) : []))
      }),
    repeat: (alerts, notify, entry) =>
      ledger.transact(async (scope) => {
        const say = teller(scope, notify, entry)
        return inTurn(alerts, async ({ alert, toldAt }) => {
          // One that is told again in the millisecond it was told in would not move, and whoever else saw it would tell it too.
          const told = await scope.run(
            `UPDATE alerts SET told_at = $1
             WHERE alert = $2 AND told_at = $3 AND told_at <> $1 AND resolved_at IS NULL AND acknowledged_at IS NULL`,
            ...[scope.at, alert, toldAt],
          )
          return told === 1 ? say('repeated', await byId(scope, alert)) : []
        })
      }),
    acknowledge: (alert, by, notify, entry) =>
      ledger.transact(async (scope) => {
        const changed = await scope.run(
          `UPDATE alerts SET acknowledged_at = $1, acknowledged_by = $2
           WHERE alert = $3 AND acknowledged_at IS NULL AND resolved_at IS NULL`,
          ...[scope.at, by, alert],
        )
        const row = await byId(scope, alert)
        if (changed === 1) await teller(scope, notify, entry)('acknowledged', row)
        return row === undefined ? null : { alert: alertOf(row), told: changed === 1 }
      }),
    withdraw: (gone, notify, entry) =>
      ledger.transact(async (scope) => {
        const say = teller(scope, notify, entry)
        return inTurn(gone, async ({ rule, subject: { kind, name } }) => {
          const where = 'WHERE rule = $1 AND kind = $2 AND name = $3'
          await scope.run(`DELETE FROM alert_standings ${where}`, rule, kind, name)
          const row = await openOf(scope, rule, kind, name)
          if (row === undefined || (await resolve(scope, 1, row.alertKey)) !== 1) return []
          return say('resolved', await byId(scope, row.alert))
        })
      }),
    open: async () => {
      const select = `${SELECT_ALERT} WHERE resolved_at IS NULL ORDER BY alert_key`
      return (await ledger.look((queries) => queries.all<AlertRow>(select))).map(alertOf)
    },
    resolved: async (limit) => {
      const select = `${SELECT_ALERT} WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC, alert_key DESC LIMIT $1`
      return (await ledger.look((queries) => queries.all<AlertRow>(select, limit))).map(alertOf)
    },
  }
}

async function moved(queries: Queries, { rule, subject, fromMs, to }: AlertMove): Promise<boolean> {
  const standing = [rule, subject.kind, subject.name, to.firing ? 1 : 0, to.atMs, to.leaningMs]
  if (fromMs === null) {
    const insert = `INSERT INTO alert_standings (rule, kind, name, firing, at_ms, leaning_ms)
      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
    return (await queries.run(insert, ...standing)) === 1
  }
  const update = `UPDATE alert_standings SET firing = $4, at_ms = $5, leaning_ms = $6
    WHERE rule = $1 AND kind = $2 AND name = $3 AND at_ms = $7`
  return (await queries.run(update, ...standing, fromMs)) === 1
}

async function turned(
  scope: Scope,
  { rule, subject: { kind, name }, turn }: AlertMove,
  say: Say,
): Promise<Told[]> {
  if (turn === null) return []
  if (turn.kind === 'fires') {
    const { alert, when, value } = turn
    await scope.run(
      `INSERT INTO alerts (alert, rule, kind, name, condition, value, fired_at, told_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING`,
      ...[alert, rule, kind, name, JSON.stringify(when), value, scope.at],
    )
    return say('fired', await byId(scope, alert))
  }
  const row = await openOf(scope, rule, kind, name)
  if (row === undefined) return []
  await resolve(scope, 0, row.alertKey)
  await scope.run(
    `DELETE FROM alerts WHERE alert_key IN (
       SELECT alert_key FROM alerts WHERE resolved_at IS NOT NULL ORDER BY alert_key DESC OFFSET $1)`,
    ALERTS_RESOLVED_KEPT,
  )
  return say('resolved', await byId(scope, row.alert))
}
