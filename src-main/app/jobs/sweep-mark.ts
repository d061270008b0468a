import { afterFailure } from '../../domain/sweep-policy.ts'
import type { SweepPolicy } from '../../domain/sweep-policy.ts'
import type { JobRun } from './job-run.ts'

/** What the broker did not store waits for its next attempt, or is failed at the limit. `onFailure` hears which. */
export function markOfSweep(
  policy: SweepPolicy,
  random: () => number,
  onFailure: (as: 'fail' | 'retry') => void = () => undefined,
): JobRun['markOf'] {
  return ({ id, stateBefore, attempts }, { outcome, reason }) => {
    if (outcome === 'confirmed') return { id, as: 'confirm', reason: null, stateBefore }
    const after = afterFailure(attempts, policy, random())
    onFailure(after.as)
    return { id, ...after, reason: `${outcome}: ${reason ?? ''}`, stateBefore }
  }
}
