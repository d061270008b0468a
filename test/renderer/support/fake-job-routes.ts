import { implement } from '@orpc/server'
import { jobs, type Job } from '../../../src-preload/contract/jobs.ts'
import {
  cancelJob,
  continueJob,
  jobOf,
  pauseJob,
  runPlan,
  settleByArrival,
  settleByEvidence,
  settleJob,
  unknownOutcomes,
} from './fake-jobs.ts'
import { changes } from './fake-changes.ts'
import { meet, type World } from './fake-world.ts'

export function fakeJobs(world: World) {
  const os = implement(jobs)
  return {
    run: os.run.handler(async ({ input }) => {
      await meet(world, 'jobs.run', null)
      return runPlan(world, input)
    }),
    list: os.list.handler(async ({ input }) => {
      await meet(world, 'jobs.list', input.source)
      const all = [...world.jobs.values()].map(({ job }) => job).reverse()
      const wanted = all.filter(({ source }) => input.source === null || source === input.source)
      const from = input.before === null ? 0 : wanted.findIndex(({ job }) => job === input.before) + 1
      return { jobs: wanted.slice(from, from + input.limit) }
    }),
    get: os.get.handler(async ({ input }) => {
      await meet(world, 'jobs.get', null)
      return jobOf(world, input.job).job
    }),
    items: os.items.handler(async ({ input }) => {
      await meet(world, 'jobs.items', null)
      const items = jobOf(world, input.job).items.filter(
        (item) =>
          item.seq > input.afterSeq &&
          (input.results === undefined || (item.result !== null && input.results.includes(item.result))) &&
          (input.unsettled !== true || (item.result === 'unknown' && item.settledAs === null)),
      )
      return { items: items.slice(0, input.limit) }
    }),
    watch: os.watch.handler(async function* ({ input, signal }): AsyncGenerator<Job> {
      let told = -1
      for await (const revision of changes(world, signal)) {
        const { job } = jobOf(world, input.job)
        if (revision !== told) yield job
        told = revision
        if (job.state !== 'running') return
      }
    }),
    pause: os.pause.handler(async ({ input }) => {
      await meet(world, 'jobs.pause', null)
      return pauseJob(world, input.job)
    }),
    cancel: os.cancel.handler(async ({ input }) => cancelJob(world, input.job)),
    continue: os.continue.handler(async ({ input }) => continueJob(world, input.job)),
    settle: os.settle.handler(async ({ input }) => {
      await meet(world, 'jobs.settle', input.job)
      return settleJob(world, input)
    }),
    settleByEvidence: os.settleByEvidence.handler(async ({ input }) => {
      await meet(world, 'jobs.settle', input.job)
      return settleByEvidence(world, input)
    }),
    settleByArrival: os.settleByArrival.handler(async ({ input }) => {
      await meet(world, 'jobs.settle', input.job)
      return settleByArrival(world, input)
    }),
    unknown: os.unknown.handler(async ({ input }) => {
      await meet(world, 'jobs.unknown', input.source)
      return unknownOutcomes(world, input)
    }),
  }
}
