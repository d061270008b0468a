import type { Clock } from '../../src-main/ports/surroundings.ts'

interface Sleeper {
  readonly untilMs: number
  readonly wake: () => void
}

/** A clock that stands still until it is told to go. */
export interface ManualClock extends Clock {
  /** Lets so much time pass; whoever wakes on the way does what it does at once. Milliseconds. */
  advance(ms: number): Promise<void>
  /** Those who sleep now. */
  sleeping(): number
}

export function manualClock(start = '2026-01-01T00:00:00.000Z'): ManualClock {
  let nowMs = Date.parse(start)
  const sleepers = new Set<Sleeper>()
  /** Everything that can go on without time has gone on. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    now: () => new Date(nowMs),
    sleeping: () => sleepers.size,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error)
        const sleeper = {
          untilMs: nowMs + ms,
          wake: () => {
            signal.removeEventListener('abort', abort)
            resolve()
          },
        }
        const abort = (): void => {
          sleepers.delete(sleeper)
          reject(signal.reason as Error)
        }
        signal.addEventListener('abort', abort, { once: true })
        sleepers.add(sleeper)
      }),
    async advance(ms) {
      const endMs = nowMs + ms
      await settle()
      for (;;) {
        const [next] = [...sleepers].sort((a, b) => a.untilMs - b.untilMs)
        if (next === undefined || next.untilMs > endMs) break
        nowMs = Math.max(nowMs, next.untilMs)
        sleepers.delete(next)
        next.wake()
        await settle()
      }
      nowMs = endMs
    },
  }
}
