/** What one source may be asked at a time, by everything of one process together. */
export interface LoadLimits {
  /** Connections that are open at a time. */
  readonly connections: number
  /** Statements that run at a time; never more than there are connections. */
  readonly statements: number
  /** Whoever waits longer for a turn is told that the source is busy. Seconds. */
  readonly waitSec: number
  /** So many times slower than usual, and work in the background makes pauses. */
  readonly slowFactor: number
}

/** Four looks, a claim and a mark at the same time, and an audit by two workers. */
export const defaultLoad: LoadLimits = { connections: 10, statements: 8, waitSec: 30, slowFactor: 3 }

/** An audit reads with two at once, and leaves a turn for a look: so there are three at least. */
export const loadRanges = {
  connections: { min: 3, max: 100 },
  statements: { min: 3, max: 100 },
  waitSec: { min: 1, max: 600 },
  slowFactor: { min: 1.5, max: 100 },
} as const

export function loadOf({ load = {} }: { readonly load?: Partial<LoadLimits> }): LoadLimits {
  const limits = { ...defaultLoad, ...load }
  return { ...limits, statements: Math.min(limits.statements, limits.connections) }
}
