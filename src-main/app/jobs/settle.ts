import { RedriveError } from '../../domain/errors.ts'
import type { Job, JobItem, Settlement } from '../../domain/job.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import { jobEntry } from './recording.ts'

export interface SettleRequest {
  /** Null: all that are unsettled. */
  readonly seqs: readonly number[] | null
  readonly as: Settlement
  readonly reason: string
}

/**
 * Carries out an operator's decision on unknown outcomes: the row is marked sent, or failed so that it can be resent.
 * A row that no longer carries the job's claim is left alone and counted as unmarked; the decision stands.
 */
export async function settleUnknown(
  run: JobRun,
  request: SettleRequest,
): Promise<{ readonly settled: number; readonly unmarked: number }> {
  const { ports, job } = run
  const wanted = request.seqs && new Set(request.seqs)
  let settled = 0
  let unmarked = 0
  let afterSeq = 0
  for (;;) {
    const page = await ports.jobReader.items(job.job, { unsettled: true, afterSeq, limit: ports.batch })
    const last = page.at(-1)
    if (!last) break
    afterSeq = last.seq
    const items = wanted ? page.filter(({ seq }) => wanted.has(seq)) : page
    if (items.length === 0) continue
    const marked = await settleBatch(run, items, request)
    settled += items.length
    unmarked += items.length - marked
  }
  if (wanted && settled < wanted.size) {
    throw new RedriveError('job-state-forbids', 'never', {
      job: job.job,
      state: 'settled for some of these items',
    })
  }
  return { settled, unmarked }
}

async function settleBatch(run: JobRun, items: readonly JobItem[], request: SettleRequest): Promise<number> {
  const { ports, job } = run
  const { as, reason } = request
  const ids = items.map(({ id }) => id)
  await ports.journal.append(jobEntry(ports, job, 'job-settling', { as, reason, ids }))
  const requests = items.map(({ id, state }): MarkRequest => ({
    id,
    as: as === 'sent' ? 'confirm' : 'fail',
    reason: as === 'sent' ? null : `not delivered, settled by ${ports.operator}: ${reason}`,
    stateBefore: state,
  }))
  const results = await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  const marked = new Set(results.filter((result) => result.marked).map((result) => result.id))
  await ports.jobStore.settleItems(
    job.job,
    items.map(({ seq, id }) => ({ seq, as, reason, marked: marked.has(id) })),
    jobEntry(ports, job, 'job-settled', {
      as,
      reason,
      marked: [...marked],
      leftAlone: ids.filter((id) => !marked.has(id)),
    }),
  )
  return marked.size
}

/** Settling changes what the row says, so it waits until nothing of the job is under way. */
export function requireSettleable(job: Job): void {
  if (job.state === 'running') throw new RedriveError('job-busy', 'later', { job: job.job })
}
