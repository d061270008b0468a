import type { Assignment, MessageMark, Note } from '../../domain/triage.ts'
import type { NoteStore } from '../../ports/triage-store.ts'
import type { Ledger } from './ledger.ts'

const NOTE = 'SELECT note, source, id, message_id, author, at, text FROM message_notes'
const ASSIGNMENT = 'SELECT source, id, message_id, assignee, at FROM message_assignments'

const MARKS = `
  SELECT m.id, m.message_id, m.notes, a.assignee
  FROM (
    SELECT message_id, max(id) AS id, sum(notes) AS notes, max(at) AS at
    FROM (
      SELECT message_id, id, 1 AS notes, at FROM message_notes WHERE source = $1
      UNION ALL
      SELECT message_id, id, 0, at FROM message_assignments WHERE source = $1
    ) marked
    GROUP BY message_id
  ) m
  LEFT JOIN message_assignments a ON a.source = $1 AND a.message_id = m.message_id
  ORDER BY m.at DESC LIMIT $2`

export function openNotes(ledger: Ledger): NoteStore {
  return {
    add: (note, entry) =>
      ledger.transact(async (scope) => {
        const { source, id, messageId, author, text } = note
        await scope.run(
          `INSERT INTO message_notes (note, source, id, message_id, author, at, text)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          ...[note.note, source, id, messageId, author, scope.at, text],
        )
        scope.record(entry)
        return { ...note, at: scope.at }
      }),
    assign: ({ source, id, messageId }, assignee, entry) =>
      ledger.transact(async ({ at, record, run }) => {
        record(entry)
        if (assignee === null) {
          await run(
            'DELETE FROM message_assignments WHERE source = $1 AND message_id = $2',
            source,
            messageId,
          )
          return null
        }
        await run(
          `INSERT INTO message_assignments (source, message_id, id, assignee, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (source, message_id) DO UPDATE
             SET id = excluded.id, assignee = excluded.assignee, at = excluded.at`,
          ...[source, messageId, id, assignee, at],
        )
        return { source, id, messageId, assignee, at }
      }),
    of: (source, messageId) =>
      ledger.look(async (queries) => {
        const where = 'WHERE source = $1 AND message_id = $2'
        return {
          notes: await queries.all<Note>(`${NOTE} ${where} ORDER BY note_key`, source, messageId),
          assignment: (await queries.get<Assignment>(`${ASSIGNMENT} ${where}`, source, messageId)) ?? null,
        }
      }),
    marks: (source, limit) => ledger.look((queries) => queries.all<MessageMark>(MARKS, source, limit)),
    since: (at, limit) =>
      ledger.look((queries) =>
        queries.all<Note>(`${NOTE} WHERE at >= $1 ORDER BY note_key DESC LIMIT $2`, at, limit),
      ),
    assigned: (limit) =>
      ledger.look((queries) => queries.all<Assignment>(`${ASSIGNMENT} ORDER BY at DESC LIMIT $1`, limit)),
  }
}
