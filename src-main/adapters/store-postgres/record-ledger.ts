import type { RecordLedger, RecordMark } from '../../ports/record-ledger.ts'
import { RECORD_IDS_MAX } from '../store-rows/limits.ts'
import { SPAN_OF_ITEM } from './job-reader.ts'
import type { Ledger } from './ledger.ts'

interface MarkRow extends RecordMark {
  readonly id: string
}

const MARKS = `
  SELECT p.id, i.updated_at AS at, j.job AS subject, j.operator, NULL AS reason,
    CASE WHEN i.state <> 'done' THEN 'under-way'
      WHEN i.result = 'unknown' AND i.settled_as IS NULL THEN 'unknown' ELSE 'redriven' END AS "as"
  FROM unnest($2::text[]) AS wanted(id)
    JOIN plan_items p ON p.id = wanted.id
    JOIN jobs j ON j.plan_key = p.plan_key AND j.source = $1 AND j.job <> $3
    JOIN job_spans i ON ${SPAN_OF_ITEM}
  WHERE i.state IN ('claiming', 'publishing', 'settling') OR i.result = 'confirmed'
    OR (i.result = 'unknown' AND coalesce(i.settled_as, 'sent') = 'sent')
  UNION ALL
  SELECT d.id, d.at, d.plan, d.operator, d.reason, 'discarded'
  FROM unnest($2::text[]) AS wanted(id) JOIN record_discards d ON d.place = $1 AND d.id = wanted.id
  ORDER BY at`

export function openRecordLedger(ledger: Ledger): RecordLedger {
  return {
    async marks(place, ids, except = '') {
      const marks = new Map<string, RecordMark>()
      for (let at = 0; at < ids.length; at += RECORD_IDS_MAX) {
        const asked = ids.slice(at, at + RECORD_IDS_MAX)
        const rows = await ledger.look((queries) => queries.all<MarkRow>(MARKS, place, asked, except))
        for (const { id, ...mark } of rows) marks.set(id, mark)
      }
      return marks
    },
    discard: (place, { ids, plan, operator, reason }, entry) =>
      ledger.transact(async ({ at, record, run }) => {
        await run(
          `INSERT INTO record_discards (place, id, plan, operator, reason, at)
           SELECT $1, id, $3, $4, $5, $6 FROM unnest($2::text[]) AS discarded(id)
           ON CONFLICT (place, id) DO NOTHING`,
          ...[place, ids, plan, operator, reason, at],
        )
        record(entry)
      }),
    restore: (place, ids, entry) =>
      ledger.transact(async ({ record, run }) => {
        const removed = await run(
          'DELETE FROM record_discards WHERE place = $1 AND id = ANY($2::text[])',
          place,
          ids,
        )
        record(entry)
        return removed
      }),
  }
}
