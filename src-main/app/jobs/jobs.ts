import { RedriveError } from '../../domain/errors.ts'
import type { Json } from '../../domain/digest.ts'
import type { Job, RunOptions } from '../../domain/job.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import { say } from '../../domain/text.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import type { Plan } from '../../domain/plan.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { deadLetterPlace } from '../../domain/dead-letter/place.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { lookForArrivals } from '../dead-letters/arrivals.ts'
import type { ArrivalsRequest } from '../dead-letters/arrivals.ts'
import { Guards } from '../guard/guards.ts'
import { beginAsking } from '../evidence/asking.ts'
import { interruptionOf } from './job-run.ts'
import { LeftJobs } from './left-jobs.ts'
import { requireNewerThanRestore } from '../restore/plan-age.ts'
import { planIsIntact } from '../resend/plan-intact.ts'
import { declareUnknown, reconcileRows } from './recover.ts'
import { jobEntry } from './recording.ts'
import { withRows } from './rows.ts'
import type { Rows } from './rows.ts'
import type { RunStatus } from './run-status.ts'
import {
  proofOfArrival,
  proofOfConsumption,
  requireSettleable,
  settleProved,
  settleUnknown,
} from './settle.ts'
import type { Proof, Proved, SettleRequest } from './settle.ts'
import { takeJob } from './taking.ts'
import type { Workshop } from './workshop.ts'

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
  readonly options: RunOptions
}

export interface Settled {
  readonly settled: number
  readonly unmarked: number
  readonly job: Job
}

export interface JobsOptions {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly locks: Locks
  readonly changes: Changes
  readonly workshop: Workshop
}

/** The jobs of this process: starts, continues, stops and settles them, and takes over those of dead processes. */
export class Jobs {
  readonly #ports: EnginePorts
  readonly #connections: Connections
  readonly #locks: Locks
  readonly #changes: Changes
  readonly #workshop: Workshop
  readonly #left: LeftJobs

  constructor({ ports, connections, locks, changes, workshop }: JobsOptions) {
    this.#ports = ports
    this.#connections = connections
    this.#locks = locks
    this.#changes = changes
    this.#workshop = workshop
    this.#left = new LeftJobs(ports.processes, workshop)
  }

  async get(id: string): Promise<Job> {
    const job = await this.#ports.jobReader.job(id)
    if (job) return job
    throw new RedriveError('job-not-found', 'never', { job: id })
  }

  /** Starts the job of a plan and answers at once; a plan whose job was interrupted is continued. */
  async run(request: RunRequest, signal: AbortSignal): Promise<Job> {
    const { jobReader, ids, processes } = this.#ports
    const plan = await this.#confirmed(request)
    this.#locks.require(plan.source)
    const environment = await this.#connections.environment(plan.source)
    if (environment === 'production' && request.typedCount !== plan.items) {
      throw new RedriveError('count-not-typed', 'never', { count: plan.items })
    }
    const known = await jobReader.jobOfPlan(plan.plan)
    const approval = await this.#approvalOf(plan, known)
    if (known?.state === 'interrupted' || known?.state === 'paused') return this.#resume(known)
    if (known) {
      throw new RedriveError(known.state === 'running' ? 'job-busy' : 'plan-already-run', 'never', {
        job: known.job,
      })
    }
    await this.#requireRunnable(plan, signal)
    const job = ids.next('job')
    const operator = this.#ports.operator()
    const { digest, items } = plan
    const { options } = request
    const about = { plan: plan.plan, digest, items, options: { ...options } as Json, environment }
    const detail = approval === null ? about : { ...about, approval }
    const entry: JournalDraft = { action: 'job-started', operator, source: plan.source, subject: job, detail }
    const fresh = { job, kind: 'resend', plan: plan.plan, options, operator, owner: processes.self } as const
    return this.#left.holding(job, async () => {
      const started = await this.#ports.jobStore.startJob(fresh, entry)
      void this.#workshop.start(started)
      return started
    })
  }

  async continue(id: string): Promise<Job> {
    const job = await this.get(id)
    this.#locks.require(job.source)
    const plan = await this.#ports.jobStore.plan(job.plan)
    if (plan !== null && job.kind !== 'sweep') await this.#approvalOf(plan, job)
    return this.#resume(job)
  }

  /**
   * Publishes nothing more; resolves when what was on its way has been settled and what was claimed is given back.
   * Where the source is away it throws why, and the job stays interrupted: cancel it again.
   */
  async cancel(id: string): Promise<Job> {
    const stopped = await this.#workshop.stop(id, 'cancel')
    const job = await this.get(id)
    if (job.state === 'interrupted' || job.state === 'paused') await this.#abandon(job)
    else if (!stopped) throw notRunningHere(job)
    return this.get(id)
  }

  /** As cancel, but the job can be continued. */
  async pause(id: string): Promise<Job> {
    const job = await this.get(id)
    if (!(await this.#workshop.stop(id, 'pause'))) throw notRunningHere(job)
    return this.get(id)
  }

  /** How it fares, where it runs in this process. */
  status(id: string): RunStatus | null {
    return this.#workshop.status(id)
  }

  async settle(id: string, request: SettleRequest, signal: AbortSignal): Promise<Settled> {
    const job = await this.get(id)
    this.#locks.require(job.source)
    requireSettleable(job)
    const settle = async (outbox: Rows) => settleUnknown(await this.#workshop.jobRun(job, outbox), request)
    const result = await withRows({ ports: this.#ports, connections: this.#connections }, job, settle, signal)
    this.#changes.bump()
    return { ...result, job: await this.get(id) }
  }

  /** What the receiver is proved to have consumed was sent; `left` is for a person. */
  async settleByEvidence(
    id: string,
    seqs: readonly number[] | null,
    signal: AbortSignal,
  ): Promise<Proved & { readonly job: Job }> {
    const job = await this.get(id)
    this.#locks.require(job.source)
    requireSettleable(job)
    const asking = await beginAsking(this.#connections, job.source, signal)
    return this.#settleProved(job, proofOfConsumption(asking, signal), seqs, signal)
  }

  /**
   * What is found in the queue that it was redriven to was sent, and leaves the dead letters; what is not, and could not have
   * been consumed, was not. `left` is for a person.
   */
  async settleByArrival(
    id: string,
    { seqs, ...look }: ArrivalsRequest & { readonly seqs: readonly number[] | null },
    signal: AbortSignal,
  ): Promise<Proved & { readonly job: Job }> {
    const job = await this.get(id)
    this.#locks.require(job.source)
    requireSettleable(job)
    if (deadLetterPlace(job.source) === null) {
      const [reason, instead] = [say('refused.look-for-rows'), say('instead.settle-by-evidence')]
      throw new RedriveError('action-refused', 'never', { action: 'settle', reason, instead })
    }
    const places = { ports: this.#ports, connections: this.#connections }
    const arrivals = await lookForArrivals(places, job, look, signal)
    return this.#settleProved(job, proofOfArrival(arrivals), seqs, signal)
  }

  async #settleProved(
    job: Job,
    proof: Proof,
    seqs: readonly number[] | null,
    signal: AbortSignal,
  ): Promise<Proved & { readonly job: Job }> {
    const settle = async (rows: Rows) =>
      settleProved(await this.#workshop.jobRun(job, rows), proof, seqs, signal)
    try {
      const result = await withRows(
        { ports: this.#ports, connections: this.#connections },
        job,
        settle,
        signal,
      )
      return { ...result, job: await this.get(job.job) }
    } finally {
      this.#changes.bump()
    }
  }

  /** Takes over the jobs of processes that ended. Called at the start and, on a shared store, again and again. */
  async recover(): Promise<void> {
    const { jobStore, log } = this.#ports
    let taken = 0
    for (const { job, owner } of await jobStore.runningJobs()) {
      if (!this.#left.isLeft(job, owner)) continue
      try {
        await this.#takeOver(job)
        taken += 1
      } catch (error) {
        // Another console was faster, or the owner is there after all.
        if (!isElsewhere(error)) throw error
        log.info({ job, code: error.code }, 'job-not-taken-over')
      }
    }
    if (taken > 0) this.#changes.bump()
  }

  close(): Promise<void> {
    return this.#workshop.close(SHUTDOWN_DEADLINE_MS)
  }

  async #resume(job: Job): Promise<Job> {
    return this.#left.holding(job.job, async () => {
      void this.#workshop.start(await takeJob(this.#ports, job, { toCancel: false }))
      return this.get(job.job)
    })
  }

  /** Ends a job that stands: rows that it still holds are given back or marked first. */
  #abandon(job: Job): Promise<void> {
    return this.#left.holding(job.job, () => this.#giveUp(job))
  }

  async #giveUp(job: Job): Promise<void> {
    const mine = await takeJob(this.#ports, job, { toCancel: true })
    try {
      const reconcile = async (outbox: Rows) => reconcileRows(await this.#workshop.jobRun(mine, outbox))
      await withRows(
        { ports: this.#ports, connections: this.#connections },
        job,
        reconcile,
        this.#workshop.closing,
      )
    } catch (error) {
      await this.#workshop.interrupt(mine, interruptionOf(error), {})
      throw error
    }
    const { ended, items } = await this.get(job.job)
    await this.#workshop.end(mine, 'cancelled', { ended, items })
    this.#changes.bump()
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
    const effects = AbortSignal.any([this.#workshop.closing, AbortSignal.timeout(RECOVER_TIMEOUT_MS)])
    const reconcile = async (outbox: Rows) =>
      reconcileRows({ ...(await this.#workshop.jobRun(mine, outbox)), effects })
    await withRows({ ports: this.#ports, connections: this.#connections }, mine, reconcile, effects).catch(
      (error: unknown) => {
        // The source does not answer: its rows are put right when the job goes on.
        this.#ports.log.warn({ job: id, ...interruptionOf(error) }, 'rows-not-reconciled')
      },
    )
  }

  /** A plan of dead letters has no mapping: its letters are found again by their content. */
  async #requireRunnable(plan: Plan, signal: AbortSignal): Promise<void> {
    if (plan.deadLetters?.action === 'discard') {
      const reason = 'it discards messages, which is no job: carry it out with "redrive deadletters discard"'
      throw new RedriveError('plan-invalid', 'never', { reason })
    }
    if (deadLetterPlace(plan.source) !== null) return
    await this.#connections.withOutbox(plan.source, (outbox) => requireSameMapping(plan, outbox), signal)
  }

  /** Asked again by the run itself before each batch; here so that whoever asks is told at once. */
  #approvalOf(plan: Plan, job: Job | null): Promise<string | null> {
    return new Guards(this.#ports, this.#connections).requirePlan(plan, job)
  }

  async #confirmed({ plan: id, digest }: RunRequest): Promise<Plan> {
    const plan = await this.#ports.jobStore.plan(id)
    if (!plan) throw new RedriveError('plan-not-found', 'never', { plan: id })
    if (!(await planIsIntact(this.#ports.jobStore, plan))) {
      throw new RedriveError('plan-digest-mismatch', 'never', { plan: id })
    }
    if (plan.digest !== digest) throw new RedriveError('plan-not-confirmed', 'never', { digest: plan.digest })
    await requireNewerThanRestore(this.#ports.journal, plan)
    return plan
  }
}

function isElsewhere(error: unknown): error is RedriveError {
  return error instanceof RedriveError && (error.code === 'job-busy' || error.code === 'job-state-forbids')
}

function notRunningHere({ job, state }: Job): RedriveError {
  return new RedriveError(state === 'running' ? 'job-busy' : 'job-state-forbids', 'never', { job, state })
}

function requireSameMapping(plan: Plan, outbox: Outbox): Promise<void> {
  if (mappingDigest(outbox.mapping) === plan.mappingDigest) return Promise.resolve()
  const reason = 'the mapping of this source was changed after the plan was made'
  return Promise.reject(new RedriveError('plan-invalid', 'never', { reason }))
}
