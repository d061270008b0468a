import type { Job } from '../../domain/job.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { blockUnfinishedChains } from './blocked-chains.ts'
import { claimToken } from './claim-token.ts'
import type { Feed } from './feed.ts'
import { interruptionOf } from './job-run.ts'
import type { Interruption, JobRun } from './job-run.ts'
import { createLanes } from './lanes.ts'
import type { Lanes } from './lanes.ts'
import { createMeter } from './meter.ts'
import type { Meter } from './meter.ts'
import { patiently } from './patience.ts'
import type { Waiting } from './patience.ts'
import { createPlannedFeed } from './planned-feed.ts'
import { reconcileRows } from './recover.ts'
import { jobEntry } from './recording.ts'
import { runJob } from './run-job.ts'
import type { RunEnd } from './run-job.ts'
import { markOfResend } from './settle-outcomes.ts'
import { startTicker } from './ticker.ts'

export type StopReason = 'cancel' | 'pause' | 'shutdown'

/** How a running job fares; of this process, not written down. */
export interface Progress {
  /** Answers a second over the last seconds; null: too early to say. */
  readonly ratePerSec: number | null
  readonly waiting: Waiting | null
}

/** What a kind of job brings: where its items come from and how their rows are marked. */
export interface Trade {
  readonly feed: (run: JobRun, lanes: Lanes) => Feed
  readonly markOf: JobRun['markOf']
}

const resendTrade: Trade = { feed: createPlannedFeed, markOf: markOfResend }

interface Running {
  readonly stop: AbortController
  readonly ended: Promise<void>
  readonly meter: Meter
  waiting: Waiting | null
}

/** The jobs that this process is carrying out. */
export class Workshop {
  readonly #ports: EnginePorts
  readonly #connections: Connections
  readonly #changes: Changes
  readonly #running = new Map<string, Running>()
  readonly #shutdown = new AbortController()

  constructor(ports: EnginePorts, connections: Connections, changes: Changes) {
    this.#ports = ports
    this.#connections = connections
    this.#changes = changes
  }

  /** Runs in the background. Whatever goes wrong ends in the store or, where that fails, in the log. */
  start(job: Job, trade: Trade = resendTrade): Promise<void> {
    const stop = new AbortController()
    const stopTicker = startTicker(this.#ports.clock, this.#changes)
    const meter = createMeter(this.#ports.clock)
    const ended = this.#work(job, { trade, meter, stop: stop.signal })
      .catch((error: unknown) =>
        this.#ports.log.warn({ job: job.job, ...interruptionOf(error) }, 'job-left-running'),
      )
      .finally(() => {
        this.#running.delete(job.job)
        stopTicker()
        this.#changes.bump()
      })
    this.#running.set(job.job, { stop, ended, meter, waiting: null })
    this.#changes.bump()
    return ended
  }

  /** Publishes nothing more; resolves with true when what was on its way has been settled. False: not running here. */
  async stop(job: string, reason: StopReason): Promise<boolean> {
    const running = this.#running.get(job)
    if (!running) return false
    running.stop.abort(reason)
    await running.ended
    return true
  }

  progress(job: string): Progress | null {
    const running = this.#running.get(job)
    return running ? { ratePerSec: running.meter.rate(), waiting: running.waiting } : null
  }

  /** Stops all jobs and waits for them, at most so long. Nothing begins in a source afterwards. */
  async close(deadlineMs: number): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort('shutdown' satisfies StopReason)
    const all = Promise.all([...this.#running.values()].map(({ ended }) => ended))
    const deadline = new AbortController()
    const wait = this.#ports.clock.sleep(deadlineMs, deadline.signal).catch(() => undefined)
    await Promise.race([all, wait])
    deadline.abort()
    this.#shutdown.abort()
  }

  /** Aborted when this process must not begin anything in a source any more. */
  get closing(): AbortSignal {
    return this.#shutdown.signal
  }

  /** For work on a job's rows outside of a run: settling, putting right what a crash left. */
  async jobRun(job: Job, outbox: Outbox, { markOf }: Trade = resendTrade): Promise<JobRun> {
    const { broker } = await this.#connections.brokerOf(job.source)
    const meter = createMeter(this.#ports.clock)
    const effects = this.#shutdown.signal
    return { ports: this.#ports, job, outbox, broker, token: claimToken(job.job), meter, markOf, effects }
  }

  async interrupt(job: Job, { code, reason }: Omit<Interruption, 'passing'>, detail: object): Promise<void> {
    const to = code === 'brake-pulled' ? ('paused' as const) : ('interrupted' as const)
    const entry = jobEntry(this.#ports, job, 'job-ended', { state: to, code, reason, ...detail })
    const move = { from: 'running' as const, to, owner: null, interruption: { code, reason } }
    await this.#ports.jobStore.moveJob(job.job, move, entry)
  }

  async end(
    job: Job,
    to: 'done' | 'cancelled' | 'paused',
    detail: JournalDraft['detail'] & object,
  ): Promise<void> {
    const entry = jobEntry(this.#ports, job, 'job-ended', { state: to, ...detail })
    await this.#ports.jobStore.moveJob(job.job, { from: 'running', to, owner: null }, entry)
  }

  async #work(
    job: Job,
    { trade, meter, stop }: { readonly trade: Trade; readonly meter: Meter; readonly stop: AbortSignal },
  ): Promise<void> {
    const { clock, awayMsMax } = this.#ports
    const running = (): Running | undefined => this.#running.get(job.job)
    const onWaiting = (waiting: Waiting | null): void => {
      const mine = running()
      if (mine) mine.waiting = waiting
      this.#changes.bump()
    }
    const counted: Meter = {
      rate: () => meter.rate(),
      note(answers) {
        onWaiting(null)
        meter.note(answers)
      },
    }
    const once = async () => {
      const before = await this.#job(job.job)
      const end = await this.#once(before, { trade, meter: counted, stop })
      const after = await this.#job(job.job)
      return { end, progress: after.ended > before.ended }
    }
    await this.#conclude(job, stop, await patiently(once, { clock, awayMsMax, onWaiting }, stop))
  }

  async #once(
    job: Job,
    { trade, meter, stop }: { readonly trade: Trade; readonly meter: Meter; readonly stop: AbortSignal },
  ): Promise<RunEnd> {
    const work = async (outbox: Outbox): Promise<RunEnd> => {
      const run = { ...(await this.jobRun(job, outbox, trade)), meter }
      await reconcileRows(run)
      const lanes = createLanes()
      await blockUnfinishedChains(run, lanes)
      return runJob(run, { feed: trade.feed(run, lanes), lanes }, stop)
    }
    const failed = (error: unknown): RunEnd => {
      const interruption = interruptionOf(error)
      return interruption.code === 'cancelled' && stop.aborted
        ? { end: 'stopped' }
        : { end: 'interrupted', interruption }
    }
    return this.#connections.withOutbox(job.source, work, stop).catch(failed)
  }

  async #conclude(job: Job, stop: AbortSignal, result: RunEnd): Promise<void> {
    const { ended, items, tally } = await this.#job(job.job)
    const detail = { ended, items, tally: { ...tally } }
    const reason = stop.reason as StopReason | undefined
    if (ended === items && result.end !== 'interrupted') await this.end(job, 'done', detail)
    else if (ended === items && job.kind === 'resend') await this.end(job, 'done', detail)
    else if (result.end === 'stopped' && reason === 'cancel') await this.#cancelled(job, detail)
    else if (result.end === 'stopped' && reason === 'pause') await this.end(job, 'paused', detail)
    else {
      const closed = { code: 'process-ended' as const, reason: 'Redrive was closed' }
      await this.interrupt(job, result.end === 'interrupted' ? result.interruption : closed, detail)
    }
  }

  /** A job that still holds rows, because its source is away, must not end: nobody would give them back. */
  async #cancelled(job: Job, detail: JournalDraft['detail'] & object): Promise<void> {
    const open = { states: ['claiming', 'publishing', 'settling'], afterSeq: 0, limit: 1 } as const
    const held = await this.#ports.jobReader.items(job.job, open)
    if (held.length === 0) return this.end(job, 'cancelled', detail)
    const reason = 'the source did not answer, and some of its rows are still claimed'
    await this.interrupt(job, { code: 'cancelled', reason }, detail)
  }

  async #job(id: string): Promise<Job> {
    const job = await this.#ports.jobReader.job(id)
    if (!job) throw new Error(`the job ${id} is gone from the store`)
    return job
  }
}
