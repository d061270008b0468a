import type { Tally } from '../../domain/job.ts'
import type { Pull } from './brake.ts'

/** Messages of the first steps; after them batches go at full speed. */
export const RAMP_STEPS = [1, 5, 20, 100] as const
/** A step of which this share or more was not confirmed is the last one. */
export const RAMP_FAILURE_RATIO = 0.5

/** The careful beginning of a run: a few messages, their answers, then more. */
export interface Ramp {
  /** Messages of the next step; null: the ramp is over. */
  readonly step: number | null
  /** After every answer of the step: why the run must stop, or null to go on with the next step. */
  judge(tally: Pick<Tally, 'confirmed'> & { readonly answers: number }): Pull | null
}

export function createRamp(wanted: boolean): Ramp {
  let at = wanted ? 0 : RAMP_STEPS.length
  return {
    get step() {
      return RAMP_STEPS[at] ?? null
    },
    judge({ confirmed, answers }) {
      const failed = answers - confirmed
      if (answers > 0 && failed / answers >= RAMP_FAILURE_RATIO)
        return {
          reason: `${failed} of the ${answers} messages of a ramp step were not confirmed`,
          pulled: {
            limit: 'failure-ratio',
            seen: failed / answers,
            allowed: RAMP_FAILURE_RATIO,
            queue: null,
          },
        }
      // A step of rows that had changed says nothing of the broker: it is taken again.
      if (answers > 0) at += 1
      return null
    },
  }
}
