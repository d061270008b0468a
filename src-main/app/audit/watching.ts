import type { JournalDraft } from '../../domain/journal.ts'
import type { Changes } from '../changes.ts'
import type { AuditContext } from './run-audit.ts'
import type { Audits } from './audits.ts'

const SECOND_MS = 1_000
/** A schedule that cannot begin an audit looks again after this. */
const LOOK_AGAIN_MS = 30_000

export interface WatchView {
  readonly source: string
  readonly everySec: number
  /** Null where this process watches nothing, or an audit is under way. */
  readonly nextRunAt: string | null
}

interface Schedule {
  readonly everySec: number
  readonly stop: AbortController
  nextRunAt: string | null
}

export interface WatchingOptions extends AuditContext {
  readonly audits: Audits
  readonly changes: Changes
}

/** Audits of what is new, again and again, in the sources that an operator of this machine wants watched. */
export class Watching {
  readonly #options: WatchingOptions
  readonly #schedules = new Map<string, Schedule>()
  #onSchedule = false

  constructor(options: WatchingOptions) {
    this.#options = options
  }

  /** For hosts that stay. */
  async start(): Promise<void> {
    this.#onSchedule = true
    for (const { source, everySec } of await this.#options.ports.auditWatches.watches())
      this.#begin(source, everySec)
  }

  async list(): Promise<readonly WatchView[]> {
    const watches = await this.#options.ports.auditWatches.watches()
    return watches.map((watch) => ({
      ...watch,
      nextRunAt: this.#schedules.get(watch.source)?.nextRunAt ?? null,
    }))
  }

  /** Null ends it; an audit that is under way goes on. Throws `source-unknown`. */
  async set(source: string, everySec: number | null): Promise<WatchView | null> {
    const { ports, connections, changes } = this.#options
    if (everySec !== null) await connections.source(source)
    const entry: JournalDraft = {
      action: 'audit-watched',
      operator: ports.operator(),
      source,
      subject: null,
      detail: { everySec },
    }
    await ports.auditWatches.setWatch(source, everySec, entry)
    this.#end(source)
    if (everySec !== null && this.#onSchedule) this.#begin(source, everySec)
    changes.bump()
    return everySec === null
      ? null
      : { source, everySec, nextRunAt: this.#schedules.get(source)?.nextRunAt ?? null }
  }

  close(): void {
    this.#onSchedule = false
    for (const source of [...this.#schedules.keys()]) this.#end(source)
  }

  #end(source: string): void {
    this.#schedules.get(source)?.stop.abort()
    this.#schedules.delete(source)
  }

  #begin(source: string, everySec: number): void {
    this.#end(source)
    const schedule: Schedule = { everySec, stop: new AbortController(), nextRunAt: null }
    this.#schedules.set(source, schedule)
    void this.#options.ports.actAlone(() => this.#keep(source, schedule))
  }

  async #keep(source: string, schedule: Schedule): Promise<void> {
    const { ports, audits, changes } = this.#options
    const { signal } = schedule.stop
    for (let waitMs = 0; !signal.aborted;) {
      schedule.nextRunAt = new Date(ports.clock.now().getTime() + waitMs).toISOString()
      changes.bump()
      await ports.clock.sleep(waitMs, signal).catch(() => undefined)
      if (signal.aborted) return
      schedule.nextRunAt = null
      waitMs = schedule.everySec * SECOND_MS
      try {
        const { audit } = await audits.start({ source, scope: { kind: 'new' }, trigger: 'schedule' })
        await audits.ended(audit)
      } catch (error) {
        ports.log.warn({ source, reason: String(error) }, 'audit-not-begun')
        waitMs = Math.max(waitMs, LOOK_AGAIN_MS)
      }
    }
  }
}
