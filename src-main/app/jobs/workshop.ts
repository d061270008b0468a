import { claimTokenOf } from '../../domain/claim-token.ts'
import { deadLetterPlace } from '../../domain/dead-letter/place.ts'
import type { Job } from '../../domain/job.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { heldBack } from '../guard/held-back.ts'
import { openJobGuard } from '../guard/job-guard.ts'
import { blockUnfinishedChains } from './blocked-chains.ts'
import { interruptionOf } from './job-run.ts'
import type { Interruption, JobRun } from './job-run.ts'
import { createLanes } from './lanes.ts'
import { patiently } from './patience.ts'
import { reconcileRows } from './recover.ts'
import { jobEntry } from './recording.ts'
import { runJob } from './run-job.ts'
import { createRunStatus } from './run-status.ts'
import { withRows } from './rows.ts'
import type { Rows } from './rows.ts'
import type { RunStatus, Waiting } from './run-status.ts'
import type { Before, RunEnd } from './run-job.ts'
import { startTicker } from './ticker.ts'
import { untilWritten } from './until-written.ts'
import { tradeOf } from './trade.ts'
import type { Trade } from './trade.ts'

export type StopReason = 'cancel' | 'pause' | 'shutdown'

/** How a job is carried out that is more than its kind says. */
export interface WorkOptions {
  readonly trade?: Trade
  /** Milliseconds; the engine's own patience where it is not said. */
  readonly awayMsMax?: number
  /** Whether the job is written down yet; a sweep is when it has claimed something. */
  readonly exists?: () => boolean
}

/** Who paused or cancelled a job: the run itself is its starter's act. Null: nobody. */
interface Stopped {
  by: string | null
}

interface Running {
  readonly stop: AbortController
  readonly stopped: Stopped
  readonly ended: Promise<RunEnd | null>
  /** Rejects when that the job stands cannot be written down. */
  readonly stuck: Promise<never>
  readonly status: RunStatus
}

interface Work extends WorkOptions {
  readonly status: RunStatus
  readonly stop: AbortSignal
  readonly stopped: Stopped
  readonly onStuck: (error: unknown) => void
}

/** Messages of a queue that are written down as about to go at a time: a crash makes as many unknown. */
const LETTERS_BATCH_MAX = 100

function batchOf({ source }: Job, batch: number): number {
  return deadLetterPlace(source) === null ? batch : Math.min(batch, LETTERS_BATCH_MAX)
}

/** The jobs that this process is carrying out. */
export class Workshop {
  readonly #ports: EnginePorts
  readonly #connections: Connections
  readonly #changes: Changes
  readonly #running = new Map<string, Running>()
  readonly #shutdown = new AbortController()
  /** Nothing new is begun; what is on its way is seen through until `#shutdown`. */
  readonly #closing = new AbortController()

  constructor(ports: EnginePorts, connections: Connections, changes: Changes) {
    this.#ports = ports
    this.#connections = connections
    this.#changes = changes
  }

  /**
   * Runs in the background. Whatever goes wrong ends in the store or, where that fails, in the log; then the answer is
   * null.
   */
  start(job: Job, options: WorkOptions = {}): Promise<RunEnd | null> {
    const stop = new AbortController()
    const stopped: Stopped = { by: null }
    const stopTicker = startTicker(this.#ports.clock, this.#changes)
    const status = createRunStatus(this.#ports.clock)
    const { promise: stuck, reject: onStuck } = Promise.withResolvers<never>()
    // Who stops the job hears of it; nobody has to.
    stuck.catch(() => undefined)
    const ended = this.#ports.loads
      .inBackground(() => this.#work(job, { ...options, status, stop: stop.signal, stopped, onStuck }))
      .catch((error: unknown) => {
        this.#ports.log.warn({ job: job.job, ...interruptionOf(error) }, 'job-left-running')
        return null
      })
      .finally(() => {
        this.#running.delete(job.job)
        stopTicker()
        this.#changes.bump()
      })
    this.#running.set(job.job, { stop, stopped, ended, stuck, status })
    this.#changes.bump()
    return ended
  }

  /**
   * Publishes nothing more; resolves with true when what was on its way has been settled. False: not running here. Throws
   * where nothing can be written down: the job stands, and will be stopped when that is put right.
   */
  async stop(job: string, reason: StopReason): Promise<boolean> {
    const running = this.#running.get(job)
    if (!running) return false
    running.stopped.by = this.#ports.operator()
    running.stop.abort(reason)
    await Promise.race([running.ended, running.stuck])
    return true
  }

  /** Null: not running here. */
  status(job: string): RunStatus | null {
    return this.#running.get(job)?.status ?? null
  }

  /** Stops all jobs and waits for them, at most so long. Nothing begins in a source afterwards. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing.abort()
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

  /** For work on a job's rows outside of a run too: settling, putting right what a crash left. */
  async jobRun(job: Job, outbox: Rows, trade?: Trade): Promise<JobRun> {
    const { broker } = await this.#connections.brokerOf(job.source)
    const { markOf } = trade ?? (await this.#tradeOf(job))
    const status = createRunStatus(this.#ports.clock)
    const effects = this.#shutdown.signal
    const ports = { ...this.#ports, batch: batchOf(job, this.#ports.batch) }
    return { ports, job, outbox, broker, token: claimTokenOf(job.job), status, markOf, effects }
  }

  async #tradeOf(job: Job): Promise<Trade> {
    const config = job.kind === 'sweep' ? await this.#connections.source(job.source) : null
    return tradeOf(job, config, this.#ports.random)
  }

  async interrupt(
    job: Job,
    { code, reason, pulled }: Omit<Interruption, 'passing'>,
    detail: object,
  ): Promise<void> {
    // What a sweep has left is due for its next run: nobody needs to continue it.
    const waits = code === 'brake-pulled' || (job.kind !== 'sweep' && heldBack.has(code))
    const to = waits ? ('paused' as const) : ('interrupted' as const)
    const entry = jobEntry(this.#ports, job, 'job-ended', { state: to, code, reason, ...detail })
    const interruption = { code, reason, ...(pulled ? { pulled } : {}) }
    const move = { from: 'running' as const, to, owner: null, by: this.#ports.processes.self, interruption }
    await this.#ports.jobStore.moveJob(job.job, move, entry)
  }

  async end(
    job: Job,
    to: 'done' | 'cancelled' | 'paused',
    detail: JournalDraft['detail'] & object,
  ): Promise<void> {
    const entry = jobEntry(this.#ports, job, 'job-ended', { state: to, ...detail })
    const by = this.#ports.processes.self
    await this.#ports.jobStore.moveJob(job.job, { from: 'running', to, owner: null, by }, entry)
  }

  async #work(job: Job, work: Work): Promise<RunEnd> {
    const { clock } = this.#ports
    const { status, stop, stopped, awayMsMax = this.#ports.awayMsMax, exists = () => true } = work
    const trade = work.trade ?? (await this.#tradeOf(job))
    const now = (): Promise<Job> => (exists() ? this.#job(job.job) : Promise.resolve(job))
    // Whoever continues has seen what came back before: the brake counts anew, or it would be pulled by the first answer.
    const seen = (await now()).tally.returned
    const once = async () => {
      const before = await now()
      const end = await this.#once(before, trade, {
        ...work,
        before: { returned: before.tally.returned - seen },
      })
      // Unknown outcomes are no progress: a broker that dies at each publish would eat the whole plan.
      return { end, progress: (await now()).tally.confirmed > before.tally.confirmed }
    }
    const onWaiting = (waiting: Waiting): void => {
      status.waiting = waiting
      this.#changes.bump()
    }
    const end = await patiently(once, { clock, awayMsMax, onWaiting }, stop)
    const written = async (): Promise<void> => {
      if (!exists()) return
      const job = await now()
      await this.#ports.actAs(stopped.by ?? this.#ports.operator(), () => this.#conclude(job, stop, end))
    }
    const onStuck = (waiting: Waiting, error: unknown): void => {
      this.#ports.log.warn({ job: job.job, ...waiting }, 'job-stands-unwritten')
      onWaiting(waiting)
      work.onStuck(error)
    }
    await untilWritten(written, { clock, onStuck }, this.#closing.signal)
    return end
  }

  async #once(
    job: Job,
    trade: Trade,
    { status, stop, before, exists = () => true }: Work & { readonly before: Before },
  ): Promise<RunEnd> {
    const work = async (outbox: Rows): Promise<RunEnd> => {
      const begun = { ...(await this.jobRun(job, outbox, trade)), status }
      // A sweep's job is written down with its first claim: before that it has no rows to put right.
      if (exists()) await reconcileRows(begun)
      if (trade.feed === null) return { end: 'done' }
      // With what has just been put right: a row that is marked only now may hold up its chain.
      const run = exists() ? { ...begun, job: await this.#job(job.job) } : begun
      const guard = await openJobGuard({ ports: this.#ports, connections: this.#connections }, run.job)
      const lanes = createLanes()
      await blockUnfinishedChains(run, lanes)
      const feed = trade.feed(run, lanes)
      let end = await runJob(run, { feed, guard, lanes, before }, stop)
      while (end.end === 'done' && feed.again()) {
        end = await runJob(run, { feed, guard, lanes: createLanes(), before }, stop)
      }
      return end
    }
    const failed = (error: unknown): RunEnd => {
      const interruption = interruptionOf(error)
      return interruption.code === 'cancelled' && stop.aborted
        ? { end: 'stopped' }
        : { end: 'interrupted', interruption }
    }
    return withRows({ ports: this.#ports, connections: this.#connections }, job, work, stop).catch(failed)
  }

  async #conclude(job: Job, stop: AbortSignal, result: RunEnd): Promise<void> {
    const { ended, items, tally } = job
    const detail = { ended, items, tally: { ...tally } }
    const reason = stop.reason as StopReason | undefined
    if (ended === items) await this.end(job, 'done', detail)
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
