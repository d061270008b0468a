/** A careful start: batches of these sizes, each of which takes at least `stepSec`; full speed after the last. */
export interface Ramp {
  /** Messages of each step: 1, 5, 20, 100. */
  readonly steps: readonly number[]
  readonly stepSec: number
}

/** How fast the last job of this source ended its items. */
export interface MeasuredRate {
  readonly job: string
  readonly perSecond: number
}

export interface Estimate {
  /** Whole seconds, at least 1. */
  readonly seconds: number
  /** `at-least`: only the limit is known, nobody has seen how fast source and broker are. */
  readonly bound: 'about' | 'at-least'
  /** What the number was made from. */
  readonly basis: 'rate-limit' | 'last-job'
  /** The job that was measured, where it was; null with `rate-limit`. */
  readonly job: string | null
}

/**
 * How long a job of `items` messages will take; null where there is nothing to tell it from. `rate`: the limit in messages
 * a second, null for none. The slower of the limit and the last job decides.
 */
export function estimate({
  items,
  rate,
  ramp,
  measured,
}: {
  readonly items: number
  readonly rate: number | null
  readonly ramp: Ramp | null
  readonly measured: MeasuredRate | null
}): Estimate | null {
  const seen = measured !== null && measured.perSecond > 0 ? measured : null
  const perSecond = Math.min(rate ?? Infinity, seen?.perSecond ?? Infinity)
  if (perSecond === Infinity || items === 0) return null
  const seconds = Math.max(1, Math.ceil(durationSec(items, perSecond, ramp)))
  if (seen && (rate === null || seen.perSecond < rate))
    return { seconds, bound: 'about', basis: 'last-job', job: seen.job }
  return { seconds, bound: seen ? 'about' : 'at-least', basis: 'rate-limit', job: null }
}

function durationSec(items: number, perSecond: number, ramp: Ramp | null): number {
  let left = items
  let seconds = 0
  for (const step of ramp?.steps ?? []) {
    const size = Math.min(step, left)
    if (size === 0) break
    seconds += Math.max(size / perSecond, ramp?.stepSec ?? 0)
    left -= size
  }
  return seconds + left / perSecond
}
