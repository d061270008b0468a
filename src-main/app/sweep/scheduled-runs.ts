import { RedriveError } from '../../domain/errors.ts'
import type { ScheduledRun } from '../../domain/sweep.ts'
import type { RunStore } from '../../ports/sweep-store.ts'
import type { Changes } from '../changes.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { waitMs } from './schedule.ts'

/** A schedule that cannot read the workspace or the store looks again after this. */
const LOOK_AGAIN_MS = 30_000
/** After another process was at it, how soon it is looked whether a run is due. */
const LOOK_ELSEWHERE_MS = 5_000
/** Closing waits this long for what has been begun to be settled. */
const CLOSE_DEADLINE_MS = 10_000

/** A kind of work that runs by itself: sweeps, check-backs. */
export interface ScheduledWork<Policy extends { readonly everySec: number }, Outcome> {
  readonly ports: EnginePorts
  readonly changes: Changes
  readonly store: RunStore<Outcome>
  /** For the log. */
  readonly name: string
  /** What runs by itself now; null: nothing does. */
  switchedOn(source: string): Promise<Policy | null>
  /** Throws `sweep-busy` where another process has begun one since `begin.after`. */
  begin(source: string, policy: Policy, begin: Beginning): Promise<ScheduledRun<Outcome>>
  /** Ends a run whose process is gone. */
  abandon(run: ScheduledRun<Outcome>): Promise<unknown>
  /** Never rejects but where the store fails. */
  carryOut(run: ScheduledRun<Outcome>, policy: Policy, stop: AbortSignal): Promise<ScheduledRun<Outcome>>
}

export interface Beginning {
  readonly trigger: ScheduledRun<unknown>['trigger']
  /** The newest run of the source that was seen. */
  readonly after: string | null
}

interface Running {
  readonly stop: AbortController
  readonly ended: Promise<unknown>
}

interface Schedule {
  readonly stop: AbortController
  nextRunAt: string | null
}

/**
 * Runs of one kind: at most one of a source at a time among all processes on the store, and in each that stays a schedule for
 * what is switched on. Whichever of them comes first when a run is due begins it; for the others it is the last run then,
 * and they wait for the next. So nobody has to be elected, and one that disappears is not missed.
 */
export class ScheduledRuns<Policy extends { readonly everySec: number }, Outcome> {
  readonly #work: ScheduledWork<Policy, Outcome>
  readonly #running = new Map<string, Running>()
  readonly #schedules = new Map<string, Schedule>()
  #onSchedule = false

  constructor(work: ScheduledWork<Policy, Outcome>) {
    this.#work = work
  }

  /** Ends runs of processes that are gone. */
  async recover(): Promise<void> {
    const { ports, store } = this.#work
    for (const { run, owner } of await store.running()) {
      if (ports.processes.alive(owner)) continue
      await this.#abandon(run)
    }
  }

  /** From now on what is switched on runs by itself. */
  start(sources: readonly string[]): void {
    this.#onSchedule = true
    for (const source of sources) this.schedule(source)
  }

  /** Null where this process runs nothing on schedule. */
  nextRunAt(source: string): string | null {
    return this.#schedules.get(source)?.nextRunAt ?? null
  }

  /** Stops what runs; resolves when what had begun has been settled. Where nothing runs, nothing happens. */
  async stop(source: string): Promise<void> {
    const running = this.#running.get(source)
    running?.stop.abort()
    await running?.ended
  }

  /** Resolves when nothing of the source runs any more. */
  async idle(source: string): Promise<void> {
    await this.#running.get(source)?.ended
  }

  /** Starts or ends the schedule of a source, as it is switched now. */
  schedule(source: string): void {
    this.#schedules.get(source)?.stop.abort()
    this.#schedules.delete(source)
    if (!this.#onSchedule) return
    const schedule: Schedule = { stop: new AbortController(), nextRunAt: null }
    this.#schedules.set(source, schedule)
    const kept = this.#work.ports.actAlone(() => this.#keep(source, schedule))
    void kept.finally(() => {
      if (this.#schedules.get(source) === schedule) this.#schedules.delete(source)
      this.#work.changes.bump()
    })
  }

  async close(): Promise<void> {
    this.#onSchedule = false
    for (const { stop } of this.#schedules.values()) stop.abort()
    const runs = [...this.#running.values()]
    for (const { stop } of runs) stop.abort()
    const deadline = new AbortController()
    const wait = this.#work.ports.clock.sleep(CLOSE_DEADLINE_MS, deadline.signal).catch(() => undefined)
    await Promise.race([Promise.all(runs.map(({ ended }) => ended)), wait])
    deadline.abort()
  }

  /**
   * Begins a run and answers at once. Throws `sweep-busy`, also where `seen` is not the newest run any more; absent: whatever
   * ran before.
   */
  async begin(
    source: string,
    policy: Policy,
    trigger: ScheduledRun<Outcome>['trigger'],
    seen?: string | null,
  ): Promise<ScheduledRun<Outcome>> {
    const { ports, changes, name } = this.#work
    if (this.#running.has(source)) throw new RedriveError('sweep-busy', 'later', { source })
    const stop = new AbortController()
    const begun = Promise.withResolvers<ScheduledRun<Outcome>>()
    const ended = begun.promise
      .then((run) => this.#work.carryOut(run, policy, stop.signal))
      .catch((error: unknown) => {
        // Where none was begun whoever asked for it is told; else only the store can fail, and the next start ends the run.
        if (!isElsewhere(error)) ports.log.warn({ source, reason: String(error) }, `${name}-left-running`)
        return null
      })
      .finally(() => {
        this.#running.delete(source)
        changes.bump()
      })
    // Taken before anything is awaited: two calls at once must not both begin.
    this.#running.set(source, { stop, ended })
    try {
      await this.#requireIdle(source)
      const after = seen === undefined ? await this.#newest(source) : seen
      const run = await this.#work.begin(source, policy, { trigger, after })
      begun.resolve(run)
      changes.bump()
      return run
    } catch (error) {
      begun.reject(error)
      throw error
    }
  }

  /** Runs on schedule until it is switched off, stops by itself, or the schedule is replaced. */
  async #keep(source: string, schedule: Schedule): Promise<void> {
    const { ports, name } = this.#work
    const { signal } = schedule.stop
    while (!signal.aborted) {
      try {
        if (!(await this.#round(source, schedule))) return
      } catch (error) {
        if (signal.aborted) return
        ports.log.warn({ source, reason: String(error) }, `${name}-schedule-failed`)
        await ports.clock.sleep(LOOK_AGAIN_MS, signal).catch(() => undefined)
      }
    }
  }

  /** Waits for the next run and carries it out; false where there is none any more. */
  async #round(source: string, schedule: Schedule): Promise<boolean> {
    const { ports, changes, store } = this.#work
    const { signal } = schedule.stop
    const before = await this.#work.switchedOn(source)
    if (!before) return false
    const [last] = await store.runs(source, 1)
    const wait = waitMs(last?.startedAt ?? null, before.everySec, ports.clock, ports.random())
    schedule.nextRunAt = new Date(ports.clock.now().getTime() + wait).toISOString()
    changes.bump()
    await ports.clock.sleep(wait, signal)
    schedule.nextRunAt = null
    // Somebody may have switched it off in between, in another window or process.
    const policy = await this.#work.switchedOn(source)
    if (!policy || signal.aborted) return false
    if (!this.#running.has(source)) {
      await this.begin(source, policy, 'schedule', last?.run ?? null).catch(elsewhere)
      // Another process has begun it, or is at it for longer than an interval.
      if (!this.#running.has(source)) await ports.clock.sleep(LOOK_ELSEWHERE_MS, signal)
    }
    await this.idle(source)
    return true
  }

  async #newest(source: string): Promise<string | null> {
    const [newest] = await this.#work.store.runs(source, 1)
    return newest?.run ?? null
  }

  /** Ends runs that nobody carries out any more. Throws `sweep-busy` where a process that is there carries one out. */
  async #requireIdle(source: string): Promise<void> {
    const { ports, store } = this.#work
    for (const { run, owner } of await store.running()) {
      if (run.source !== source) continue
      // One of this process that is not in hand was left when the store failed.
      const isAtIt = owner.instance !== ports.processes.self.instance && ports.processes.alive(owner)
      if (isAtIt) throw new RedriveError('sweep-busy', 'later', { source })
      await this.#abandon(run)
    }
  }

  async #abandon(run: ScheduledRun<Outcome>): Promise<void> {
    try {
      await this.#work.abandon(run)
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof RedriveError) || error.code !== 'job-state-forbids') throw error
    }
  }
}

function isElsewhere(error: unknown): boolean {
  return error instanceof RedriveError && error.code === 'sweep-busy'
}

function elsewhere(error: unknown): void {
  if (!isElsewhere(error)) throw error
}
