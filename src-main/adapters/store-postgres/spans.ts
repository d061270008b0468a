import { spanList } from '../store-rows/span-list.ts'
import type { Span, SpanList } from '../store-rows/span-list.ts'
import type { Range } from '../store-rows/spans.ts'
import type { Queries } from './database.ts'

/** The spans of a job that these ranges touch. */
export async function loadSpans(
  queries: Queries,
  jobKey: number,
  ranges: readonly Range[],
): Promise<SpanList> {
  const spans = await queries.all<Span>(
    `SELECT DISTINCT ON (s.first_seq) s.first_seq AS first, s.last_seq AS last, s.state, s.version, s.result, s.code,
       s.reason, s.marked, s.settled_as, s.settled_reason, s.updated_at
     FROM unnest($2::bigint[], $3::bigint[]) AS r(first, last)
       CROSS JOIN LATERAL (
         SELECT * FROM job_spans WHERE job_key = $1 AND first_seq <= r.last AND first_seq >= coalesce(
           (SELECT max(first_seq) FROM job_spans WHERE job_key = $1 AND first_seq <= r.first), r.first)) s
     ORDER BY s.first_seq`,
    jobKey,
    ranges.map(({ first }) => first),
    ranges.map(({ last }) => last),
  )
  return spanList(spans)
}

export async function insertSpans(queries: Queries, jobKey: number, spans: readonly Span[]): Promise<void> {
  await queries.run(
    `INSERT INTO job_spans (job_key, first_seq, last_seq, state, version, result, code, reason, marked, settled_as,
       settled_reason, updated_at)
     SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::smallint[], $10::text[], $11::text[], $12::text[])`,
    jobKey,
    spans.map(({ first }) => first),
    spans.map(({ last }) => last),
    spans.map(({ state }) => state),
    spans.map(({ version }) => version),
    spans.map(({ result }) => result),
    spans.map(({ code }) => code),
    spans.map(({ reason }) => reason),
    spans.map(({ marked }) => marked),
    spans.map(({ settledAs }) => settledAs),
    spans.map(({ settledReason }) => settledReason),
    spans.map(({ updatedAt }) => updatedAt),
  )
}

/** Writes what has become of a list. Two statements, however many items moved. */
export async function saveSpans(queries: Queries, jobKey: number, list: SpanList): Promise<void> {
  const { gone, made } = list.changes()
  if (gone.length > 0) {
    await queries.run(
      'DELETE FROM job_spans WHERE job_key = $1 AND first_seq = ANY($2::bigint[])',
      jobKey,
      gone,
    )
  }
  if (made.length > 0) await insertSpans(queries, jobKey, made)
}
