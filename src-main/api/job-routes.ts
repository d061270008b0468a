import { jobs as contract } from '../../src-preload/contract/jobs.ts'
import type { Job as ApiJob } from '../../src-preload/contract/jobs.ts'
import type { Engine } from '../app/engine.ts'
import type { Job } from '../domain/job.ts'
import { implementer } from './implementer.ts'
import { jobItemView, jobView } from './job-view.ts'
import { required } from './signal.ts'
import { slowerOf } from './slower.ts'
import { unknownCursor, unknownPage } from './unknown-outcomes.ts'
import { watch } from './watching.ts'

const PROGRESS_EVERY_MS = 250
const PROGRESS_AT_LEAST_MS = 5_000

export function jobRoutes(engine: Engine) {
  const os = implementer(engine, { jobs: contract })
  const { jobs, ports, changes, connections } = engine
  const view = async (job: Job): Promise<ApiJob> => {
    // A source or broker that is gone from the workspace has none.
    const environment = await connections.environment(job.source).catch(() => null)
    return jobView(job, environment, { status: jobs.status(job.job), ...slowerOf(ports, job.source) })
  }
  return {
    run: os.jobs.run.handler(async ({ input, signal }) => {
      const { rate, ramp, brake, ...request } = input
      return view(await jobs.run({ ...request, options: { rate, ramp, brake } }, required(signal)))
    }),
    list: os.jobs.list.handler(async ({ input }) => {
      const { source, ...page } = input
      const found = await ports.jobReader.jobs({ ...page, ...(source === null ? {} : { source }) })
      return { jobs: await Promise.all(found.map(view)) }
    }),
    get: os.jobs.get.handler(async ({ input }) => view(await jobs.get(input.job))),
    items: os.jobs.items.handler(async ({ input }) => {
      const { job, ...query } = input
      await jobs.get(job)
      return { items: (await ports.jobReader.items(job, query)).map(jobItemView) }
    }),
    watch: os.jobs.watch.handler(async function* ({ input, signal }) {
      const options = {
        everyMs: PROGRESS_EVERY_MS,
        atLeastMs: PROGRESS_AT_LEAST_MS,
        signal: required(signal),
      }
      yield* watch(
        async () => view(await jobs.get(input.job)),
        (job) => job.state !== 'running',
        { changes, clock: ports.clock, ...options },
      )
    }),
    pause: os.jobs.pause.handler(async ({ input }) => view(await jobs.pause(input.job))),
    cancel: os.jobs.cancel.handler(async ({ input }) => view(await jobs.cancel(input.job))),
    continue: os.jobs.continue.handler(async ({ input }) => view(await jobs.continue(input.job))),
    settle: os.jobs.settle.handler(async ({ input, signal }) => {
      const { job, ...request } = input
      const result = await jobs.settle(job, request, required(signal))
      return { ...result, job: await view(result.job) }
    }),
    settleByEvidence: os.jobs.settleByEvidence.handler(async ({ input: { job, seqs }, signal }) => {
      const result = await jobs.settleByEvidence(job, seqs, required(signal))
      return { ...result, job: await view(result.job) }
    }),
    settleByArrival: os.jobs.settleByArrival.handler(async ({ input: { job, ...request }, signal }) => {
      const result = await jobs.settleByArrival(job, request, required(signal))
      return { ...result, job: await view(result.job) }
    }),
    unknown: os.jobs.unknown.handler(({ input: { source, cursor, limit }, signal }) =>
      unknownPage(engine, { source, after: unknownCursor(cursor), limit }, required(signal)),
    ),
  }
}
