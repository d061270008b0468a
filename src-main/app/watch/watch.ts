import type { Alert, Delivery } from '../../domain/alert/alert.ts'
import type { AlertRule } from '../../domain/alert/rule.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Sample } from '../../domain/sample.ts'
import type { Told } from '../../ports/alert-store.ts'
import type { Changes } from '../changes.ts'
import type { Configure } from '../connections/configure.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { deliverDue } from './deliver.ts'
import { evaluate, journalOf } from './evaluate.ts'
import { createSampler } from './take-samples.ts'
import type { Sampler, SamplingOptions } from './take-samples.ts'

/** Time between two samples of one source; at this pace pages ask again, for what others have done to the tables, too. */
export const WATCH_EVERY_MS = 30_000
/** The start of a console has other things to ask first. */
const FIRST_AFTER_MS = 3_000
/** Part of the pace that is left to chance, so that several consoles do not come at the same moment for ever. */
const JITTER = 0.1
/** Closing waits so long for what is under way. */
const CLOSE_DEADLINE_MS = 3_000

export interface WatchOptions extends SamplingOptions {
  readonly ports: EnginePorts
  readonly changes: Changes
  readonly configure: Configure
}

export interface Round {
  readonly samples: readonly Sample[]
  readonly told: readonly Told[]
  readonly open: readonly Alert[]
}

/** What a host may want to tell the person in front of it. */
export interface AlertNews {
  readonly open: readonly Alert[]
  /** That began to fire, or are told again. */
  readonly fresh: readonly Alert[]
}

/** Samples every source at a gentle pace, and evaluates the alert rules of the workspace on what it saw. */
export class Watch {
  readonly #options: WatchOptions
  readonly #sampler: Sampler
  readonly #stop = new AbortController()
  readonly #listeners = new Set<(news: AlertNews) => void>()
  #seen: Set<string> | null = null
  #standing = ''
  #again = false
  #keeping: Promise<void> = Promise.resolve()
  #delivering: Promise<number | null> | null = null

  constructor(options: WatchOptions) {
    this.#options = options
    this.#sampler = createSampler(options)
  }

  /** From now on, round by round. For hosts that stay. */
  start(): void {
    this.#keeping = this.#keep()
  }

  /** Hears of open alerts after each round in which something changed. Returns the way to stop it. */
  subscribe(listener: (news: AlertNews) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One sample of all whose turn it is, and what comes of it. `paceMs`: how far rounds lie apart. */
  async round(paceMs: number, signal: AbortSignal): Promise<Round> {
    const { ports, connections } = this.#options
    const samples = await this.#sampler.take(paceMs, signal)
    const told = await evaluate(ports, await connections.workspace(), samples, paceMs)
    const open = await this.#announce(told)
    return { samples, told, open }
  }

  /** Throws `alert-not-found`. One that somebody has acknowledged, or that is resolved, stays as it is. */
  async acknowledge(alert: string): Promise<Alert> {
    const { ports, connections } = this.#options
    const { alerts } = await connections.workspace()
    const notify = alerts?.webhook !== undefined
    const done = await ports.alerts.acknowledge(alert, ports.operator(), notify, journalOf(ports.operator()))
    if (done === null) throw new RedriveError('alert-not-found', 'never', { alert })
    await this.#announce([])
    void ports.actAlone(() => this.deliver(this.#stop.signal)).catch(() => undefined)
    return done.alert
  }

  /** Throws `name-in-use` where a new one has a name that is taken, `workspace-invalid`. */
  async saveRule(name: string, isNew: boolean, rule: AlertRule): Promise<void> {
    await this.#options.configure.saveAlertRule(name, isNew, rule)
    this.#options.changes.bump()
  }

  async removeRule(name: string): Promise<void> {
    await this.#options.configure.removeAlertRule(name)
    this.#options.changes.bump()
  }

  deliveries(alerts: readonly Alert[]): Promise<ReadonlyMap<string, Delivery>> {
    return this.#options.ports.alerts.deliveries(alerts.map(({ alert }) => alert))
  }

  /** Posts what is due now; resolves with the milliseconds until the next try, or null. */
  deliver(signal: AbortSignal): Promise<number | null> {
    const { ports, connections, changes } = this.#options
    const run = async (before: Promise<unknown> | null): Promise<number | null> => {
      await before?.catch(() => undefined)
      return deliverDue(ports, await connections.workspace(), { signal, tried: () => changes.bump() })
    }
    const running = (this.#delivering = run(this.#delivering))
    const forget = (): void => {
      if (this.#delivering === running) this.#delivering = null
    }
    running.then(forget, forget)
    return running
  }

  async close(): Promise<void> {
    this.#stop.abort()
    const deadline = new AbortController()
    const { clock } = this.#options.ports
    const wait = clock.sleep(CLOSE_DEADLINE_MS, deadline.signal).catch(() => undefined)
    const delivered = this.#delivering?.catch(() => undefined)
    await Promise.race([Promise.all([this.#keeping, delivered]), wait])
    deadline.abort()
  }

  async #keep(): Promise<void> {
    const { changes, ports } = this.#options
    const { clock, random, log } = ports
    const { signal } = this.#stop
    let waitMs: number = FIRST_AFTER_MS
    while (!signal.aborted) {
      await clock.sleep(waitMs, signal).catch(() => undefined)
      if (signal.aborted) return
      waitMs = WATCH_EVERY_MS * (1 - JITTER / 2 + JITTER * random())
      try {
        await this.round(WATCH_EVERY_MS, signal).finally(() => changes.bump())
        const againMs = await this.deliver(signal)
        if (againMs !== null) void this.#deliverAgain(againMs, signal)
      } catch (error) {
        if (!signal.aborted) log.warn({ reason: String(error) }, 'watch-round-failed')
      }
    }
  }

  /** Sooner than the next round, where that is due. */
  async #deliverAgain(againMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options.ports
    if (this.#again) return
    this.#again = true
    for (let waitMs: number | null = againMs; waitMs !== null && waitMs < WATCH_EVERY_MS;) {
      await clock.sleep(waitMs, signal).catch(() => undefined)
      if (signal.aborted) break
      waitMs = await this.deliver(signal).catch((error: unknown) => {
        if (!signal.aborted) log.warn({ reason: String(error) }, 'alert-not-told')
        return null
      })
    }
    this.#again = false
  }

  /** Also of what other processes on this store found; what was open before this one began is not news. */
  async #announce(told: readonly Told[]): Promise<readonly Alert[]> {
    const { ports, changes } = this.#options
    const open = await ports.alerts.open()
    const repeated = new Set(told.flatMap(({ event, alert }) => (event === 'repeated' ? [alert.alert] : [])))
    const mine = new Set(told.flatMap(({ event, alert }) => (event === 'fired' ? [alert.alert] : [])))
    const before = this.#seen ?? new Set(open.map(({ alert }) => alert).filter((id) => !mine.has(id)))
    const fresh = open.filter(({ alert }) => !before.has(alert) || repeated.has(alert))
    this.#seen = new Set(open.map(({ alert }) => alert))
    const standing = JSON.stringify(open.map(({ alert, acknowledged }) => [alert, acknowledged !== null]))
    if (standing === this.#standing && fresh.length === 0) return open
    this.#standing = standing
    changes.bump()
    for (const listener of this.#listeners) listener({ open, fresh })
    return open
  }
}
