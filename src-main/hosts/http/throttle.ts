/** Wrong tries that cost nothing: people mistype. */
export const TRIES_FREE = 3
export const WAIT_FIRST_MS = 1_000
/** For an address. */
export const WAIT_ADDRESS_MS_MAX = 15 * 60_000
/** For a name: short, so that nobody keeps a person out by failing in their name. */
export const WAIT_NAME_MS_MAX = 30_000
/** After so long without a failure it begins anew. */
export const FORGET_AFTER_MS = 3_600_000
/** Names or addresses that are remembered; the one that failed first makes room. */
export const KEYS_MAX = 10_000

export interface Throttle {
  /** Milliseconds that must pass before the next try; 0: it may be tried now. */
  waitMs(key: string): number
  /** Answers with how to take it back: it was no failure after all. */
  failed(key: string): () => void
}

interface Failures {
  readonly count: number
  readonly lastMs: number
}

/** Each failure doubles the time until the next try is listened to, up to `waitMsMax`. */
export function createThrottle(nowMs: () => number, waitMsMax: number): Throttle {
  const known = new Map<string, Failures>()

  const current = (key: string): Failures | null => {
    const found = known.get(key)
    if (found === undefined) return null
    if (Math.abs(nowMs() - found.lastMs) < FORGET_AFTER_MS) return found
    known.delete(key)
    return null
  }
  return {
    waitMs(key) {
      const found = current(key)
      if (found === null || found.count < TRIES_FREE) return 0
      const whole = Math.min(WAIT_FIRST_MS * 2 ** (found.count - TRIES_FREE), waitMsMax)
      // A clock that was set back makes nobody wait longer.
      return Math.min(whole, Math.max(0, found.lastMs + whole - nowMs()))
    },
    failed(key) {
      const before = current(key)
      const count = (before?.count ?? 0) + 1
      known.delete(key)
      known.set(key, { count, lastMs: nowMs() })
      const [oldest] = known.keys()
      if (known.size > KEYS_MAX && oldest !== undefined) known.delete(oldest)
      // Not forgotten altogether: whoever may come in must not clear the way for another name.
      return () => {
        const now = current(key)
        if (now === null) return
        // Those that failed meanwhile count on.
        if (now.count > count) known.set(key, { ...now, count: now.count - 1 })
        else if (before === null) known.delete(key)
        else known.set(key, before)
      }
    },
  }
}
