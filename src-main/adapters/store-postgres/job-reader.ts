import type { Job, JobItem } from '../../domain/job.ts'
import type { ItemQuery, JobReader, MessageDeed, OutcomeTotals } from '../../ports/job-store.ts'
import { jobItemOf, jobOf } from '../store-rows/job-row.ts'
import type { JobRow, SpanRow } from '../store-rows/job-row.ts'
import { DEEDS_MAX } from '../store-rows/limits.ts'
import type { PlanItemRow } from '../store-rows/plan-row.ts'
import type { Queries } from './database.ts'
import { SELECT_JOB, SPAN_COLUMNS } from './job-row.ts'
import { findJob } from './jobs.ts'
import type { Ledger } from './ledger.ts'
import { PLAN_ITEM_COLUMNS } from './plans.ts'
import type { SqlValue } from './values.ts'

/** Ids of one question. */
const SLICE_IDS = 2_000

/** Of `jobs j` and `plan_items p`: the last span that begins at the item or before it. */
export const SPAN_OF_ITEM = `i.job_key = j.job_key AND i.first_seq =
  (SELECT max(first_seq) FROM job_spans WHERE job_key = j.job_key AND first_seq <= p.seq)`

/** Jobs of a source that can hold a message: they are not over, or an outcome has not been settled. */
const HOLDING = {
  jobs: "(j.state IN ('running', 'paused', 'interrupted') OR j.unsettled > 0)",
  items: `(i.state IN ('claiming', 'publishing', 'settling') OR (i.result = 'unknown' AND i.settled_as IS NULL))`,
}
const CONFIRMED_UNMARKED = { jobs: 'j.unmarked > 0', items: `i.result = 'confirmed' AND i.marked = 0` }
const CONFIRMED = { jobs: 'true', items: `i.result = 'confirmed'` }

/** Values of a statement that is put together by parts. */
function values() {
  const all: SqlValue[] = []
  const place = (value: SqlValue): string => `$${all.push(value)}`
  return { all, place }
}

export function openJobReader(ledger: Ledger): JobReader {
  const jobWhere = async (term: string, value: string): Promise<Job | null> => {
    const row = await ledger.look((queries) => queries.get<JobRow>(`${SELECT_JOB} WHERE ${term}`, value))
    return row ? jobOf(row) : null
  }
  const holders = (terms: typeof HOLDING) => (source: string, ids: readonly string[]) =>
    jobsOfRows(ledger, terms, source, ids)
  return {
    job: (id) => jobWhere('j.job = $1', id),
    jobOfPlan: (plan) => jobWhere('p.plan = $1 AND p.complete = 1', plan),
    jobs: (query) => ledger.look((queries) => listJobs(queries, query)),
    items: (job, query) =>
      ledger.look(async (queries) => listItems(queries, await findJob(queries, job), query)),
    held: holders(HOLDING),
    confirmed: holders(CONFIRMED),
    confirmedUnmarked: holders(CONFIRMED_UNMARKED),
    confirmedBy: (job, ids) => ledger.look((queries) => confirmedBy(queries, job, ids)),
    unsettled: (query) => ledger.look((queries) => listUnsettled(queries, query)),
    unsettledJobs: (source) =>
      ledger.look(async (queries) => (await unsettledJobs(queries, source)).map(jobOf)),
    outcomeTotals: () =>
      ledger.look((queries) =>
        queries.all<OutcomeTotals>(
          `SELECT source, sum(confirmed) AS confirmed, sum(returned) AS returned, sum(refused) AS refused,
             sum(unknown) AS unknown, sum(unsettled) AS unsettled FROM jobs GROUP BY source ORDER BY source`,
        ),
      ),
    unsettledCount: async (source) => {
      const found = await ledger.look((queries) =>
        queries.get<{ count: number }>(
          'SELECT coalesce(sum(unsettled), 0) AS count FROM jobs WHERE source = $1 AND unsettled > 0',
          source,
        ),
      )
      return found?.count ?? 0
    },
    deeds: (source, id) => ledger.look((queries) => findDeeds(queries, source, id)),
  }
}

async function listJobs(queries: Queries, query: Parameters<JobReader['jobs']>[0]): Promise<readonly Job[]> {
  const { all, place } = values()
  const terms = ['true']
  if (query.source !== undefined) terms.push(`j.source = ${place(query.source)}`)
  if (query.before !== null) {
    terms.push(`j.job_key < (SELECT job_key FROM jobs WHERE job = ${place(query.before)})`)
  }
  const sql = `${SELECT_JOB} WHERE ${terms.join(' AND ')} ORDER BY j.job_key DESC LIMIT ${place(query.limit)}`
  return (await queries.all<JobRow>(sql, ...all)).map(jobOf)
}

/** Spans first, and then the items of as many as are needed: in one statement the server would sort all items. */
async function listItems(queries: Queries, job: JobRow, query: ItemQuery): Promise<readonly JobItem[]> {
  const { afterSeq, limit } = query
  const spans: SpanRow[] = []
  const wanted: { first: number; last: number }[] = []
  let left = limit
  // Each span has an item at least.
  for (const span of await spansOf(queries, job, query)) {
    if (left === 0) break
    const first = Math.max(span.first, afterSeq + 1)
    const last = Math.min(span.last, first + left - 1)
    left -= last - first + 1
    spans.push(span)
    wanted.push({ first, last })
  }
  if (spans.length === 0) return []
  const rows = await queries.all<PlanItemRow & { place: number }>(
    `SELECT ${PLAN_ITEM_COLUMNS}, r.place FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS r(first, last, place)
       CROSS JOIN LATERAL (
         SELECT * FROM plan_items WHERE plan_key = $1 AND seq BETWEEN r.first AND r.last ORDER BY seq) p
     ORDER BY r.place, p.seq`,
    job.planKey,
    wanted.map(({ first }) => first),
    wanted.map(({ last }) => last),
  )
  const items: JobItem[] = []
  for (const row of rows) {
    const span = spans[row.place - 1]
    if (span !== undefined) items.push(jobItemOf(row, span, items.at(-1)))
  }
  return items
}

function spansOf(queries: Queries, job: JobRow, query: ItemQuery): Promise<SpanRow[]> {
  const { states, results, afterSeq, limit } = query
  const { all, place } = values()
  const [key, after] = [place(job.jobKey), place(afterSeq)]
  const terms = [
    `i.job_key = ${key}`,
    `i.last_seq > ${after}`,
    // Where to begin in the index.
    `i.first_seq >= coalesce((SELECT max(first_seq) FROM job_spans
       WHERE job_key = ${key} AND first_seq <= ${after} + 1), 0)`,
    ...rare(query),
  ]
  if (states) terms.push(`i.state = ANY(${place(states)}::text[])`)
  if (results) terms.push(`i.result = ANY(${place(results)}::text[])`)
  const sql = `SELECT ${SPAN_COLUMNS} FROM job_spans i WHERE ${terms.join(' AND ')} ORDER BY i.first_seq LIMIT ${place(limit)}`
  return queries.all<SpanRow>(sql, ...all)
}

/** Follows from the other terms, and names the partial index through which few of many are found. */
function rare({ states, results, unsettled }: ItemQuery): string[] {
  if (unsettled) return ["i.result = 'unknown' AND i.settled_as IS NULL", "i.state = 'done'"]
  if (states && !states.includes('done')) return ["i.state <> 'done'"]
  return results && !results.includes('confirmed') ? ["i.result <> 'confirmed'"] : []
}

function unsettledJobs(queries: Queries, source: string | null): Promise<JobRow[]> {
  return queries.all<JobRow>(
    `${SELECT_JOB} WHERE j.unsettled > 0 AND ($1::text IS NULL OR j.source = $1) ORDER BY j.job_key`,
    source,
  )
}

async function listUnsettled(
  queries: Queries,
  { source, after, limit }: Parameters<JobReader['unsettled']>[0],
): ReturnType<JobReader['unsettled']> {
  const found: { job: Job; item: JobItem }[] = []
  const jobs = await unsettledJobs(queries, source)
  // A job that was settled since the page before is gone from the list: the next one that is there follows.
  const begun = after === null ? 0 : jobs.findIndex(({ job }) => job >= after.job)
  for (const row of begun < 0 ? [] : jobs.slice(begun)) {
    const afterSeq = row.job === after?.job ? after.seq : 0
    const query = { unsettled: true, afterSeq, limit: limit - found.length }
    const job = jobOf(row)
    for (const item of await listItems(queries, row, query)) found.push({ job, item })
    if (found.length >= limit) break
  }
  return found
}

/** Jobs that have something to do with rows: `jobs` is a term of `jobs j` and `items` one of `job_spans i`. */
async function jobsOfRows(
  ledger: Ledger,
  terms: typeof HOLDING,
  source: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  // Slices see different moments; an id is asked about once, so each answer is true on its own.
  for (let from = 0; from < ids.length; from += SLICE_IDS) {
    const rows = await ledger.look((queries) =>
      queries.all<{ id: string; job: string }>(
        `SELECT p.id, j.job
         FROM unnest($1::text[]) AS wanted(id)
           JOIN plan_items p ON p.id = wanted.id
           JOIN jobs j ON j.plan_key = p.plan_key AND j.source = $2 AND ${terms.jobs}
           JOIN job_spans i ON ${SPAN_OF_ITEM} AND ${terms.items}
         ORDER BY j.job_key`,
        ids.slice(from, from + SLICE_IDS),
        source,
      ),
    )
    for (const { id, job } of rows) found.set(id, job)
  }
  return found
}

async function confirmedBy(
  queries: Queries,
  job: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await queries.all<{ id: string; attempts: number }>(
    `SELECT p.id, p.attempts
     FROM unnest($1::text[]) AS wanted(id)
       JOIN plan_items p ON p.id = wanted.id
       JOIN jobs j ON j.plan_key = p.plan_key AND j.job = $2
       JOIN job_spans i ON ${SPAN_OF_ITEM} AND i.state = 'done' AND i.result = 'confirmed'
     ORDER BY p.seq`,
    ids,
    job,
  )
  return new Map(rows.map(({ id, attempts }) => [id, attempts]))
}

function findDeeds(queries: Queries, source: string, id: string): Promise<MessageDeed[]> {
  return queries.all<MessageDeed>(
    `SELECT i.updated_at AS at, 'resend' AS kind, j.job AS subject, j.operator,
       coalesce(i.result, i.state) AS result, i.code, coalesce(i.settled_reason, i.reason) AS reason
     FROM plan_items p
       JOIN jobs j ON j.plan_key = p.plan_key AND j.source = $1
       JOIN job_spans i ON ${SPAN_OF_ITEM}
     WHERE p.id = $2
     UNION ALL
     SELECT at, 'resolve', decision, operator, state, NULL, reason FROM decisions WHERE id = $2 AND source = $1
     ORDER BY at DESC, subject DESC LIMIT $3`,
    source,
    id,
    DEEDS_MAX,
  )
}
