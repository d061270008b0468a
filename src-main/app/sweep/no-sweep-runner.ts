import { RedriveError } from '../../domain/errors.ts'
import type { SweepRunner } from './runner.ts'

/** Says so instead of pretending: without the job engine's feed nothing is claimed. Goes with its arrival. */
export const noSweepRunner: SweepRunner = {
  run: () =>
    Promise.reject(new RedriveError('internal', 'never', { reason: 'this engine cannot carry out sweeps' })),
}
