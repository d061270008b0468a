import type { UpstreamAttempt } from '../../domain/callback/upstream.ts'
import type { UpstreamStore } from '../../ports/upstream-store.ts'
import { UPSTREAM_REASON_CHARS_MAX } from '../store-rows/limits.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

interface AttemptRow extends UpstreamAttempt {
  readonly messageId: string
}

interface StandingRow {
  readonly last: number
  readonly counted: number
  readonly open: number
}

export function openUpstream(db: Sqlite, ledger: Ledger): UpstreamStore {
  const standing = db.prepare<{ source: string; messageId: string; since: string }, StandingRow>(
    `SELECT coalesce(max(attempt), 0) AS last,
       count(*) FILTER (WHERE outcome IS NULL OR outcome NOT IN ('not-needed', 'not-asked')) AS counted,
       count(*) FILTER (WHERE outcome IS NULL AND at > @since) AS open
     FROM upstream_resends WHERE source = @source AND message_id = @messageId`,
  )
  const insert = db.prepare<[string, string, number, string, string, string]>(
    `INSERT INTO upstream_resends (source, message_id, attempt, at, operator, trigger) VALUES (?, ?, ?, ?, ?, ?)`,
  )
  const finish = db.prepare<unknown[]>(
    `UPDATE upstream_resends SET outcome = ?, status = ?, reason = ?
     WHERE source = ? AND message_id = ? AND attempt = ? AND outcome IS NULL`,
  )
  const find = db.prepare<{ source: string; ids: string }, AttemptRow>(
    `SELECT u.message_id AS messageId, u.attempt, u.at, u.operator, u.trigger, u.outcome, u.status, u.reason
     FROM json_each(@ids) wanted CROSS JOIN upstream_resends u ON u.source = @source AND u.message_id = wanted.value
     ORDER BY u.message_id, u.attempt`,
  )
  return {
    async begin({ source, messageIds, operator, trigger, limit, underWayMs }, entry) {
      return ledger.transact(({ at, record }) => {
        const since = new Date(Date.parse(at) - underWayMs).toISOString()
        const granted: { messageId: string; attempt: number }[] = []
        const left: { messageId: string; left: 'limit' | 'under-way' }[] = []
        for (const messageId of new Set(messageIds)) {
          const { last = 0, counted = 0, open = 0 } = standing.get({ source, messageId, since }) ?? {}
          if (open > 0) left.push({ messageId, left: 'under-way' })
          else if (counted >= limit) left.push({ messageId, left: 'limit' })
          else {
            const attempt = last + 1
            insert.run(source, messageId, attempt, at, operator, trigger)
            granted.push({ messageId, attempt })
          }
        }
        if (granted.length > 0) record(entry(granted))
        return { granted, left }
      })
    },
    async end(source, ends, entry) {
      ledger.transact(({ record }) => {
        for (const { messageId, attempt, outcome, status, reason } of ends)
          finish.run(
            outcome,
            status,
            reason?.slice(0, UPSTREAM_REASON_CHARS_MAX) ?? null,
            source,
            messageId,
            attempt,
          )
        record(entry)
      })
    },
    async attempts(source, messageIds) {
      const rows = ledger.look(() => find.all({ source, ids: JSON.stringify(messageIds) }))
      const found = new Map<string, UpstreamAttempt[]>()
      for (const { messageId, ...attempt } of rows) {
        const known = found.get(messageId)
        if (known === undefined) found.set(messageId, [attempt])
        else known.push(attempt)
      }
      return found
    },
  }
}
