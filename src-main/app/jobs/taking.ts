import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { declareUnknown } from './recover.ts'
import { jobEntry } from './recording.ts'

/**
 * A job that stands belongs to nobody; this process takes it, or throws `job-state-forbids` where another was faster.
 * What it had handed to the broker without an answer becomes unknown.
 */
export async function takeJob(
  ports: EnginePorts,
  job: Job,
  detail: { readonly toCancel: boolean },
): Promise<Job> {
  if (job.state !== 'interrupted' && job.state !== 'paused') {
    throw new RedriveError('job-state-forbids', 'never', { job: job.job, state: job.state })
  }
  const { ended, items } = job
  const entry = jobEntry(ports, job, 'job-continued', { ...detail, ended, items })
  const move = { from: job.state, to: 'running' as const, owner: ports.processes.self }
  const mine = await ports.jobStore.moveJob(job.job, move, entry)
  await declareUnknown(ports, mine)
  return mine
}
