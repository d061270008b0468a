import { RedriveError } from '../../domain/errors.ts'
import { mappingDigest } from '../../domain/mapping.ts'
import type { Job } from '../../domain/job.ts'
import { planIsIntact } from '../../domain/plan.ts'
import type { Plan } from '../../domain/plan.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { claimToken } from './claim-token.ts'
import type { Interruption, JobRun } from './job-run.ts'
import { interruptionOf } from './job-run.ts'
import { declareUnknown, reconcileRows } from './recover.ts'
import { jobEntry } from './recording.ts'
import { runJob } from './run-job.ts'
import type { SettleRequest } from './settle.ts'
import { requireSettleable, settleUnknown } from './settle.ts'

/** Reconciling the rows of one job at a start may take this long before it is left for "continue". */
const RECOVER_TIMEOUT_MS = 5_000
/** Closing waits this long for what has been claimed or published to be settled. */
export const SHUTDOWN_DEADLINE_MS = 10_000

export interface RunRequest {
  readonly plan: string
  /** Says that the operator saw exactly this plan. */
  readonly digest: string
  /** Production: the number of messages, typed. */
  readonly typedCount: number | null
  readonly rate: number | null
}

export interface Jobs {
  run(request: RunRequest, signal: AbortSignal): Promise<Job>
  continue(job: string): Promise<Job>
  /** Publishes nothing more; resolves when what was on its way has been settled. */
  cancel(job: string): Promise<Job>
  settle(
    job: string,
    request: SettleRequest,
    signal: AbortSignal,
  ): Promise<{ settled: number; unmarked: number; job: Job }>
  get(job: string): Promise<Job>
  /** Takes over the jobs of processes that ended. */
  recover(): Promise<void>
  close(): Promise<void>
}

interface Running {
  readonly stop: AbortController
  readonly ended: Promise<void>
}

export function createJobs(
  ports: EnginePorts,
  connections: Connections,
  locks: Locks,
  changes: Changes,
): Jobs {
  const running = new Map<string, Running>()
  const shutdown = new AbortController()

  const get = async (id: string): Promise<Job> => {
    const job = await ports.jobReader.job(id)
    if (!job) throw new RedriveError('job-not-found', 'never', { job: id })
    return job
  }
  const jobRun = async (job: Job, outbox: Outbox): Promise<JobRun> => ({
    ports,
    job,
    outbox,
    broker: (await connections.brokerOf(job.source)).broker,
    token: claimToken(job.job),
    effects: shutdown.signal,
  })
  const end = async (
    job: Job,
    stop: AbortSignal,
    result: Awaited<ReturnType<typeof runJob>>,
  ): Promise<void> => {
    const { ended, items, tally } = await get(job.job)
    const complete = ended === items
    const to = complete
      ? 'done'
      : result.end === 'stopped' && stop.reason === 'cancel'
        ? 'cancelled'
        : 'interrupted'
    const interruption: Interruption =
      result.end === 'interrupted'
        ? result.interruption
        : { code: 'process-ended', reason: 'Redrive was closed' }
    await ports.jobStore.moveJob(
      job.job,
      { from: 'running', to, owner: null, ...(to === 'interrupted' ? { interruption } : {}) },
      jobEntry(ports, job, 'job-ended', {
        state: to,
        ended,
        items,
        tally: { ...tally },
        ...(to === 'interrupted' ? interruption : {}),
      }),
    )
  }
  /** Runs in the background. Whatever goes wrong ends in the store or, where that fails, in the log. */
  const start = (job: Job): void => {
    const stop = new AbortController()
    const work = async (): Promise<void> => {
      const run = (outbox: Outbox) =>
        jobRun(job, outbox).then(async (made) => {
          await reconcileRows(made)
          return runJob(made, stop.signal)
        })
      const result = await connections
        .withOutbox(job.source, run, stop.signal)
        .catch((error: unknown) => ({ end: 'interrupted' as const, interruption: interruptionOf(error) }))
      await end(job, stop.signal, result)
    }
    const ticker = tick(ports, stop.signal, changes)
    const ended = work()
      .catch((error: unknown) =>
        ports.log.warn({ job: job.job, ...interruptionOf(error) }, 'job-left-running'),
      )
      .finally(() => {
        running.delete(job.job)
        ticker.abort()
        changes.bump()
      })
    running.set(job.job, { stop, ended })
    changes.bump()
  }
  const resume = async (job: Job): Promise<Job> => {
    if (job.state !== 'interrupted')
      throw new RedriveError('job-state-forbids', 'never', { job: job.job, state: job.state })
    const going = await ports.jobStore.moveJob(
      job.job,
      { from: 'interrupted', to: 'running', owner: ports.processes.self },
      jobEntry(ports, job, 'job-continued', { items: job.items, ended: job.ended }),
    )
    await declareUnknown(ports, going)
    start(going)
    return get(job.job)
  }
  const recoverOne = async (id: string): Promise<void> => {
    const job = await get(id)
    const interruption = { code: 'process-ended' as const, reason: 'the process that ran it ended' }
    const mine = await ports.jobStore.moveJob(
      id,
      { from: 'running', to: 'interrupted', owner: ports.processes.self, interruption },
      jobEntry(ports, job, 'job-recovered', { ...interruption, ended: job.ended, items: job.items }),
    )
    await declareUnknown(ports, mine)
    const signal = AbortSignal.any([shutdown.signal, AbortSignal.timeout(RECOVER_TIMEOUT_MS)])
    const reconcile = async (outbox: Outbox) =>
      reconcileRows({ ...(await jobRun(mine, outbox)), effects: signal })
    await connections.withOutbox(job.source, reconcile, signal).catch((error: unknown) => {
      ports.log.warn({ job: id, ...interruptionOf(error) }, 'rows-not-reconciled')
    })
  }

  /** Ends an interrupted job: rows that it still holds are given back or marked first. */
  const abandon = async (job: Job): Promise<void> => {
    const { self } = ports.processes
    const detail = { ended: job.ended, items: job.items }
    const mine = await ports.jobStore.moveJob(
      job.job,
      { from: 'interrupted', to: 'running', owner: self },
      jobEntry(ports, job, 'job-continued', { ...detail, toCancel: true }),
    )
    try {
      await declareUnknown(ports, mine)
      const reconcile = async (outbox: Outbox) => reconcileRows(await jobRun(mine, outbox))
      await connections.withOutbox(job.source, reconcile, shutdown.signal)
    } catch (error) {
      const interruption = interruptionOf(error)
      const back = { from: 'running' as const, to: 'interrupted' as const, owner: null, interruption }
      await ports.jobStore.moveJob(
        job.job,
        back,
        jobEntry(ports, job, 'job-ended', { state: 'interrupted', ...interruption }),
      )
      throw error
    }
    const last = { from: 'running' as const, to: 'cancelled' as const, owner: null }
    await ports.jobStore.moveJob(
      job.job,
      last,
      jobEntry(ports, job, 'job-ended', { state: 'cancelled', ...detail }),
    )
    changes.bump()
  }

  return {
    get,
    async run(request, signal) {
      const plan = await confirmedPlan(ports, request)
      locks.require(plan.source)
      const { environment } = await connections.source(plan.source)
      if (environment === 'production' && request.typedCount !== plan.items.length) {
        throw new RedriveError('count-not-typed', 'never', { count: plan.items.length })
      }
      const known = await ports.jobReader.jobOfPlan(plan.plan)
      if (known?.state === 'interrupted') return resume(known)
      if (known) {
        const code = known.state === 'running' ? 'job-busy' : 'plan-already-run'
        throw new RedriveError(code, 'never', { job: known.job })
      }
      await connections.withOutbox(plan.source, (outbox) => requireSameMapping(plan, outbox), signal)
      const job = ports.ids.next('job')
      const entry = {
        action: 'job-started' as const,
        operator: ports.operator,
        source: plan.source,
        subject: job,
        detail: {
          plan: plan.plan,
          digest: plan.digest,
          items: plan.items.length,
          rate: request.rate,
          environment,
        },
      }
      const { operator } = ports
      const started = await ports.jobStore.startJob(
        { job, plan: plan.plan, rate: request.rate, operator, owner: ports.processes.self },
        entry,
      )
      start(started)
      return started
    },
    async continue(id) {
      const job = await get(id)
      locks.require(job.source)
      return resume(job)
    },
    async cancel(id) {
      const job = await get(id)
      const mine = running.get(id)
      if (mine) {
        mine.stop.abort('cancel')
        await mine.ended
      } else if (job.state === 'interrupted') {
        await abandon(job)
      } else {
        throw new RedriveError(job.state === 'running' ? 'job-busy' : 'job-state-forbids', 'never', {
          job: id,
          state: job.state,
        })
      }
      return get(id)
    },
    async settle(id, request, signal) {
      const job = await get(id)
      locks.require(job.source)
      requireSettleable(job)
      const settle = async (outbox: Outbox) => settleUnknown(await jobRun(job, outbox), request)
      const result = await connections.withOutbox(job.source, settle, signal)
      changes.bump()
      return { ...result, job: await get(id) }
    },
    async recover() {
      for (const { job, owner } of await ports.jobStore.runningJobs()) {
        if (ports.processes.alive(owner)) continue
        await recoverOne(job)
      }
      changes.bump()
    },
    async close() {
      for (const { stop } of running.values()) stop.abort('shutdown')
      const all = Promise.all([...running.values()].map(({ ended }) => ended))
      const deadline = new AbortController()
      await Promise.race([
        all,
        ports.clock.sleep(SHUTDOWN_DEADLINE_MS, deadline.signal).catch(() => undefined),
      ])
      deadline.abort()
      shutdown.abort()
    },
  }
}

/** How often a running job tells its watchers to look again. */
const TICK_MS = 250

function tick(ports: EnginePorts, stop: AbortSignal, changes: Changes): AbortController {
  const ended = new AbortController()
  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await ports.clock.sleep(TICK_MS, ended.signal)
      changes.bump()
    }
  }
  // Ends by abort, which is a rejection and no failure.
  loop().catch(() => undefined)
  stop.addEventListener('abort', () => changes.bump(), { once: true })
  return ended
}

async function confirmedPlan(ports: EnginePorts, request: RunRequest): Promise<Plan> {
  const plan = await ports.jobStore.plan(request.plan)
  if (!plan) throw new RedriveError('plan-not-found', 'never', { plan: request.plan })
  if (!planIsIntact(plan)) throw new RedriveError('plan-digest-mismatch', 'never', { plan: plan.plan })
  if (plan.digest !== request.digest)
    throw new RedriveError('plan-not-confirmed', 'never', { digest: plan.digest })
  return plan
}

function requireSameMapping(plan: Plan, outbox: Outbox): Promise<void> {
  if (mappingDigest(outbox.mapping) === plan.mappingDigest) return Promise.resolve()
  const reason = 'the mapping of this source was changed after the plan was made'
  return Promise.reject(new RedriveError('plan-invalid', 'never', { reason }))
}
