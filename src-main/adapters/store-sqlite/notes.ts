import type { Assignment, MessageMark, Note } from '../../domain/triage.ts'
import type { NoteStore } from '../../ports/triage-store.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

const NOTE = 'note, source, id, message_id AS messageId, author, at, text'
const ASSIGNMENT = 'source, id, message_id AS messageId, assignee, at'

export function openNotes(db: Sqlite, ledger: Ledger): NoteStore {
  const insert = db.prepare<Note>(
    `INSERT INTO message_notes (note, source, id, message_id, author, at, text)
     VALUES (@note, @source, @id, @messageId, @author, @at, @text)`,
  )
  const put = db.prepare<Assignment>(
    `INSERT INTO message_assignments (source, message_id, id, assignee, at)
     VALUES (@source, @messageId, @id, @assignee, @at)
     ON CONFLICT (source, message_id) DO UPDATE
       SET id = excluded.id, assignee = excluded.assignee, at = excluded.at`,
  )
  const release = db.prepare<[string, string]>(
    'DELETE FROM message_assignments WHERE source = ? AND message_id = ?',
  )
  const notesOf = db.prepare<[string, string], Note>(
    `SELECT ${NOTE} FROM message_notes WHERE source = ? AND message_id = ? ORDER BY note_key`,
  )
  const assignmentOf = db.prepare<[string, string], Assignment>(
    `SELECT ${ASSIGNMENT} FROM message_assignments WHERE source = ? AND message_id = ?`,
  )
  const marks = db.prepare<{ source: string; limit: number }, MessageMark>(
    `SELECT m.id, m.messageId, m.notes, a.assignee
     FROM (
       SELECT message_id AS messageId, max(id) AS id, sum(notes) AS notes, max(at) AS at
       FROM (
         SELECT message_id, id, 1 AS notes, at FROM message_notes WHERE source = @source
         UNION ALL
         SELECT message_id, id, 0, at FROM message_assignments WHERE source = @source
       )
       GROUP BY message_id
     ) m
     LEFT JOIN message_assignments a ON a.source = @source AND a.message_id = m.messageId
     ORDER BY m.at DESC LIMIT @limit`,
  )
  const since = db.prepare<[string, number], Note>(
    `SELECT ${NOTE} FROM message_notes WHERE at >= ? ORDER BY note_key DESC LIMIT ?`,
  )
  const assigned = db.prepare<[number], Assignment>(
    `SELECT ${ASSIGNMENT} FROM message_assignments ORDER BY at DESC LIMIT ?`,
  )
  return {
    add: async (note, entry) =>
      ledger.transact(({ at, record }) => {
        insert.run({ ...note, at })
        record(entry)
        return { ...note, at }
      }),
    assign: async ({ source, id, messageId }, assignee, entry) =>
      ledger.transact(({ at, record }) => {
        const assignment = assignee === null ? null : { source, id, messageId, assignee, at }
        if (assignment === null) release.run(source, messageId)
        else put.run(assignment)
        record(entry)
        return assignment
      }),
    of: async (source, messageId) =>
      ledger.look(() => ({
        notes: notesOf.all(source, messageId),
        assignment: assignmentOf.get(source, messageId) ?? null,
      })),
    marks: async (source, limit) => ledger.look(() => marks.all({ source, limit })),
    since: async (at, limit) => ledger.look(() => since.all(at, limit)),
    assigned: async (limit) => ledger.look(() => assigned.all(limit)),
  }
}
