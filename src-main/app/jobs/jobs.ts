import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import { mappingDigest } from '../../domain/mapping.ts'
import { planIsIntact } from '../../domain/plan.ts'
import type { Plan } from '../../domain/plan.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { claimToken } from './claim-token.ts'
import { interruptionOf } from './job-run.ts'
import type { Interruption, JobRun } from './job-run.ts'
import { declareUnknown, reconcileRows } from './recover.ts'
import { jobEntry } from './recording.ts'
import { runJob } from './run-job.ts'
import type { RunEnd } from './run-job.ts'
import { requireSettleable, settleUnknown } from './settle.ts'
import type { SettleRequest } from './settle.ts'
import { startTicker } from './ticker.ts'

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

export interface Settled {
  readonly settled: number
  readonly unmarked: number
  readonly job: Job
}

interface Running {
  readonly stop: AbortController
  readonly ended: Promise<void>
}

type StopReason = 'cancel' | 'shutdown'

/** The jobs of this process: starts, continues, stops and settles them, and takes over those of dead processes. */
export class Jobs {
  readonly #ports: EnginePorts
  readonly #connections: Connections
  readonly #locks: Locks
  readonly #changes: Changes
  readonly #running = new Map<string, Running>()
  readonly #shutdown = new AbortController()

  constructor(ports: EnginePorts, connections: Connections, locks: Locks, changes: Changes) {
    this.#ports = ports
    this.#connections = connections
    this.#locks = locks
    this.#changes = changes
  }

  async get(id: string): Promise<Job> {
    const job = await this.#ports.jobReader.job(id)
    if (job) return job
    throw new RedriveError('job-not-found', 'never', { job: id })
  }

  /** Starts the job of a plan and answers at once; a plan whose job was interrupted is continued. */
  async run(request: RunRequest, signal: AbortSignal): Promise<Job> {
    const { jobReader, ids, operator, processes } = this.#ports
    const plan = await this.#confirmed(request)
    this.#locks.require(plan.source)
    const { environment } = await this.#connections.source(plan.source)
    if (environment === 'production' && request.typedCount !== plan.items.length) {
      throw new RedriveError('count-not-typed', 'never', { count: plan.items.length })
    }
    const known = await jobReader.jobOfPlan(plan.plan)
    if (known?.state === 'interrupted') return this.#resume(known)
    if (known) {
      throw new RedriveError(known.state === 'running' ? 'job-busy' : 'plan-already-run', 'never', {
        job: known.job,
      })
    }
    await this.#connections.withOutbox(plan.source, (outbox) => requireSameMapping(plan, outbox), signal)
    const job = ids.next('job')
    const { digest, items } = plan
    const detail = { plan: plan.plan, digest, items: items.length, rate: request.rate, environment }
    const entry: JournalDraft = { action: 'job-started', operator, source: plan.source, subject: job, detail }
    const started = await this.#ports.jobStore.startJob(
      { job, plan: plan.plan, rate: request.rate, operator, owner: processes.self },
      entry,
    )
    this.#start(started)
    return started
  }

  async continue(id: string): Promise<Job> {
    const job = await this.get(id)
    this.#locks.require(job.source)
    return this.#resume(job)
  }

  /** Publishes nothing more; resolves when what was on its way has been settled. */
  async cancel(id: string): Promise<Job> {
    const job = await this.get(id)
    const mine = this.#running.get(id)
    if (mine) {
      mine.stop.abort('cancel' satisfies StopReason)
      await mine.ended
    } else if (job.state === 'interrupted') {
      await this.#abandon(job)
    } else {
      const code = job.state === 'running' ? 'job-busy' : 'job-state-forbids'
      throw new RedriveError(code, 'never', { job: id, state: job.state })
    }
    return this.get(id)
  }

  async settle(id: string, request: SettleRequest, signal: AbortSignal): Promise<Settled> {
    const job = await this.get(id)
    this.#locks.require(job.source)
    requireSettleable(job)
    const settle = async (outbox: Outbox) => settleUnknown(await this.#jobRun(job, outbox), request)
    const result = await this.#connections.withOutbox(job.source, settle, signal)
    this.#changes.bump()
    return { ...result, job: await this.get(id) }
  }

  /** Takes over the jobs of processes that ended. Called once, at the start. */
  async recover(): Promise<void> {
    for (const { job, owner } of await this.#ports.jobStore.runningJobs()) {
      if (!this.#ports.processes.alive(owner)) await this.#takeOver(job)
    }
    this.#changes.bump()
  }

  async close(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort('shutdown' satisfies StopReason)
    const all = Promise.all([...this.#running.values()].map(({ ended }) => ended))
    const deadline = new AbortController()
    const wait = this.#ports.clock.sleep(SHUTDOWN_DEADLINE_MS, deadline.signal).catch(() => undefined)
    await Promise.race([all, wait])
    deadline.abort()
    this.#shutdown.abort()
  }

  /** Runs in the background. Whatever goes wrong ends in the store or, where that fails, in the log. */
  #start(job: Job): void {
    const stop = new AbortController()
    const stopTicker = startTicker(this.#ports.clock, this.#changes)
    const ended = this.#work(job, stop.signal)
      .catch((error: unknown) =>
        this.#ports.log.warn({ job: job.job, ...interruptionOf(error) }, 'job-left-running'),
      )
      .finally(() => {
        this.#running.delete(job.job)
        stopTicker()
        this.#changes.bump()
      })
    this.#running.set(job.job, { stop, ended })
    this.#changes.bump()
  }

  async #work(job: Job, stop: AbortSignal): Promise<void> {
    const run = async (outbox: Outbox): Promise<RunEnd> => {
      const made = await this.#jobRun(job, outbox)
      await reconcileRows(made)
      return runJob(made, stop)
    }
    const failed = (error: unknown): RunEnd => ({ end: 'interrupted', interruption: interruptionOf(error) })
    await this.#end(job, stop, await this.#connections.withOutbox(job.source, run, stop).catch(failed))
  }

  async #end(job: Job, stop: AbortSignal, result: RunEnd): Promise<void> {
    const { ended, items, tally } = await this.get(job.job)
    const detail = { ended, items, tally: { ...tally } }
    if (ended === items) await this.#move(job, 'done', detail)
    else if (result.end === 'stopped' && stop.reason === ('cancel' satisfies StopReason)) {
      await this.#move(job, 'cancelled', detail)
    } else {
      const closed = { code: 'process-ended' as const, reason: 'Redrive was closed' }
      await this.#interrupt(job, result.end === 'interrupted' ? result.interruption : closed, detail)
    }
  }

  async #move(job: Job, to: 'done' | 'cancelled', detail: JournalDraft['detail'] & object): Promise<void> {
    const entry = jobEntry(this.#ports, job, 'job-ended', { state: to, ...detail })
    await this.#ports.jobStore.moveJob(job.job, { from: 'running', to, owner: null }, entry)
  }

  async #interrupt(job: Job, interruption: Interruption, detail: object): Promise<void> {
    const entry = jobEntry(this.#ports, job, 'job-ended', {
      state: 'interrupted',
      ...interruption,
      ...detail,
    })
    const move = { from: 'running' as const, to: 'interrupted' as const, owner: null, interruption }
    await this.#ports.jobStore.moveJob(job.job, move, entry)
  }

  async #resume(job: Job): Promise<Job> {
    const mine = await this.#claimJob(job, { toCancel: false })
    await declareUnknown(this.#ports, mine)
    this.#start(mine)
    return this.get(job.job)
  }

  /** Ends an interrupted job: rows that it still holds are given back or marked first. */
  async #abandon(job: Job): Promise<void> {
    const mine = await this.#claimJob(job, { toCancel: true })
    try {
      await declareUnknown(this.#ports, mine)
      const reconcile = async (outbox: Outbox) => reconcileRows(await this.#jobRun(mine, outbox))
      await this.#connections.withOutbox(job.source, reconcile, this.#shutdown.signal)
    } catch (error) {
      await this.#interrupt(mine, interruptionOf(error), {})
      throw error
    }
    const { ended, items } = await this.get(job.job)
    await this.#move(mine, 'cancelled', { ended, items })
    this.#changes.bump()
  }

  /** An interrupted job belongs to nobody; this process takes it, or throws where another was faster. */
  #claimJob(job: Job, detail: { readonly toCancel: boolean }): Promise<Job> {
    if (job.state !== 'interrupted') {
      throw new RedriveError('job-state-forbids', 'never', { job: job.job, state: job.state })
    }
    const entry = jobEntry(this.#ports, job, 'job-continued', {
      ...detail,
      ended: job.ended,
      items: job.items,
    })
    const move = { from: 'interrupted' as const, to: 'running' as const, owner: this.#ports.processes.self }
    return this.#ports.jobStore.moveJob(job.job, move, entry)
  }

  async #takeOver(id: string): Promise<void> {
    const job = await this.get(id)
    const interruption = { code: 'process-ended' as const, reason: 'the process that ran it ended' }
    const entry = jobEntry(this.#ports, job, 'job-recovered', {
      ...interruption,
      ended: job.ended,
      items: job.items,
    })
    const owner = this.#ports.processes.self
    const move = { from: 'running' as const, to: 'interrupted' as const, owner, interruption }
    const mine = await this.#ports.jobStore.moveJob(id, move, entry)
    await declareUnknown(this.#ports, mine)
    const effects = AbortSignal.any([this.#shutdown.signal, AbortSignal.timeout(RECOVER_TIMEOUT_MS)])
    const reconcile = async (outbox: Outbox) =>
      reconcileRows({ ...(await this.#jobRun(mine, outbox)), effects })
    await this.#connections.withOutbox(job.source, reconcile, effects).catch((error: unknown) => {
      // The source does not answer: its rows are put right when the job goes on.
      this.#ports.log.warn({ job: id, ...interruptionOf(error) }, 'rows-not-reconciled')
    })
  }

  async #jobRun(job: Job, outbox: Outbox): Promise<JobRun> {
    const { broker } = await this.#connections.brokerOf(job.source)
    const effects = this.#shutdown.signal
    return { ports: this.#ports, job, outbox, broker, token: claimToken(job.job), effects }
  }

  async #confirmed({ plan: id, digest }: RunRequest): Promise<Plan> {
    const plan = await this.#ports.jobStore.plan(id)
    if (!plan) throw new RedriveError('plan-not-found', 'never', { plan: id })
    if (!planIsIntact(plan)) throw new RedriveError('plan-digest-mismatch', 'never', { plan: id })
    if (plan.digest !== digest) throw new RedriveError('plan-not-confirmed', 'never', { digest: plan.digest })
    return plan
  }
}

function requireSameMapping(plan: Plan, outbox: Outbox): Promise<void> {
  if (mappingDigest(outbox.mapping) === plan.mappingDigest) return Promise.resolve()
  const reason = 'the mapping of this source was changed after the plan was made'
  return Promise.reject(new RedriveError('plan-invalid', 'never', { reason }))
}
