import type { ErrorCode } from '../../domain/errors.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { createMeter } from './meter.ts'

/** What a run waits for. */
export interface Waiting {
  readonly code: ErrorCode
  readonly reason: string
  /** ISO-8601. */
  readonly since: string
}

/** How a running job fares; of this process, not written down. */
export interface RunStatus {
  /** Answers a second over the last seconds; null: too early to say. */
  rate(): number | null
  /** Messages of the ramp's present step; null: it is over, or there is none. */
  rampStep: number | null
  waiting: Waiting | null
  /** Answers came: it does not wait any more. */
  answered(count: number): void
}

export function createRunStatus(clock: Clock): RunStatus {
  const meter = createMeter(clock)
  return {
    rate: () => meter.rate(),
    rampStep: null,
    waiting: null,
    answered(count) {
      this.waiting = null
      meter.note(count)
    },
  }
}
