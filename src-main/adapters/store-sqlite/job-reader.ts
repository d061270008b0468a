import type { Statement } from 'better-sqlite3'
import type { ErrorCode } from '../../domain/errors.ts'
import type { Job, JobItem } from '../../domain/job.ts'
import type { ItemQuery, JobReader, MessageDeed, OutcomeTotals } from '../../ports/job-store.ts'
import { breathe } from './database.ts'
import type { Sqlite } from './database.ts'
import { jobItemOf, jobOf } from '../store-rows/job-row.ts'
import type { JobRow, SpanRow } from '../store-rows/job-row.ts'
import { DEEDS_MAX } from '../store-rows/limits.ts'
import type { PlanItemRow } from '../store-rows/plan-row.ts'
import { SELECT_JOB, SPAN_COLUMNS } from './job-row.ts'
import type { JobFinder } from './jobs.ts'
import type { Ledger } from './ledger.ts'
import { PLAN_ITEM_COLUMNS } from './plans.ts'

/** Ids looked up before other work of the process gets its turn. */
const SLICE_IDS = 2_000

/** Reads of one connection see each commit of this process at once and those of another after they happened. */
export function openJobReader(db: Sqlite, ledger: Ledger, findJob: JobFinder): JobReader {
  const byId = db.prepare<[string], JobRow>(`${SELECT_JOB} WHERE j.job = ?`)
  const byPlan = db.prepare<[string], JobRow>(`${SELECT_JOB} WHERE p.plan = ? AND p.complete = 1`)
  const totals = db.prepare<[], OutcomeTotals>(
    `SELECT source, sum(confirmed) AS confirmed, sum(returned) AS returned, sum(refused) AS refused,
       sum(unknown) AS unknown, sum(unsettled) AS unsettled FROM jobs GROUP BY source ORDER BY source`,
  )
  const unsettled = db.prepare<[string], { count: number }>(
    'SELECT coalesce(sum(unsettled), 0) AS count FROM jobs WHERE source = ? AND unsettled > 0',
  )
  const toJob = (row: JobRow | undefined): Job | null => (row ? jobOf(row) : null)
  const findHeld = openHolderFinder(db, { jobs: HOLDING_JOBS, items: HOLDS })
  const findConfirmedUnmarked = openHolderFinder(db, {
    jobs: 'j.source = ? AND j.unmarked > 0',
    items: `i.result = 'confirmed' AND i.marked = 0`,
  })
  const findConfirmed = openHolderFinder(db, { jobs: 'j.source = ?', items: `i.result = 'confirmed'` })
  const findConfirmedBy = openConfirmedFinder(db)
  const jobsById = async (
    find: typeof findHeld,
    source: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>()
    // Slices see different moments; an id is asked about once, so each answer is true on its own.
    for (let from = 0; from < ids.length; from += SLICE_IDS) {
      if (from > 0) await breathe()
      const slice = ids.slice(from, from + SLICE_IDS)
      for (const { id, job } of ledger.look(() => find(source, slice))) found.set(id, job)
    }
    return found
  }
  const findDeeds = openDeedFinder(db)

  return {
    job: async (id) => ledger.look(() => toJob(byId.get(id))),
    jobOfPlan: async (plan) => ledger.look(() => toJob(byPlan.get(plan))),
    jobs: async (query) => ledger.look(() => listJobs(db, query)),
    items: async (job, query) => ledger.look(() => listItems(db, findJob(job), query)),
    held: (source, ids) => jobsById(findHeld, source, ids),
    confirmed: (source, ids) => jobsById(findConfirmed, source, ids),
    confirmedBy: async (job, ids) => ledger.look(() => findConfirmedBy(job, ids)),
    confirmedUnmarked: (source, ids) => jobsById(findConfirmedUnmarked, source, ids),
    unsettled: async (query) => ledger.look(() => listUnsettled(db, query)),
    unsettledJobs: async (source) => ledger.look(() => unsettledJobs(db, source).map(jobOf)),
    outcomeTotals: async () => ledger.look(() => totals.all()),
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

const ITEMS_OF_SPAN = `SELECT ${PLAN_ITEM_COLUMNS} FROM plan_items p
  WHERE p.plan_key = ? AND p.seq BETWEEN ? AND ? ORDER BY p.seq LIMIT ?`

const statements = new WeakMap<Sqlite, Map<string, Statement<unknown[], unknown>>>()

/** A statement lives until it is collected, which a run that asks for its next items every moment does not wait for. */
function kept<Row>(db: Sqlite, sql: string): Statement<unknown[], Row> {
  const known = statements.get(db) ?? new Map<string, Statement<unknown[], unknown>>()
  statements.set(db, known)
  const statement = known.get(sql) ?? db.prepare<unknown[], unknown>(sql)
  known.set(sql, statement)
  return statement as Statement<unknown[], Row>
}

/**
 * Spans in their order and, of each, its items: in one statement SQLite would sort all items before it gives the first.
 */
function listItems(db: Sqlite, job: JobRow, query: ItemQuery): readonly JobItem[] {
  const { states, results, afterSeq, limit } = query
  const { index, terms } = rare(query)
  if (states) terms.push('i.state IN (SELECT value FROM json_each(@states))')
  if (results) terms.push('i.result IN (SELECT value FROM json_each(@results))')
  const where = ['i.job_key = @job', 'i.last_seq > @after', ...terms].join(' AND ')
  const spans = kept<SpanRow>(
    db,
    `SELECT ${SPAN_COLUMNS} FROM job_spans i ${index} WHERE ${where} ORDER BY i.first_seq`,
  ).iterate({
    job: job.jobKey,
    after: afterSeq,
    states: JSON.stringify(states ?? []),
    results: JSON.stringify(results ?? []),
  })
  const itemsOf = kept<PlanItemRow>(db, ITEMS_OF_SPAN)
  const items: JobItem[] = []
  for (const span of spans) {
    const first = Math.max(span.first, afterSeq + 1)
    // Not row by row: each step into SQLite costs more than the row.
    for (const row of itemsOf.all(job.planKey, first, span.last, limit - items.length)) {
      items.push(jobItemOf(row, span, items.at(-1)))
    }
    if (items.length >= limit) break
  }
  return items
}

function unsettledJobs(db: Sqlite, source: string | null): readonly JobRow[] {
  return db
    .prepare<[string | null, string | null], JobRow>(
      `${SELECT_JOB} WHERE j.unsettled > 0 AND (? IS NULL OR j.source = ?) ORDER BY j.job_key`,
    )
    .all(source, source)
}

function listUnsettled(
  db: Sqlite,
  { source, after, limit }: Parameters<JobReader['unsettled']>[0],
): Awaited<ReturnType<JobReader['unsettled']>> {
  const found: { job: Job; item: JobItem }[] = []
  const jobs = unsettledJobs(db, source)
  // A job that was settled since the page before is gone from the list: the next one that is there follows.
  const begun = after === null ? 0 : jobs.findIndex(({ job }) => job >= after.job)
  for (const row of begun < 0 ? [] : jobs.slice(begun)) {
    const afterSeq = row.job === after?.job ? after.seq : 0
    const query = { unsettled: true, afterSeq, limit: limit - found.length }
    const job = jobOf(row)
    for (const item of listItems(db, row, query)) found.push({ job, item })
    if (found.length >= limit) break
  }
  return found
}

/**
 * Rare ones through a partial index. The index is named together with its term, which follows from the others: the
 * planner would take the primary key and read every span.
 */
function rare({ states, results, unsettled }: ItemQuery): { index: string; terms: string[] } {
  if (unsettled) {
    const terms = ["i.result = 'unknown' AND i.settled_as IS NULL", "i.state = 'done'"]
    return { index: 'INDEXED BY job_spans_unsettled', terms }
  }
  if (states && !states.includes('done')) {
    return { index: 'INDEXED BY job_spans_open', terms: ["i.state <> 'done'"] }
  }
  if (results && !results.includes('confirmed')) {
    return { index: 'INDEXED BY job_spans_not_confirmed', terms: ["i.result <> 'confirmed'"] }
  }
  return { index: '', terms: [] }
}

/** Jobs of a source that can hold a message: they are not over, or an outcome has not been settled. */
const HOLDING_JOBS = "j.source = ? AND (j.state IN ('running', 'paused', 'interrupted') OR j.unsettled > 0)"
const HOLDS = `(i.state IN ('claiming', 'publishing', 'settling') OR (i.result = 'unknown' AND i.settled_as IS NULL))`

/** Of `jobs j` and `plan_items p`: the last span that begins at the item or before it. */
export const SPAN_OF_ITEM = `i.job_key = j.job_key AND i.first_seq =
  (SELECT max(first_seq) FROM job_spans WHERE job_key = j.job_key AND first_seq <= p.seq)`

/** Finds the jobs that have something to do with rows: `jobs` is a term of `jobs j` and `items` one of `job_spans i`. */
function openHolderFinder(db: Sqlite, terms: { readonly jobs: string; readonly items: string }) {
  const anyHolding = db.prepare<[string], { job: string }>(
    `SELECT j.job FROM jobs j WHERE ${terms.jobs} LIMIT 1`,
  )
  const find = db.prepare<[string, string], { id: string; job: string }>(
    `SELECT p.id, j.job
     FROM json_each(?) wanted
       CROSS JOIN plan_items p ON p.id = wanted.value
       CROSS JOIN jobs j ON j.plan_key = p.plan_key AND ${terms.jobs}
       CROSS JOIN job_spans i ON ${SPAN_OF_ITEM} AND ${terms.items}
     ORDER BY j.job_key`,
  )
  return (source: string, ids: readonly string[]): { id: string; job: string }[] =>
    anyHolding.get(source) ? find.all(JSON.stringify(ids), source) : []
}

function openConfirmedFinder(db: Sqlite) {
  const find = db.prepare<[string, string], { id: string; attempts: number }>(
    `SELECT p.id, p.attempts
     FROM json_each(?) wanted
       CROSS JOIN plan_items p ON p.id = wanted.value
       CROSS JOIN jobs j ON j.plan_key = p.plan_key AND j.job = ?
       CROSS JOIN job_spans i ON ${SPAN_OF_ITEM} AND i.state = 'done' AND i.result = 'confirmed'
     ORDER BY p.seq`,
  )
  return (job: string, ids: readonly string[]): ReadonlyMap<string, number> =>
    new Map(find.all(JSON.stringify(ids), job).map(({ id, attempts }) => [id, attempts]))
}

interface DeedRow extends Omit<MessageDeed, 'code'> {
  readonly code: ErrorCode | null
}

function openDeedFinder(db: Sqlite) {
  const find = db.prepare<{ source: string; id: string; limit: number }, DeedRow>(
    `SELECT i.updated_at AS at, 'resend' AS kind, j.job AS subject, j.operator,
       coalesce(i.result, i.state) AS result, i.code, coalesce(i.settled_reason, i.reason) AS reason
     FROM plan_items p
       CROSS JOIN jobs j ON j.plan_key = p.plan_key AND j.source = @source
       JOIN job_spans i ON ${SPAN_OF_ITEM}
     WHERE p.id = @id
     UNION ALL
     SELECT at, 'resolve', decision, operator, state, NULL, reason
     FROM decisions WHERE id = @id AND source = @source
     ORDER BY at DESC, subject DESC LIMIT @limit`,
  )
  return (source: string, id: string): readonly MessageDeed[] => find.all({ source, id, limit: DEEDS_MAX })
}
