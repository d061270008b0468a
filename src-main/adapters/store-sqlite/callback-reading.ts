import type { CallbackCounts, Confirmed, OpenCheck, ParkedRecord } from '../../domain/callback/state.ts'
import type { CallbackReading } from '../../ports/callback-store.ts'
import type { CallbackFile } from './callback-file.ts'
import type { Sqlite } from './database.ts'

const NONE: CallbackCounts = { confirmations: 0, parked: 0, waiting: 0, person: 0 }

export function openCallbackReading(db: Sqlite, file: CallbackFile): CallbackReading {
  const confirmed = db.prepare<{ source: string; ids: string }, Confirmed>(
    `SELECT c.message_id AS messageId, c.at FROM json_each(@ids) wanted
       CROSS JOIN confirmations c ON c.source = @source AND c.message_id = wanted.value`,
  )
  const counts = db.prepare<{ source: string }, CallbackCounts>(
    `SELECT (SELECT count(*) FROM confirmations WHERE source = @source) AS confirmations,
       (SELECT count(*) FROM parked WHERE source = @source) AS parked,
       (SELECT count(*) FROM checks WHERE source = @source AND state = 'waiting') AS waiting,
       (SELECT count(*) FROM checks WHERE source = @source AND state = 'person') AS person`,
  )
  const parked = db.prepare<[string, number, number], ParkedRecord>(
    `SELECT n, kind, place, at, reason, headers, body FROM parked
     WHERE source = ? AND n < ? ORDER BY n DESC LIMIT ?`,
  )
  const forPerson = db.prepare<[string, number], OpenCheck>(
    `SELECT message_id AS messageId, published_at AS publishedAt, coalesce(due_at, published_at) AS dueAt FROM checks
     WHERE source = ? AND state = 'person' ORDER BY published_at DESC LIMIT ?`,
  )
  return {
    confirmed: async (source, messageIds) =>
      file.look(() => {
        const rows = confirmed.all({ source, ids: JSON.stringify(messageIds) })
        return new Map(rows.map((row) => [row.messageId, row]))
      }),
    counts: async (source) => file.look(() => counts.get({ source }) ?? NONE),
    parked: async (source, before, limit) =>
      file.look(() => parked.all(source, before ?? Number.MAX_SAFE_INTEGER, limit)),
    forPerson: async (source, limit) => file.look(() => forPerson.all(source, limit)),
  }
}
