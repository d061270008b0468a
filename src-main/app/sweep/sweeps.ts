import { RedriveError } from '../../domain/errors.ts'
import { named } from '../../domain/named.ts'
import { sweepStateOf } from '../../domain/sweep.ts'
import type { SweepOutcome, SweepRun, SweepState, SweepTrouble } from '../../domain/sweep.ts'
import { defaultSweepPolicy, sweepSettingsOf } from '../../domain/sweep-policy.ts'
import type { SweepPolicy, SweepSettings } from '../../domain/sweep-policy.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Changes } from '../changes.ts'
import type { Locks } from '../connections/locks.ts'
import { abandonRun, beginRun, runSweepOnce } from './run-sweep.ts'
import type { SweepContext } from './run-sweep.ts'
import { ScheduledRuns } from './scheduled-runs.ts'

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

/** The sweeps, and in a process that stays their schedules. */
export class Sweeps {
  readonly #options: SweepsOptions
  readonly #runs: ScheduledRuns<SweepPolicy, SweepOutcome>

  constructor(options: SweepsOptions) {
    this.#options = options
    const { ports, changes } = options
    this.#runs = new ScheduledRuns({
      ports,
      changes,
      store: ports.sweepStore,
      name: 'sweep',
      switchedOn: (source) => this.#switchedOn(source),
      begin: (source, policy, beginning) => beginRun(options, source, policy, beginning),
      abandon: (run) => abandonRun(options, run),
      carryOut: (run, policy, stop) => runSweepOnce(options, run, policy, stop),
    })
  }

  /** Ends runs of processes that died. Called at the start and, on a shared store, again and again. */
  recover(): Promise<void> {
    return this.#runs.recover()
  }

  /** From now on what is switched on runs by itself. For hosts that stay; a command that ends runs nothing but itself. */
  async start(): Promise<void> {
    const { sources } = await this.#options.connections.workspace()
    this.#runs.start(Object.keys(sources))
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
    return this.#runs.begin(source, config.sweep ?? defaultSweepPolicy(config), 'operator')
  }

  /** Claims and publishes nothing more; resolves when what had begun has been settled. Where nothing runs, nothing happens. */
  stop(source: string): Promise<void> {
    return this.#runs.stop(source)
  }

  /** Starts or ends the schedule of a source, as it is switched now. */
  schedule(source: string): void {
    this.#runs.schedule(source)
  }

  close(): Promise<void> {
    return this.#runs.close()
  }

  async #switchedOn(source: string): Promise<SweepPolicy | null> {
    const config = named((await this.#options.connections.workspace()).sources, source)
    if (!config?.sweep || (await this.#state(source, config)) !== 'on') return null
    return config.sweep
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
      nextRunAt: this.#runs.nextRunAt(source),
      runs: await sweepStore.runs(source, runsShown),
    }
  }
}
