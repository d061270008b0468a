import type { UpstreamAttempt } from '../../domain/callback/upstream.ts'
import type { UpstreamStore } from '../../ports/upstream-store.ts'
import { UPSTREAM_REASON_CHARS_MAX } from '../store-rows/limits.ts'
import type { Ledger } from './ledger.ts'

interface AttemptRow extends UpstreamAttempt {
  readonly messageId: string
}

interface StandingRow {
  readonly last: number
  readonly counted: number
  readonly open: number
}

const STANDING = `
  SELECT coalesce(max(attempt), 0) AS last,
    count(*) FILTER (WHERE outcome IS NULL OR outcome NOT IN ('not-needed', 'not-asked')) AS counted,
    count(*) FILTER (WHERE outcome IS NULL AND at > $3) AS open
  FROM upstream_resends WHERE source = $1 AND message_id = $2`

const ATTEMPTS = `
  SELECT u.message_id, u.attempt, u.at, u.operator, u.trigger, u.outcome, u.status, u.reason
  FROM unnest($2::text[]) AS wanted(id) JOIN upstream_resends u ON u.source = $1 AND u.message_id = wanted.id
  ORDER BY u.message_id, u.attempt`

export function openUpstream(ledger: Ledger): UpstreamStore {
  return {
    begin: ({ source, messageIds, operator, trigger, limit, underWayMs }, entry) =>
      ledger.transact(async ({ at, record, get, run }) => {
        const since = new Date(Date.parse(at) - underWayMs).toISOString()
        const granted: { messageId: string; attempt: number }[] = []
        const left: { messageId: string; left: 'limit' | 'under-way' }[] = []
        for (const messageId of new Set(messageIds)) {
          const standing = await get<StandingRow>(STANDING, source, messageId, since)
          const { last = 0, counted = 0, open = 0 } = standing ?? {}
          if (open > 0) left.push({ messageId, left: 'under-way' })
          else if (counted >= limit) left.push({ messageId, left: 'limit' })
          else {
            const attempt = last + 1
            await run(
              `INSERT INTO upstream_resends (source, message_id, attempt, at, operator, trigger)
               VALUES ($1, $2, $3, $4, $5, $6)`,
              ...[source, messageId, attempt, at, operator, trigger],
            )
            granted.push({ messageId, attempt })
          }
        }
        if (granted.length > 0) record(entry(granted))
        return { granted, left }
      }),
    end: (source, ends, entry) =>
      ledger.transact(async ({ record, run }) => {
        for (const { messageId, attempt, outcome, status, reason } of ends) {
          const text = reason?.slice(0, UPSTREAM_REASON_CHARS_MAX) ?? null
          await run(
            `UPDATE upstream_resends SET outcome = $1, status = $2, reason = $3
             WHERE source = $4 AND message_id = $5 AND attempt = $6 AND outcome IS NULL`,
            ...[outcome, status, text, source, messageId, attempt],
          )
        }
        record(entry)
      }),
    async attempts(source, messageIds) {
      const rows = await ledger.look((queries) =>
        queries.all<AttemptRow>(ATTEMPTS, source, [...new Set(messageIds)]),
      )
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
