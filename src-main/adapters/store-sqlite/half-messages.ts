import type { HalfCount, HalfStore } from '../../ports/half-store.ts'
import { halfStandingOf, requireFew } from '../store-rows/half-row.ts'
import type { HalfRow } from '../store-rows/half-row.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

const SELECT_HALF = `
  SELECT id, message_id AS messageId, state, checks, asked_at AS askedAt, last FROM half_messages WHERE source = ?`

function prepare(db: Sqlite) {
  const among = 'id IN (SELECT value FROM json_each(?))'
  return {
    byIds: db.prepare<[string, string], HalfRow>(`${SELECT_HALF} AND ${among}`),
    inState: db.prepare<[string, string, string | null, string | null, number], HalfRow>(
      `${SELECT_HALF} AND state = ? AND (? IS NULL OR asked_at < ?) ORDER BY asked_at, id LIMIT ?`,
    ),
    count: db.prepare<HalfCount & { readonly source: string; readonly at: string }, { checks: number }>(
      `INSERT INTO half_messages (source, id, message_id, state, checks, asked_at, last)
       VALUES (@source, @id, @messageId, 'undecided', @counted + 1, @at, NULL)
       ON CONFLICT (source, id) DO UPDATE SET checks = max(checks, @counted) + 1, asked_at = @at,
         message_id = @messageId
       RETURNING checks`,
    ),
    move: db.prepare<[string, string | null, string, string]>(
      'UPDATE half_messages SET state = ?, last = coalesce(?, last) WHERE source = ? AND id = ?',
    ),
    forget: db.prepare<[string, string]>(`DELETE FROM half_messages WHERE source = ? AND ${among}`),
  }
}

export function openHalfMessages(db: Sqlite, ledger: Ledger): HalfStore {
  const { byIds, inState, count, move, forget } = prepare(db)
  return {
    standings: async (source, ids) => {
      requireFew(ids)
      return ledger.look(
        () =>
          new Map(
            byIds.all(source, JSON.stringify(ids)).map((row) => [row.id, halfStandingOf(row)] as const),
          ),
      )
    },
    inState: async (source, { state, askedBefore, limit }) =>
      ledger.look(() => inState.all(source, state, askedBefore, askedBefore, limit).map(halfStandingOf)),
    count: async (source, messages, entry) => {
      requireFew(messages)
      return ledger.transact(({ at, record }) => {
        record(entry)
        return new Map(
          messages.map((one) => [one.id, count.get({ ...one, source, at })?.checks ?? 0] as const),
        )
      })
    },
    move: async (source, moves, entry) => {
      requireFew(moves)
      ledger.transact(({ record }) => {
        for (const { id, state, last } of moves) {
          move.run(state, last === undefined ? null : JSON.stringify(last), source, id)
        }
        if (entry !== null) record(entry)
      })
    },
    forget: async (source, ids, entry) => {
      requireFew(ids)
      ledger.transact(({ record }) => {
        forget.run(source, JSON.stringify(ids))
        if (entry !== null) record(entry)
      })
    },
  }
}
