import type { SweepPolicy } from '../../domain/sweep-policy.ts'
import type { SweepOutcome } from '../../domain/sweep.ts'
import type { Job } from '../../domain/job.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import { freezePlan, newItemsDigest, planFormat } from '../../domain/plan.ts'
import type { Plan } from '../../domain/plan.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { gatherFindings } from '../resend/plan-warnings.ts'
import type { SweepRequest, SweepRunner } from '../sweep/runner.ts'
import { beginAsking } from '../evidence/asking.ts'
import { requireEvidence } from './consumed-rows.ts'
import { settleCarriers } from './orphans.ts'
import type { RunEnd } from './run-job.ts'
import { createSweepFeed } from './sweep-feed.ts'
import { markOfSweep } from './sweep-mark.ts'
import { takeJob } from './taking.ts'
import type { Trade } from './trade.ts'
import type { Workshop } from './workshop.ts'

/** An interrupted sweep is at most so many jobs back. */
const JOBS_LOOKED_AT_MAX = 50
/** A sweep that finds source or broker away says so at once: its next run is not far. */
const AWAY_MS_MAX = 0

/** Carries sweeps out as jobs: what they claim are items like those of a plan, and survive a crash like them. */
export function createSweepRunner(
  ports: EnginePorts,
  connections: Connections,
  workshop: Workshop,
): SweepRunner {
  return {
    async run(request, stop) {
      const { source, policy } = request
      await resumeSweeps(ports, workshop, source)
      const asking = await beginAsking(connections, source, stop)
      await requireEvidence(asking, stop)
      const job = await newSweepJob(ports, connections, request)
      let made = false
      const ensureJob = async (): Promise<void> => {
        if (!made) await writeDown(ports, connections, job)
        made = true
      }
      const counts = { retry: 0, fail: 0 }
      const trade: Trade = {
        feed: (run) =>
          createSweepFeed(run, policy, { ensureJob, asking, onConsumed: (count) => (counts.fail += count) }),
        markOf: markOfSweep(policy, ports.random, (as) => (counts[as] += 1)),
      }
      const ended = workshop.start(job, { trade, awayMsMax: AWAY_MS_MAX, exists: () => made })
      const stopped = (): void => void workshop.stop(job.job, 'cancel')
      if (stop.aborted) stopped()
      stop.addEventListener('abort', stopped, { once: true })
      try {
        const end = await ended
        return outcomeOf(made ? await ports.jobReader.job(job.job) : null, end, counts)
      } finally {
        stop.removeEventListener('abort', stopped)
      }
    },
    async release(source, sweepRun) {
      const job = await newSweepJob(ports, connections, { source, sweepRun, policy: { rate: null } })
      const work = async (outbox: Outbox) => settleCarriers(await workshop.jobRun(job, outbox))
      await connections.withOutbox(source, work, workshop.closing)
    },
  }
}

function outcomeOf(
  job: Job | null,
  end: RunEnd | null,
  counts: { readonly retry: number; readonly fail: number },
): SweepOutcome {
  const broken = { code: 'store-failed' as const, reason: 'the local store failed' }
  const why = end === null ? broken : end.end === 'interrupted' ? end.interruption : null
  const { confirmed = 0, unknown = 0, returned = 0, refused = 0 } = job?.tally ?? {}
  return {
    job: job?.job ?? null,
    claimed: job?.items ?? 0,
    confirmed,
    retried: counts.retry,
    failed: counts.fail,
    unknown,
    returned,
    refused,
    expired: 0,
    interruption: why === null ? null : { code: why.code, reason: why.reason },
  }
}

/** The job as it will be written down when something is claimed. Its id is the run's: rows that carry it are found again. */
async function newSweepJob(
  ports: EnginePorts,
  connections: Connections,
  {
    source,
    policy,
    sweepRun,
  }: Pick<SweepRequest, 'source' | 'sweepRun'> & { readonly policy: Pick<SweepPolicy, 'rate'> },
): Promise<Job> {
  const { name: broker } = await connections.brokerOf(source)
  const none = { confirmed: 0, returned: 0, refused: 0, unknown: 0, skipped: 0, parked: 0 }
  return {
    job: sweepRun,
    kind: 'sweep',
    plan: `items-of-${sweepRun}`,
    digest: '',
    source,
    broker,
    state: 'running',
    operator: ports.operator(),
    options: { rate: policy.rate, ramp: false, brake: null },
    createdAt: ports.clock.now().toISOString(),
    endedAt: null,
    interruption: null,
    items: 0,
    ended: 0,
    tally: { ...none, unsettled: 0, unmarked: 0 },
  }
}

async function writeDown(ports: EnginePorts, connections: Connections, job: Job): Promise<void> {
  const never = new AbortController().signal
  const header = await connections.withOutbox(job.source, (outbox) => headerOf(ports, job, outbox), never)
  const draft = await ports.jobStore.beginPlan(header.plan)
  const { source, operator } = job
  const entry = { operator, source, subject: job.job, detail: { sweep: job.job } }
  await draft.finish(header, { ...entry, action: 'plan-created', subject: header.plan })
  const { kind, plan, options } = job
  const owner = ports.processes.self
  await ports.jobStore.startJob(
    { job: job.job, kind, plan, options, operator, owner },
    { ...entry, action: 'job-started' },
  )
}

/** A list that is empty yet: a sweep's items are written as they are claimed. */
async function headerOf(ports: EnginePorts, job: Job, { mapping }: Outbox): Promise<Plan> {
  const { clock } = ports
  return freezePlan(
    {
      format: planFormat,
      plan: job.plan,
      source: job.source,
      broker: job.broker,
      table: '',
      profile: mapping.profile,
      mappingDigest: mappingDigest(mapping),
      createdAt: clock.now().toISOString(),
      createdBy: ports.operator(),
      selection: 'what was due',
      edit: null,
      redirect: null,
      skipped: { count: 0, byCode: {}, named: [] },
      warnings: [],
      dryRun: gatherFindings(clock.now().getTime()).dryRun(null),
    },
    { items: 0, itemsDigest: newItemsDigest().finish() },
  )
}

/** Sweeps that source or broker interrupted: their rows are put right before new ones are claimed. */
async function resumeSweeps(ports: EnginePorts, workshop: Workshop, source: string): Promise<void> {
  for (const job of await ports.jobReader.jobs({ source, before: null, limit: JOBS_LOOKED_AT_MAX })) {
    if (job.kind !== 'sweep' || job.state !== 'interrupted') continue
    await workshop.start(await takeJob(ports, job, { toCancel: false }), { awayMsMax: AWAY_MS_MAX })
  }
}
