import type { HalfCount, HalfStore } from '../../ports/half-store.ts'
import { halfStandingOf, requireFew } from '../store-rows/half-row.ts'
import type { HalfRow } from '../store-rows/half-row.ts'
import type { Ledger } from './ledger.ts'
import type { Scope } from './scope.ts'

const SELECT_HALF = `
  SELECT id, message_id, state, checks, asked_at, last FROM half_messages WHERE source = $1`

async function count(scope: Scope, source: string, { id, messageId, counted }: HalfCount): Promise<number> {
  const row = await scope.get<{ checks: number }>(
    `INSERT INTO half_messages AS known (source, id, message_id, state, checks, asked_at, last)
     VALUES ($1, $2, $3, 'undecided', $4::bigint + 1, $5, NULL)
     ON CONFLICT (source, id) DO UPDATE SET checks = greatest(known.checks, $4) + 1, asked_at = $5, message_id = $3
     RETURNING checks`,
    ...[source, id, messageId, counted, scope.at],
  )
  return row?.checks ?? 0
}

export function openHalfMessages(ledger: Ledger): HalfStore {
  return {
    standings: async (source, ids) => {
      requireFew(ids)
      const select = `${SELECT_HALF} AND id = ANY($2::text[])`
      const rows = await ledger.look((queries) => queries.all<HalfRow>(select, source, ids))
      return new Map(rows.map((row) => [row.id, halfStandingOf(row)]))
    },
    inState: async (source, { state, askedBefore, limit }) => {
      const select = `${SELECT_HALF} AND state = $2 AND ($3::text IS NULL OR asked_at < $3)
        ORDER BY asked_at, id LIMIT $4`
      const rows = await ledger.look((queries) =>
        queries.all<HalfRow>(select, source, state, askedBefore, limit),
      )
      return rows.map(halfStandingOf)
    },
    count: async (source, messages, entry) => {
      requireFew(messages)
      return ledger.transact(async (scope) => {
        scope.record(entry)
        const counts = new Map<string, number>()
        for (const one of messages) counts.set(one.id, await count(scope, source, one))
        return counts
      })
    },
    move: async (source, moves, entry) => {
      requireFew(moves)
      await ledger.transact(async ({ record, run }) => {
        for (const { id, state, last } of moves) {
          await run(
            'UPDATE half_messages SET state = $1, last = coalesce($2, last) WHERE source = $3 AND id = $4',
            ...[state, last === undefined ? null : JSON.stringify(last), source, id],
          )
        }
        if (entry !== null) record(entry)
      })
    },
    forget: async (source, ids, entry) => {
      requireFew(ids)
      await ledger.transact(async ({ record, run }) => {
        await run('DELETE FROM half_messages WHERE source = $1 AND id = ANY($2::text[])', source, ids)
        if (entry !== null) record(entry)
      })
    },
  }
}
