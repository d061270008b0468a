/** Named limits of a policy; seconds, rows, messages a second. */
export const sweepLimits = {
  everySec: { min: 5, max: 86_400 },
  batch: { min: 1, max: 1_000 },
  rate: { min: 1, max: 100_000 },
  attemptsMax: { min: 1, max: 1_000 },
  stuckAfterSec: { min: 1, max: 2_592_000 },
  firstSec: { min: 1, max: 86_400 },
  factor: { min: 1, max: 10 },
  capSec: { min: 1, max: 2_592_000 },
  jitter: { min: 0, max: 1 },
} as const

/** How long a message waits after a publish that failed. */
export interface Backoff {
  /** Seconds after the first attempt. */
  readonly firstSec: number
  /** Each further attempt waits so many times longer. */
  readonly factor: number
  /** Never longer than this, in seconds. */
  readonly capSec: number
  /** Part of the wait that is left to chance, 0 to 1, so that what failed together does not come back together. */
  readonly jitter: number
}

/** What a sweep of one source may do. Written in the workspace file. */
export interface SweepPolicy {
  /** Runs by itself, on schedule. A person can run it once either way. */
  readonly enabled: boolean
  readonly everySec: number
  /** Rows of one claim. */
  readonly batch: number
  /** Messages a second; null: as fast as source and broker allow. */
  readonly rate: number | null
  /** After so many attempts a message is failed. */
  readonly attemptsMax: number
  /** Pending or in flight for longer than this, in seconds, is due. */
  readonly stuckAfterSec: number
  readonly backoff: Backoff
  /** `chain`: within a chain in sequence only. */
  readonly order: 'chain' | 'none'
  /** A message of unknown outcome is never sent again by itself: only evidence or a person can say what became of it. */
  readonly resendUnknown: false
}

/** What an operator may set; whether it is on is a switch of its own. */
export type SweepSettings = Omit<SweepPolicy, 'enabled'>

export function sweepSettingsOf(policy: SweepPolicy): SweepSettings {
  const { everySec, batch, rate, attemptsMax, stuckAfterSec, backoff, order, resendUnknown } = policy
  return { everySec, batch, rate, attemptsMax, stuckAfterSec, backoff, order, resendUnknown }
}

export function defaultSweepPolicy(source: {
  readonly stuckAfterSec: number
  readonly maxAttempts: number
}): SweepPolicy {
  return {
    enabled: false,
    everySec: 60,
    batch: 500,
    rate: null,
    attemptsMax: source.maxAttempts,
    stuckAfterSec: source.stuckAfterSec,
    backoff: { firstSec: 30, factor: 4, capSec: 3_600, jitter: 0.5 },
    order: 'chain',
    resendUnknown: false,
  }
}

/**
 * Seconds until the next attempt after `attempts` publishes; at most the cap, at least the cap's or the step's share
 * that is not left to chance. `random` is from 0 to 1.
 */
export function backoffSec(
  attempts: number,
  { firstSec, factor, capSec, jitter }: Backoff,
  random: number,
): number {
  const step = Math.min(capSec, firstSec * factor ** Math.max(0, attempts - 1))
  return step * (1 - jitter + jitter * random)
}

/** What becomes of a row whose publish was returned or refused; `attempts` counts that publish. */
export function afterFailure(
  attempts: number,
  policy: Pick<SweepPolicy, 'attemptsMax' | 'backoff'>,
  random: number,
): { readonly as: 'fail' } | { readonly as: 'retry'; readonly delaySec: number } {
  if (attempts >= policy.attemptsMax) return { as: 'fail' }
  return { as: 'retry', delaySec: backoffSec(attempts, policy.backoff, random) }
}
