import type { Random } from '../../src-main/sandbox/random.ts'
import type { Clock } from '../../src-main/ports/surroundings.ts'

/** Turns of the event loop without a single event before the simulation counts as stuck: a store breathes in between. */
const IDLE_TURNS_MAX = 200

/** Slices that work may have before virtual time goes on without it. */
const QUIET_TURNS = 3

interface Event {
  readonly atMs: number
  /** Drawn by lot: events of one moment happen in an order that the seed decides. */
  readonly lot: number
  fire: (() => void) | null
}

export class SimulationStuck extends Error {
  override readonly name = 'SimulationStuck'
}

/**
 * Time that passes only when everybody waits. One event at a time is taken in the order of time and lot, and what it set
 * going runs until it waits again: the same seed gives the same run.
 */
export class VirtualTime {
  readonly #random: Random
  readonly #heap: Event[] = []
  #nowMs = 0
  #events = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Milliseconds since the beginning; never goes back. */
  get nowMs(): number {
    return this.#nowMs
  }

  get events(): number {
    return this.#events
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      const event: Event = { atMs: this.#nowMs + Math.max(0, ms), lot: this.#random.next(), fire: null }
      const abort = (): void => {
        event.fire = null
        reject(signal?.reason as Error)
      }
      event.fire = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#push(event)
    })
  }

  /**
   * Lets time pass until `work` has settled or `stopped` says so. Throws SimulationStuck where nothing is left that
   * could happen, or where more than `eventsMax` events did.
   */
  async pass(work: Promise<unknown>, stopped: () => boolean, eventsMax: number): Promise<void> {
    let settled = false
    const settle = (): void => {
      settled = true
    }
    work.then(settle, settle)
    let idle = 0
    await quiet()
    while (!settled && !stopped()) {
      const event = this.#pop()
      if (event) {
        idle = 0
        this.#events += 1
        if (this.#events > eventsMax) throw new SimulationStuck(`more than ${eventsMax} events`)
        this.#nowMs = event.atMs
        event.fire?.()
        await quiet()
      } else {
        idle += 1
        if (idle > IDLE_TURNS_MAX) throw new SimulationStuck('everybody waits and nothing is under way')
        await turn()
      }
    }
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = event
  }

  /** The next event that was not called off. */
  #pop(): Event | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (!first) return undefined
      const last = this.#heap.pop()!
      if (last !== first) this.#sink(last)
      if (first.fire) return first
    }
  }

  #sink(event: Event): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, event)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = event
  }
}

function before(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.lot < other.lot)
}

/** Work that breathes between its slices is not waiting: no time passes for it. */
async function quiet(): Promise<void> {
  for (let count = 0; count < QUIET_TURNS; count += 1) await turn()
}

/** Every microtask runs before the next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** A wall clock on virtual time. `offsetMs` is what somebody has set it wrong by, and may change at any moment. */
export function wallClock(time: VirtualTime, epochMs: number, offsetMs: () => number): Clock {
  return {
    now: () => new Date(epochMs + time.nowMs + offsetMs()),
    sleep: (ms, signal) => time.sleep(ms, signal),
  }
}
