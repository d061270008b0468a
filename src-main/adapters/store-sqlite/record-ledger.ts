import type { RecordLedger, RecordMark } from '../../ports/record-ledger.ts'
import { RECORD_IDS_MAX } from '../store-rows/limits.ts'
import type { Sqlite } from './database.ts'
import { SPAN_OF_ITEM } from './job-reader.ts'
import type { Ledger } from './ledger.ts'

interface MarkRow extends RecordMark {
  readonly id: string
}

export function openRecordLedger(db: Sqlite, ledger: Ledger): RecordLedger {
  const find = db.prepare<{ place: string; ids: string; except: string }, MarkRow>(
    `SELECT p.id, i.updated_at AS at, j.job AS subject, j.operator, NULL AS reason,
       CASE WHEN i.state <> 'done' THEN 'under-way'
         WHEN i.result = 'unknown' AND i.settled_as IS NULL THEN 'unknown' ELSE 'redriven' END AS "as"
     FROM json_each(@ids) wanted
       CROSS JOIN plan_items p ON p.id = wanted.value
       CROSS JOIN jobs j ON j.plan_key = p.plan_key AND j.source = @place AND j.job <> @except
       CROSS JOIN job_spans i ON ${SPAN_OF_ITEM}
     WHERE i.state IN ('claiming', 'publishing', 'settling') OR i.result = 'confirmed'
       OR (i.result = 'unknown' AND coalesce(i.settled_as, 'sent') = 'sent')
     UNION ALL
     SELECT d.id, d.at, d.plan, d.operator, d.reason, 'discarded'
     FROM json_each(@ids) wanted
       CROSS JOIN record_discards d ON d.place = @place AND d.id = wanted.value
     ORDER BY at`,
  )
  const insert = db.prepare<[string, string, string, string, string, string]>(
    `INSERT INTO record_discards (place, id, plan, operator, reason, at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (place, id) DO NOTHING`,
  )
  const remove = db.prepare<[string, string]>('DELETE FROM record_discards WHERE place = ? AND id = ?')
  return {
    async marks(place, ids, except = '') {
      const marks = new Map<string, RecordMark>()
      for (let at = 0; at < ids.length; at += RECORD_IDS_MAX) {
        const asked = JSON.stringify(ids.slice(at, at + RECORD_IDS_MAX))
        const rows = ledger.look(() => find.all({ place, ids: asked, except }))
        for (const { id, ...mark } of rows) marks.set(id, mark)
      }
      return marks
    },
    async discard(place, { ids, plan, operator, reason }, entry) {
      ledger.transact(({ at, record }) => {
        for (const id of ids) insert.run(place, id, plan, operator, reason, at)
        record(entry)
      })
    },
    restore: async (place, ids, entry) =>
      ledger.transact(({ record }) => {
        const removed = ids.reduce((sum, id) => sum + remove.run(place, id).changes, 0)
        record(entry)
        return removed
      }),
  }
}
