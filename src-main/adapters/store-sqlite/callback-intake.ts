import type { OpenCheck } from '../../domain/callback/state.ts'
import type { CallbackIntake } from '../../ports/callback-store.ts'
import type { CallbackFile } from './callback-file.ts'
import type { Sqlite } from './database.ts'

export function openCallbackIntake(db: Sqlite, file: CallbackFile): CallbackIntake {
  // The first word counts: a second confirmation of the same message changes nothing.
  const confirm = db.prepare<[string, string, string, string]>(
    `INSERT INTO confirmations (source, message_id, at, stored_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (source, message_id) DO NOTHING`,
  )
  // One that is waiting keeps its time, which may have been set by a resend; one that is answered stays so.
  const check = db.prepare<[string, string, string, string, string]>(
    `INSERT INTO checks (source, message_id, published_at, due_at, state, stored_at) VALUES (?, ?, ?, ?, 'waiting', ?)
     ON CONFLICT (source, message_id) DO NOTHING`,
  )
  const park = db.prepare<unknown[]>(
    `INSERT INTO parked (source, kind, place, at, reason, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const move = db.prepare<unknown[]>(
    `UPDATE checks SET state = ?, due_at = ? WHERE source = ? AND message_id = ? AND state <> 'confirmed'`,
  )
  const put = db.prepare<[string, string, number, string]>(
    `INSERT INTO positions (source, place, partition, next) VALUES (?, ?, ?, ?)
     ON CONFLICT (source, place, partition) DO UPDATE SET next = excluded.next`,
  )
  const positions = db.prepare<[string, string], { partition: number; next: string }>(
    'SELECT partition, next FROM positions WHERE source = ? AND place = ?',
  )
  const due = db.prepare<[string, string, number], OpenCheck>(
    `SELECT message_id AS messageId, published_at AS publishedAt, due_at AS dueAt FROM checks
     WHERE source = ? AND state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?`,
  )
  const pruneConfirmations = db.prepare<[string, string, string, number]>(
    `DELETE FROM confirmations WHERE source = ? AND message_id IN
       (SELECT message_id FROM confirmations WHERE source = ? AND stored_at < ? LIMIT ?)`,
  )
  const pruneChecks = db.prepare<[string, string, string, number]>(
    `DELETE FROM checks WHERE source = ? AND message_id IN
       (SELECT message_id FROM checks WHERE source = ? AND state = 'confirmed' AND stored_at < ? LIMIT ?)`,
  )
  return {
    async take(source, { kind, place, confirmations, checks, parked, position }) {
      file.transact((at) => {
        for (const one of confirmations) confirm.run(source, one.messageId, one.at, at)
        for (const one of checks) check.run(source, one.messageId, one.publishedAt, one.dueAt, at)
        for (const one of parked)
          park.run(source, kind, one.place, at, one.reason, one.headers, Buffer.from(one.body))
        if (position !== null) put.run(source, place, position.partition, String(position.next))
      })
    },
    positions: async (source, place) =>
      file.look(
        () => new Map(positions.all(source, place).map(({ partition, next }) => [partition, BigInt(next)])),
      ),
    due: async (source, now, limit) => file.look(() => due.all(source, now, limit)),
    async moveChecks(source, moves) {
      file.transact(() => {
        for (const { messageId, to, dueAt } of moves) move.run(to, dueAt, source, messageId)
      })
    },
    prune: async (source, before, limit) =>
      file.transact(
        () =>
          pruneConfirmations.run(source, source, before, limit).changes +
          pruneChecks.run(source, source, before, limit).changes,
      ),
  }
}
