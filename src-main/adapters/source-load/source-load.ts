import { AsyncLocalStorage } from 'node:async_hooks'
import { newLatency } from '../../domain/latency.ts'
import type { Latency } from '../../domain/latency.ts'
import type { LoadLimits } from '../../domain/load.ts'
import type { Loads, SourceLoad } from '../../ports/load.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { Rooms } from './rooms.ts'
import { Turns } from './turns.ts'

const SECOND_MS = 1_000
/** Between two measurements of a server. */
const MEASURE_EVERY_MS = 1_000
const MEASURE_TIMEOUT_MS = 15_000
/** The first pause while the database is slow; each one is twice as long as the one before, up to the last. */
const PAUSE_MS_FIRST = 500
const PAUSE_MS_MAX = 15_000
/** How often it is looked, within a pause, whether the database is itself again. */
const LOOK_EVERY_MS = 500

/** What the code that asks is about: it travels with the call, so that no port has to hand it on. */
interface About {
  readonly background?: true
  readonly measures?: true
}

/** What one process asks of each of its sources. */
export function openLoads({ clock }: { readonly clock: Clock }): Loads {
  const about = new AsyncLocalStorage<About>()
  const known = new Map<string, OneLoad>()
  const listeners: (() => void)[] = []
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  return {
    of(source, limits) {
      const load = known.get(source) ?? new OneLoad(limits, { clock, about, changed })
      known.set(source, load)
      load.resize(limits)
      return load
    },
    measureBy(source, ask) {
      known.get(source)?.measureBy(ask)
    },
    measure(source) {
      known.get(source)?.measure()
    },
    breathe: (source, signal) => known.get(source)?.breathe(signal) ?? Promise.resolve(),
    slower: (source) => known.get(source)?.slower() ?? null,
    inBackground: (work) => about.run({ background: true }, work),
    watch(listener) {
      listeners.push(listener)
    },
  }
}

interface Surroundings {
  readonly clock: Clock
  readonly about: AsyncLocalStorage<About>
  readonly changed: () => void
}

class OneLoad implements SourceLoad {
  #limits: LoadLimits
  readonly #surroundings: Surroundings
  readonly #turns: Turns
  readonly #rooms: Rooms
  readonly #answers = newLatency()
  readonly #commits = newLatency()
  #ask: ((signal: AbortSignal) => Promise<unknown>) | null = null
  #askedMs = Number.NEGATIVE_INFINITY
  #isAsking = false
  /** Whether anybody has ever had a turn or a place: a source whose driver takes none is not measured. */
  #isUsed = false
  #wasSlow = false
  /** Pauses in a row. */
  #pauses = 0

  constructor(limits: LoadLimits, surroundings: Surroundings) {
    this.#limits = limits
    this.#surroundings = surroundings
    this.#turns = new Turns(limits.statements)
    this.#rooms = new Rooms(limits.connections)
  }

  resize(limits: LoadLimits): void {
    this.#limits = limits
    this.#turns.resize(limits.statements)
    this.#rooms.resize(limits.connections)
  }

  measureBy(ask: ((signal: AbortSignal) => Promise<unknown>) | null): void {
    this.#ask = ask
  }

  slower(): number | null {
    const [nowMs, factor] = [this.#nowMs(), this.#limits.slowFactor]
    const [answers, commits] = [this.#answers.slower(nowMs, factor), this.#commits.slower(nowMs, factor)]
    return answers === null && commits === null ? null : Math.max(answers ?? 0, commits ?? 0)
  }

  async turn<T>(length: 'short' | 'long', work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const long = length === 'long'
    await this.#turns.take({ ...this.#wanted(signal), long })
    this.#isUsed = true
    try {
      return await work()
    } finally {
      this.#turns.end({ long })
    }
  }

  room(signal: AbortSignal) {
    this.#isUsed = true
    return this.#rooms.take(this.#wanted(signal))
  }

  async timed<T>(statement: () => Promise<T>): Promise<T> {
    if (this.#surroundings.about.getStore()?.measures !== true) return statement()
    const begunMs = performance.now()
    const answer = await statement()
    this.#note(this.#answers, performance.now() - begunMs)
    return answer
  }

  committed(tookMs: number): void {
    this.#note(this.#commits, tookMs)
  }

  /** In its own time: nobody waits for it. */
  measure(): void {
    const nowMs = this.#nowMs()
    if (this.#ask === null || !this.#isUsed || this.#isAsking || nowMs - this.#askedMs < MEASURE_EVERY_MS)
      return
    this.#askedMs = nowMs
    this.#isAsking = true
    const ask = this.#ask
    const asked = this.#surroundings.about.run({ measures: true }, () =>
      ask(AbortSignal.timeout(MEASURE_TIMEOUT_MS)),
    )
    const ended = (): void => {
      this.#isAsking = false
    }
    // A server that does not answer is told of by what works on it.
    asked.then(ended, ended)
  }

  async breathe(signal: AbortSignal): Promise<void> {
    this.measure()
    if (this.slower() === null) {
      this.#pauses = 0
      return
    }
    const pauseMs = Math.min(PAUSE_MS_FIRST * 2 ** this.#pauses, PAUSE_MS_MAX)
    this.#pauses += 1
    const { clock } = this.#surroundings
    const untilMs = this.#nowMs() + pauseMs
    for (let left = pauseMs; left > 0 && !signal.aborted; left = untilMs - this.#nowMs()) {
      await clock.sleep(Math.min(left, LOOK_EVERY_MS), signal).catch(() => undefined)
      this.measure()
      if (this.slower() === null) return
    }
  }

  #wanted(signal: AbortSignal) {
    const background = this.#surroundings.about.getStore()?.background === true
    return { background, waitMs: this.#limits.waitSec * SECOND_MS, signal }
  }

  #note(of: Latency, tookMs: number): void {
    of.note(tookMs, this.#nowMs(), this.#limits.slowFactor)
    const isSlow = this.slower() !== null
    if (isSlow === this.#wasSlow) return
    this.#wasSlow = isSlow
    this.#surroundings.changed()
  }

  #nowMs(): number {
    return this.#surroundings.clock.now().getTime()
  }
}
