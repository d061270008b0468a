import type { Job as ApiJob, JobItem as ApiItem, Progress } from '../../src-preload/contract/jobs.ts'
import type { RunStatus } from '../app/jobs/run-status.ts'
import type { Job, JobItem } from '../domain/job.ts'
import type { Environment } from '../domain/workspace.ts'
import { planItemView } from './plan-view.ts'

/** A job as an operator sees it; `status` is null where it does not run in this process. */
export function jobView(
  job: Job,
  environment: Environment | null,
  running: { readonly status: RunStatus | null; readonly slower?: number },
): ApiJob {
  const { status, ...pace } = running
  const sweep = job.kind === 'sweep'
  return {
    ...job,
    environment,
    // What a sweep claimed was never a plan that somebody could have read.
    plan: sweep ? null : job.plan,
    digest: sweep ? null : job.digest,
    progress: job.state === 'running' && status !== null ? { ...progressOf(job, status), ...pace } : null,
  }
}

function progressOf({ items, ended, kind }: Job, status: RunStatus): Progress {
  const { rampStep, waiting } = status
  const ratePerSec = status.rate()
  const left = items - ended
  const known = kind === 'resend' && ratePerSec !== null && ratePerSec > 0
  return { ratePerSec, remainingSec: known ? left / ratePerSec : null, rampStep, waiting }
}

export function jobItemView(item: JobItem): ApiItem {
  return planItemView(item)
}
