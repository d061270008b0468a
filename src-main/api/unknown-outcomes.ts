import { z } from 'zod'
import type { jobs } from '../../src-preload/contract/jobs.ts'
import type { EnginePorts } from '../app/engine-ports.ts'
import { RedriveError } from '../domain/errors.ts'
import type { JobReader } from '../ports/job-store.ts'
import { jobItemView } from './job-view.ts'

type UnknownPage = z.infer<NonNullable<(typeof jobs.unknown)['~orpc']['outputSchema']>>

const cursorValue = z.strictObject({ job: z.string(), seq: z.number().int() })
type Place = z.infer<typeof cursorValue>

/** Throws `usage` for a cursor that did not come from here. */
export function unknownCursor(cursor: string | null): Place | null {
  if (cursor === null) return null
  try {
    return cursorValue.parse(JSON.parse(cursor))
  } catch (cause) {
    throw new RedriveError('usage', 'never', { problem: 'the cursor is not one of this list' }, { cause })
  }
}

/** Unknown outcomes that nobody has decided about, of all jobs. */
export async function unknownPage(
  { jobReader, workspace }: EnginePorts,
  query: Parameters<JobReader['unsettled']>[0],
): Promise<UnknownPage> {
  const [found, jobs, { sources }] = await Promise.all([
    jobReader.unsettled(query),
    jobReader.unsettledJobs(query.source),
    workspace.load(),
  ])
  const environmentOf = (source: string) => sources[source]?.environment ?? null
  const last = found.length === query.limit ? found.at(-1) : undefined
  return {
    items: found.map(({ job: { job, kind, source }, item }) => ({
      ...jobItemView(item),
      job,
      kind,
      source,
      environment: environmentOf(source),
      // No source has evidence of consumption yet.
      evidence: null,
    })),
    nextCursor: last ? JSON.stringify({ job: last.job.job, seq: last.item.seq }) : null,
    count: jobs.reduce((sum, { tally }) => sum + tally.unsettled, 0),
    jobs: jobs.map(({ job, kind, source, state, tally }) => ({
      job,
      kind,
      source,
      environment: environmentOf(source),
      state,
      unsettled: tally.unsettled,
    })),
  }
}
