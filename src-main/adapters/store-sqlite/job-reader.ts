import type { ErrorCode } from '../../domain/errors.ts'
import type { Job, JobItem } from '../../domain/job.ts'
import type { ItemQuery, JobReader, MessageDeed } from '../../ports/job-store.ts'
import { breathe } from './database.ts'
import type { Sqlite } from './database.ts'
import { JOB_ITEM_COLUMNS, jobItemOf, jobOf, SELECT_JOB } from './job-row.ts'
import type { JobItemRow, JobRow } from './job-row.ts'
import type { JobFinder } from './jobs.ts'
import type { Ledger } from './ledger.ts'

/** Ids looked up before other work of the process gets its turn. */
const SLICE_IDS = 2_000
/** What one message's history shows at most. */
export const DEEDS_MAX = 1_000

/** Reads of one connection see each commit of this process at once and those of another after they happened. */
export function openJobReader(db: Sqlite, ledger: Ledger, findJob: JobFinder): JobReader {
  const byId = db.prepare<[string], JobRow>(`${SELECT_JOB} WHERE j.job = ?`)
  const byPlan = db.prepare<[string], JobRow>(`${SELECT_JOB} WHERE p.plan = ? AND p.complete = 1`)
  const unsettled = db.prepare<[string], { count: number }>(
    'SELECT coalesce(sum(unsettled), 0) AS count FROM jobs WHERE source = ? AND unsettled > 0',
  )
  const toJob = (row: JobRow | undefined): Job | null => (row ? jobOf(row) : null)
  const findHeld = openHeldFinder(db)
  const findDeeds = openDeedFinder(db)

  return {
    job: async (id) => ledger.look(() => toJob(byId.get(id))),
    jobOfPlan: async (plan) => ledger.look(() => toJob(byPlan.get(plan))),
    jobs: async (query) => ledger.look(() => listJobs(db, query)),
    items: async (job, query) => ledger.look(() => listItems(db, findJob(job), query)),
    async held(source, ids) {
      const held = new Map<string, string>()
      // Slices see different moments; an id is asked about once, so each answer is true on its own.
      for (let from = 0; from < ids.length; from += SLICE_IDS) {
        if (from > 0) await breathe()
        const slice = ids.slice(from, from + SLICE_IDS)
        for (const { id, job } of ledger.look(() => findHeld(source, slice))) held.set(id, job)
      }
      return held
    },
    unsettledCount: async (source) => ledger.look(() => unsettled.get(source)?.count ?? 0),
    deeds: async (source, id) => ledger.look(() => findDeeds(source, id)),
  }
}

function listJobs(db: Sqlite, query: Parameters<JobReader['jobs']>[0]): readonly Job[] {
  const terms = ['1']
  const values: string[] = []
  if (query.source !== undefined) {
    terms.push('j.source = ?')
    values.push(query.source)
  }
  if (query.before !== null) {
    terms.push('j.job_key < (SELECT job_key FROM jobs WHERE job = ?)')
    values.push(query.before)
  }
  const sql = `${SELECT_JOB} WHERE ${terms.join(' AND ')} ORDER BY j.job_key DESC LIMIT ?`
  return db
    .prepare<unknown[], JobRow>(sql)
    .all(...values, query.limit)
    .map(jobOf)
}

/** Has every item, also those without a row of their own. */
const FROM_PLAN = 'plan_items p LEFT JOIN job_items i ON i.job_key = @job AND i.seq = p.seq'

function listItems(db: Sqlite, job: JobRow, query: ItemQuery): readonly JobItem[] {
  const { states, results, unsettled, afterSeq, limit } = query
  const withoutRow = results === undefined && !unsettled && (!states || states.includes('planned'))
  const { from, terms } = withoutRow ? { from: FROM_PLAN, terms: [] } : fromBegun(query)
  if (states) {
    const listed = 'i.state IN (SELECT value FROM json_each(@states))'
    terms.push(withoutRow ? `(i.state IS NULL OR ${listed})` : listed)
  }
  if (results) terms.push('i.result IN (SELECT value FROM json_each(@results))')
  if (unsettled) terms.push("i.state = 'done'")
  const where = [...terms, 'p.plan_key = @plan', 'p.seq > @after'].join(' AND ')
  const sql = `SELECT ${JOB_ITEM_COLUMNS} FROM ${from} WHERE ${where}
    ORDER BY ${withoutRow ? 'p' : 'i'}.seq LIMIT @limit`
  return db
    .prepare<unknown[], JobItemRow>(sql)
    .all({
      plan: job.planKey,
      job: job.jobKey,
      after: afterSeq,
      limit,
      states: JSON.stringify(states ?? []),
      results: JSON.stringify(results ?? []),
    })
    .map((row) => jobItemOf(row, job.createdAt))
}

/**
 * Items that have begun, from their own rows; rare ones through a partial index. The index is named together with its
 * term, which follows from the others: the planner would take the primary key and read every row.
 */
function fromBegun({ states, results, unsettled }: ItemQuery): { from: string; terms: string[] } {
  const terms = ['i.job_key = @job', 'i.seq > @after']
  let index = ''
  if (unsettled) {
    index = 'INDEXED BY job_items_unsettled'
    terms.push("i.result = 'unknown' AND i.settled_as IS NULL")
  } else if (states && !states.includes('done')) {
    index = 'INDEXED BY job_items_open'
    terms.push("i.state <> 'done'")
  } else if (results && !results.includes('confirmed')) {
    index = 'INDEXED BY job_items_not_confirmed'
    terms.push("i.result <> 'confirmed'")
  }
  return { from: `job_items i ${index} CROSS JOIN plan_items p ON p.seq = i.seq`, terms }
}

/** Jobs of a source that can hold a message: they are not over, or an outcome has not been settled. */
const HOLDING_JOBS = "j.source = ? AND (j.state IN ('running', 'interrupted') OR j.unsettled > 0)"
const HOLDS = `(i.state IN ('claiming', 'publishing', 'settling') OR (i.result = 'unknown' AND i.settled_as IS NULL))`

function openHeldFinder(db: Sqlite) {
  const anyHolding = db.prepare<[string], { job: string }>(
    `SELECT j.job FROM jobs j WHERE ${HOLDING_JOBS} LIMIT 1`,
  )
  const find = db.prepare<[string, string], { id: string; job: string }>(
    `SELECT p.id, j.job
     FROM json_each(?) wanted
       CROSS JOIN plan_items p ON p.id = wanted.value
       CROSS JOIN jobs j ON j.plan_key = p.plan_key AND ${HOLDING_JOBS}
       CROSS JOIN job_items i ON i.job_key = j.job_key AND i.seq = p.seq AND ${HOLDS}
     ORDER BY j.job_key`,
  )
  return (source: string, ids: readonly string[]): { id: string; job: string }[] =>
    anyHolding.get(source) ? find.all(JSON.stringify(ids), source) : []
}

interface DeedRow extends Omit<MessageDeed, 'code'> {
  readonly code: ErrorCode | null
}

function openDeedFinder(db: Sqlite) {
  const find = db.prepare<{ source: string; id: string; limit: number }, DeedRow>(
    `SELECT coalesce(i.updated_at, j.created_at) AS at, 'resend' AS kind, j.job AS subject, j.operator,
       coalesce(i.result, i.state, 'planned') AS result, i.code, coalesce(i.settled_reason, i.reason) AS reason
     FROM plan_items p
       CROSS JOIN jobs j ON j.plan_key = p.plan_key AND j.source = @source
       LEFT JOIN job_items i ON i.job_key = j.job_key AND i.seq = p.seq
     WHERE p.id = @id
     UNION ALL
     SELECT at, 'resolve', decision, operator, state, NULL, reason
     FROM decisions WHERE id = @id AND source = @source
     ORDER BY at DESC, subject DESC LIMIT @limit`,
  )
  return (source: string, id: string): readonly MessageDeed[] => find.all({ source, id, limit: DEEDS_MAX })
}
