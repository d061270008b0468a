import { RedriveError } from '../../domain/errors.ts'
import { sweepStateOf } from '../../domain/sweep.ts'
import type { SweepRun, SweepState, SweepTrouble } from '../../domain/sweep.ts'
import { defaultSweepPolicy, sweepSettingsOf } from '../../domain/sweep-policy.ts'
import type { SweepPolicy, SweepSettings } from '../../domain/sweep-policy.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Changes } from '../changes.ts'
import type { Locks } from '../connections/locks.ts'
import { abandonRun, beginRun, runSweepOnce } from './run-sweep.ts'
import type { SweepContext } from './run-sweep.ts'
import { waitMs } from './schedule.ts'

/** A schedule that cannot read the workspace or the store looks again after this. */
const LOOK_AGAIN_MS = 30_000
/** Closing waits this long for what has been claimed to be settled. */
const CLOSE_DEADLINE_MS = 10_000

export interface SweepsOptions extends SweepContext {
  readonly locks: Locks
  readonly changes: Changes
}

/** The sweep of one source as an operator sees it. */
export interface SweepView {
  readonly source: string
  readonly environment: SourceConfig['environment']
  readonly deliverTo: string | null
  /** Null: nobody has set one up. */
  readonly policy: SweepPolicy | null
  /** What applies, or would. */
  readonly settings: SweepSettings
  readonly state: SweepState
  /** Why it stopped by itself. */
  readonly stopped: SweepTrouble | null
  /** Runs that failed since one did not. */
  readonly failures: number
  /** Null where this process runs nothing on schedule. */
  readonly nextRunAt: string | null
  /** Newest first; the first one may be running. */
  readonly runs: readonly SweepRun[]
}

interface Running {
  readonly stop: AbortController
  readonly ended: Promise<SweepRun | null>
}

interface Schedule {
  readonly stop: AbortController
  nextRunAt: string | null
}

/** The sweeps of this process: at most one run of a source at a time, and a schedule for each that is switched on. */
export class Sweeps {
  readonly #options: SweepsOptions
  readonly #running = new Map<string, Running>()
  readonly #schedules = new Map<string, Schedule>()
  #onSchedule = false

  constructor(options: SweepsOptions) {
    this.#options = options
  }

  /** Ends runs of processes that died. Called once, at the start. */
  async recover(): Promise<void> {
    const { ports } = this.#options
    for (const { run, owner } of await ports.sweepStore.running()) {
      if (!ports.processes.alive(owner)) await abandonRun(this.#options, run)
    }
  }

  /** From now on what is switched on runs by itself. For hosts that stay; a command that ends runs nothing but itself. */
  async start(): Promise<void> {
    this.#onSchedule = true
    const { sources } = await this.#options.connections.workspace()
    for (const source of Object.keys(sources)) this.schedule(source)
  }

  async list(runsShown: number): Promise<readonly SweepView[]> {
    const { sources } = await this.#options.connections.workspace()
    return Promise.all(Object.entries(sources).map(([name, config]) => this.#view(name, config, runsShown)))
  }

  async view(source: string, runsShown: number): Promise<SweepView> {
    return this.#view(source, await this.#options.connections.source(source), runsShown)
  }

  /** Throws `sweep-not-found`. */
  async run(id: string): Promise<SweepRun> {
    const run = await this.#options.ports.sweepStore.run(id)
    if (run) return run
    throw new RedriveError('sweep-not-found', 'never', { run: id })
  }

  /**
   * Begins a run and answers at once. Needs the source unlocked, or a sweep that is switched on: what would run anyway may
   * run now. Throws `sweep-busy`, `source-locked`, `broker-unknown`.
   */
  async runNow(source: string): Promise<SweepRun> {
    const { connections, locks } = this.#options
    const config = await connections.source(source)
    if ((await this.#state(source, config)) !== 'on') locks.require(source)
    await connections.brokerOf(source)
    return this.#begin(source, config.sweep ?? defaultSweepPolicy(config), 'operator')
  }

  /** Claims and publishes nothing more; resolves when what had begun has been settled. Where nothing runs, nothing happens. */
  async stop(source: string): Promise<void> {
    const running = this.#running.get(source)
    running?.stop.abort()
    await running?.ended
  }

  /** Starts or ends the schedule of a source, as it is switched now. */
  schedule(source: string): void {
    this.#schedules.get(source)?.stop.abort()
    this.#schedules.delete(source)
    if (!this.#onSchedule) return
    const schedule: Schedule = { stop: new AbortController(), nextRunAt: null }
    this.#schedules.set(source, schedule)
    void this.#keep(source, schedule).finally(() => {
      if (this.#schedules.get(source) === schedule) this.#schedules.delete(source)
      this.#options.changes.bump()
    })
  }

  async close(): Promise<void> {
    this.#onSchedule = false
    for (const { stop } of this.#schedules.values()) stop.abort()
    const runs = [...this.#running.values()]
    for (const { stop } of runs) stop.abort()
    const deadline = new AbortController()
    const wait = this.#options.ports.clock.sleep(CLOSE_DEADLINE_MS, deadline.signal).catch(() => undefined)
    await Promise.race([Promise.all(runs.map(({ ended }) => ended)), wait])
    deadline.abort()
  }

  /** Runs on schedule until it is switched off, stops by itself, or the schedule is replaced. */
  async #keep(source: string, schedule: Schedule): Promise<void> {
    const { clock, log } = this.#options.ports
    const { signal } = schedule.stop
    while (!signal.aborted) {
      try {
        if (!(await this.#round(source, schedule))) return
      } catch (error) {
        if (signal.aborted) return
        log.warn({ source, reason: String(error) }, 'sweep-schedule-failed')
        await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => undefined)
      }
    }
  }

  /** Waits for the next run and carries it out; false where there is none any more. */
  async #round(source: string, schedule: Schedule): Promise<boolean> {
    const { ports, changes } = this.#options
    const { signal } = schedule.stop
    const before = await this.#switchedOn(source)
    if (!before) return false
    const [last] = await ports.sweepStore.runs(source, 1)
    const wait = waitMs(last?.startedAt ?? null, before.everySec, ports.clock, ports.random())
    schedule.nextRunAt = new Date(ports.clock.now().getTime() + wait).toISOString()
    changes.bump()
    await ports.clock.sleep(wait, signal)
    schedule.nextRunAt = null
    // Somebody may have switched it off in between, in another window or process.
    const policy = await this.#switchedOn(source)
    if (!policy || signal.aborted) return false
    if (!this.#running.has(source)) await this.#begin(source, policy, 'schedule')
    await this.#running.get(source)?.ended
    return true
  }

  async #switchedOn(source: string): Promise<SweepPolicy | null> {
    const config = (await this.#options.connections.workspace()).sources[source]
    if (!config?.sweep || (await this.#state(source, config)) !== 'on') return null
    return config.sweep
  }

  async #begin(source: string, policy: SweepPolicy, trigger: SweepRun['trigger']): Promise<SweepRun> {
    const { ports, changes } = this.#options
    if (this.#running.has(source)) throw new RedriveError('sweep-busy', 'later', { source })
    const stop = new AbortController()
    const begun = Promise.withResolvers<SweepRun>()
    const ended = begun.promise
      .then((run) => runSweepOnce(this.#options, run, policy, stop.signal))
      .catch((error: unknown) => {
        // Only the store can fail here: the run is ended by the next start.
        ports.log.warn({ source, reason: String(error) }, 'sweep-left-running')
        return null
      })
      .finally(() => {
        this.#running.delete(source)
        changes.bump()
      })
    // Taken before anything is awaited: two calls at once must not both begin.
    this.#running.set(source, { stop, ended })
    try {
      const run = await beginRun(this.#options, source, trigger, policy)
      begun.resolve(run)
      changes.bump()
      return run
    } catch (error) {
      begun.reject(error)
      throw error
    }
  }

  async #state(source: string, config: SourceConfig): Promise<SweepState> {
    return sweepStateOf(config, await this.#options.ports.sweepStore.standing(source))
  }

  async #view(source: string, config: SourceConfig, runsShown: number): Promise<SweepView> {
    const { sweepStore } = this.#options.ports
    const standing = await sweepStore.standing(source)
    const settings = sweepSettingsOf(config.sweep ?? defaultSweepPolicy(config))
    return {
      source,
      settings,
      environment: config.environment,
      deliverTo: config.deliver?.broker ?? null,
      policy: config.sweep ?? null,
      state: sweepStateOf(config, standing),
      stopped: standing.stopped,
      failures: standing.failures,
      nextRunAt: this.#schedules.get(source)?.nextRunAt ?? null,
      runs: await sweepStore.runs(source, runsShown),
    }
  }
}
