import { RedriveError } from '../../domain/errors.ts'
import { sweepFingerprint, sweepStateOf } from '../../domain/sweep.ts'
import { defaultSweepPolicy } from '../../domain/sweep-policy.ts'
import type { SweepSettings } from '../../domain/sweep-policy.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Configure } from '../connections/configure.ts'
import type { SweepsOptions, Sweeps } from './sweeps.ts'

export interface SwitchingOptions extends SweepsOptions {
  readonly configure: Configure
  readonly sweeps: Sweeps
}

/**
 * Sets sweeps up and switches them. A sweep that is on writes without anybody looking: whoever switches it on, or changes
 * one that is on, needs the source unlocked, and in production types its name. Off is always possible.
 */
export class Switching {
  readonly #options: SwitchingOptions

  constructor(options: SwitchingOptions) {
    this.#options = options
  }

  /** Throws `source-unknown`; where it is on also `source-locked` and `name-not-typed`. */
  async configure(source: string, settings: SweepSettings, typedName: string | null): Promise<void> {
    const config = await this.#options.connections.source(source)
    const standing = await this.#options.ports.sweepStore.standing(source)
    const state = sweepStateOf(config, standing)
    const isOn = state === 'on' || state === 'stopped'
    if (isOn) this.#requireConsent(source, config, typedName)
    const saved = await this.#options.configure.saveSweep(source, {
      ...settings,
      enabled: config.sweep?.enabled ?? false,
    })
    if (isOn) await this.#approve(source, saved)
    this.#options.sweeps.schedule(source)
    this.#options.changes.bump()
  }

  /** Also after it stopped by itself. Throws `source-locked`, `name-not-typed`, `broker-unknown`. */
  async switchOn(source: string, typedName: string | null): Promise<void> {
    const { connections, configure, sweeps, changes } = this.#options
    const config = await connections.source(source)
    this.#requireConsent(source, config, typedName)
    await connections.brokerOf(source)
    const policy = { ...(config.sweep ?? defaultSweepPolicy(config)), enabled: true }
    const saved = config.sweep?.enabled === true ? config : await configure.saveSweep(source, policy)
    await this.#approve(source, saved)
    sweeps.schedule(source)
    changes.bump()
  }

  /** Ends the schedule and a run that is under way; resolves when what had begun has been settled. */
  async switchOff(source: string): Promise<void> {
    const { connections, configure, ports, sweeps, changes } = this.#options
    const config = await connections.source(source)
    await ports.sweepStore.approve(source, null, ports.operator(), {
      action: 'sweep-switched',
      operator: ports.operator(),
      source,
      subject: null,
      detail: { on: false },
    })
    sweeps.schedule(source)
    if (config.sweep?.enabled === true) await configure.saveSweep(source, { ...config.sweep, enabled: false })
    await sweeps.stop(source)
    changes.bump()
  }

  async #approve(source: string, config: SourceConfig): Promise<void> {
    const { ports } = this.#options
    const { environment, outbox, deliver, sweep } = config
    await ports.sweepStore.approve(source, sweepFingerprint(config), ports.operator(), {
      action: 'sweep-switched',
      operator: ports.operator(),
      source,
      subject: null,
      detail: {
        on: true,
        environment,
        table: outbox.table,
        broker: deliver?.broker ?? null,
        everySec: sweep?.everySec ?? null,
        batch: sweep?.batch ?? null,
        rate: sweep?.rate ?? null,
        attemptsMax: sweep?.attemptsMax ?? null,
        stuckAfterSec: sweep?.stuckAfterSec ?? null,
      },
    })
  }

  #requireConsent(source: string, { environment }: SourceConfig, typedName: string | null): void {
    this.#options.locks.require(source)
    if (environment === 'production' && typedName !== source) {
      throw new RedriveError('name-not-typed', 'never', { source })
    }
  }
}
