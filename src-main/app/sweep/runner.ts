import type { SweepPolicy } from '../../domain/sweep-policy.ts'
import type { SweepOutcome } from '../../domain/sweep.ts'

export interface SweepRequest {
  readonly source: string
  readonly policy: SweepPolicy
  /** Id of the run, for the job's record. */
  readonly sweepRun: string
}

/**
 * Claims what is due, publishes it, marks it, until nothing is due any more. Aborting `stop` claims and publishes nothing
 * more; what had begun is seen through, and the promise resolves with what was done.
 *
 * Where source or broker fail it resolves with what was done and with `interruption`; it rejects where it cannot tell.
 */
export interface SweepRunner {
  run(request: SweepRequest, stop: AbortSignal): Promise<SweepOutcome>
  /** Gives back what a run claimed whose process died before it was written down: nothing of it was published. */
  release(source: string, sweepRun: string): Promise<void>
}
