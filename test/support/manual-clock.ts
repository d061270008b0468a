import type { Clock } from '../../src-main/ports/surroundings.ts'

export interface ManualClock extends Clock {
  /** Lets time go by and everything run that was waiting for it, in order. */
  advance(ms: number): Promise<void>
  /** Sleepers that are waiting now. */
  waiting(): number
}

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** Time that goes by only when the test says so. */
export function manualClock(startMs = Date.parse('2026-01-01T00:00:00Z')): ManualClock {
  let nowMs = startMs
  const sleepers = new Set<Sleeper>()
  const settle = async (): Promise<void> => {
    // Everything that can go on without time has gone on after this many turns of the loop.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done))
  }
  return {
    now: () => new Date(nowMs),
    waiting: () => sleepers.size,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error)
        const abort = (): void => {
          sleepers.delete(sleeper)
          reject(signal.reason as Error)
        }
        const sleeper = {
          atMs: nowMs + ms,
          wake: () => {
            signal.removeEventListener('abort', abort)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal.addEventListener('abort', abort, { once: true })
      })
    },
    async advance(ms) {
      const untilMs = nowMs + ms
      await settle()
      for (;;) {
        const [next] = [...sleepers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)
        if (!next) break
        nowMs = Math.max(nowMs, next.atMs)
        sleepers.delete(next)
        next.wake()
        await settle()
      }
      nowMs = untilMs
      await settle()
    },
  }
}
