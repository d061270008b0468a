import type { CheckBackConfig, CheckOutcome, HalfStanding } from '../../domain/check-back.ts'
import { RedriveError } from '../../domain/errors.ts'
import { named } from '../../domain/named.ts'
import { checkBackFingerprint, scheduleState } from '../../domain/sweep.ts'
import type { SweepState, SweepTrouble } from '../../domain/sweep.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Changes } from '../changes.ts'
import type { Configure } from '../connections/configure.ts'
import type { Locks } from '../connections/locks.ts'
import { ScheduledRuns } from '../sweep/scheduled-runs.ts'
import { entryOf } from './check-batch.ts'
import { abandonCheckRun, beginCheckRun, runCheckBack } from './run-check-back.ts'
import type { CheckContext, CheckRun, CheckScope } from './run-check-back.ts'

export interface CheckBacksOptions extends CheckContext {
  readonly locks: Locks
  readonly changes: Changes
  readonly configure: Configure
}

/** The check-back of one source as an operator sees it. */
export interface CheckBackView {
  readonly source: string
  readonly environment: SourceConfig['environment']
  readonly config: CheckBackConfig
  readonly state: SweepState
  readonly stopped: SweepTrouble | null
  readonly failures: number
  /** Null where this process runs nothing on schedule. */
  readonly nextRunAt: string | null
  readonly runs: readonly CheckRun[]
}

interface Policy {
  readonly everySec: number
  readonly config: CheckBackConfig
  readonly scope: CheckScope
}

/**
 * Asking the producers of half messages. It writes what they answer without anybody looking: it is switched on as a sweep is,
 * for just this database, this producer and these rules.
 */
export class CheckBacks {
  readonly #options: CheckBacksOptions
  readonly #runs: ScheduledRuns<Policy, CheckOutcome>

  constructor(options: CheckBacksOptions) {
    this.#options = options
    const { ports, changes } = options
    this.#runs = new ScheduledRuns({
      ports,
      changes,
      store: ports.checkRunStore,
      name: 'check-back',
      switchedOn: (source) => this.#switchedOn(source),
      begin: (source, { config }, beginning) => beginCheckRun(options, source, config, beginning),
      abandon: (run) => abandonCheckRun(options, run),
      carryOut: (run, policy, stop) => runCheckBack(options, run, policy, stop),
    })
  }

  /** Ends runs of processes that died. Called at the start and, on a shared store, again and again. */
  recover(): Promise<void> {
    return this.#runs.recover()
  }

  /** For hosts that stay; a command that ends runs nothing but itself. */
  async start(): Promise<void> {
    const { sources } = await this.#options.connections.workspace()
    this.#runs.start(Object.keys(sources))
  }

  /** Those of sources that have one. */
  async list(runsShown: number): Promise<readonly CheckBackView[]> {
    const { sources } = await this.#options.connections.workspace()
    const views = Object.entries(sources).map(([name, { checkBack }]) =>
      checkBack === undefined ? [] : [this.view(name, runsShown)],
    )
    return Promise.all(views.flat())
  }

  /** Throws `source-unknown`, `check-back-not-set`. */
  async view(source: string, runsShown: number): Promise<CheckBackView> {
    const { checkRunStore } = this.#options.ports
    const { config, checkBack } = await this.#config(source)
    const standing = await checkRunStore.standing(source)
    return {
      source,
      environment: config.environment,
      config: checkBack,
      state: scheduleState(checkBack.enabled ? checkBackFingerprint(config) : null, standing),
      stopped: standing.stopped,
      failures: standing.failures,
      nextRunAt: this.#runs.nextRunAt(source),
      runs: await checkRunStore.runs(source, runsShown),
    }
  }

  /** Throws `sweep-not-found`. */
  async run(id: string): Promise<CheckRun> {
    const run = await this.#options.ports.checkRunStore.run(id)
    if (run) return run
    throw new RedriveError('sweep-not-found', 'never', { run: id })
  }

  /** What is known of half messages, by row id. */
  standings(source: string, ids: readonly string[]): Promise<ReadonlyMap<string, HalfStanding>> {
    return this.#options.ports.halfStore.standings(source, ids)
  }

  /**
   * Begins a run and answers at once. Needs the source unlocked, or a check-back that is switched on: what would run anyway
   * may run now. With `ids` just these are asked about, parked ones too. Throws `sweep-busy`, `source-locked`.
   */
  async runNow(source: string, ids: CheckScope): Promise<CheckRun> {
    const { config, checkBack } = await this.#config(source)
    const standing = await this.#options.ports.checkRunStore.standing(source)
    const state = scheduleState(checkBack.enabled ? checkBackFingerprint(config) : null, standing)
    if (state !== 'on' || ids !== null) this.#options.locks.require(source)
    return this.#runs.begin(source, policyOf(checkBack, ids), 'operator')
  }

  stop(source: string): Promise<void> {
    return this.#runs.stop(source)
  }

  /** Also after it stopped by itself. Throws `source-locked`, `name-not-typed`. */
  async switchOn(source: string, typedName: string | null): Promise<void> {
    const { locks, configure, ports, changes } = this.#options
    const { config, checkBack } = await this.#config(source)
    locks.require(source)
    if (config.environment === 'production' && typedName !== source) {
      throw new RedriveError('name-not-typed', 'never', { source })
    }
    const saved = checkBack.enabled
      ? config
      : await configure.saveCheckBack(source, { ...checkBack, enabled: true })
    const { everySec, checksMax, call } = checkBack
    const detail = {
      on: true,
      environment: config.environment,
      asks: new URL(call.url).origin,
      everySec,
      checksMax,
    }
    const entry = entryOf(ports, 'check-back-switched', { source, run: null, detail })
    await ports.checkRunStore.approve(source, checkBackFingerprint(saved), ports.operator(), entry)
    this.#runs.schedule(source)
    changes.bump()
  }

  /** Ends the schedule and a run that is under way; resolves when what had begun has been settled. */
  async switchOff(source: string): Promise<void> {
    const { configure, ports, changes } = this.#options
    const { checkBack } = await this.#config(source)
    const entry = entryOf(ports, 'check-back-switched', { source, run: null, detail: { on: false } })
    await ports.checkRunStore.approve(source, null, ports.operator(), entry)
    this.#runs.schedule(source)
    if (checkBack.enabled) await configure.saveCheckBack(source, { ...checkBack, enabled: false })
    await this.#runs.stop(source)
    changes.bump()
  }

  close(): Promise<void> {
    return this.#runs.close()
  }

  async #switchedOn(source: string): Promise<Policy | null> {
    const { connections, ports } = this.#options
    const config = named((await connections.workspace()).sources, source)
    if (config?.checkBack?.enabled !== true) return null
    const state = scheduleState(checkBackFingerprint(config), await ports.checkRunStore.standing(source))
    return state === 'on' ? policyOf(config.checkBack, null) : null
  }

  async #config(
    source: string,
  ): Promise<{ readonly config: SourceConfig; readonly checkBack: CheckBackConfig }> {
    const config = await this.#options.connections.source(source)
    if (config.checkBack !== undefined) return { config, checkBack: config.checkBack }
    throw new RedriveError('check-back-not-set', 'never', { source })
  }
}

function policyOf(config: CheckBackConfig, scope: CheckScope): Policy {
  return { everySec: config.everySec, config, scope }
}
