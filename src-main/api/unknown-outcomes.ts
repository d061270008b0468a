import { z } from 'zod'
import type { jobs } from '../../src-preload/contract/jobs.ts'
import type { Engine } from '../app/engine.ts'
import { RedriveError } from '../domain/errors.ts'
import { named } from '../domain/named.ts'
import type { JobReader } from '../ports/job-store.ts'
import type { MessageEvidence } from '../../src-preload/contract/evidence.ts'
import { jobItemView } from './job-view.ts'
import { messageEvidence } from './message-evidence.ts'

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
  { ports: { jobReader, workspace }, evidence }: Pick<Engine, 'ports' | 'evidence'>,
  query: Parameters<JobReader['unsettled']>[0],
  signal: AbortSignal,
): Promise<UnknownPage> {
  const [found, jobs, { sources }] = await Promise.all([
    jobReader.unsettled(query),
    jobReader.unsettledJobs(query.source),
    workspace.load(),
  ])
  const environmentOf = (source: string) => named(sources, source)?.environment ?? null
  const proofs = await evidenceOf(evidence, found, signal)
  const last = found.length === query.limit ? found.at(-1) : undefined
  return {
    items: found.map(({ job: { job, kind, source }, item }, at) => ({
      ...jobItemView(item),
      job,
      kind,
      source,
      environment: environmentOf(source),
      evidence: proofs[at] ?? null,
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

type Unsettled = Awaited<ReturnType<JobReader['unsettled']>>[number]

/** In the order of the outcomes; null: their source has none. A source that is away leaves its own without. */
async function evidenceOf(
  evidence: Engine['evidence'],
  found: readonly Unsettled[],
  signal: AbortSignal,
): Promise<readonly (MessageEvidence | null)[]> {
  const told: (MessageEvidence | null)[] = found.map(() => null)
  const sources = new Set(found.map(({ job }) => job.source))
  await Promise.all(
    [...sources].map(async (source) => {
      const places = found.flatMap(({ job }, at) => (job.source === source ? [at] : []))
      const requests = places.flatMap((at) => (found[at] ? [found[at].item] : []))
      const shown = await evidence.show(source, requests, signal)
      if (shown.where === null && shown.problem === null) return
      for (const [at, place] of places.entries()) told[place] = messageEvidence(shown, at)
    }),
  )
  return told
}
