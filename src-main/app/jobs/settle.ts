import { RedriveError } from '../../domain/errors.ts'
import type { Job, JobItem, Settlement } from '../../domain/job.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { Asking } from '../evidence/asking.ts'
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

/**
 * Decides those as sent that the receiver is proved to have consumed. Not to be seen proves nothing: such an outcome stays
 * with a person. Throws `evidence-unreachable` where the receiver could not be asked; what was decided before stands.
 */
export async function settleByEvidence(
  run: JobRun,
  asking: Asking,
  seqs: readonly number[] | null,
  signal: AbortSignal,
): Promise<{ readonly settled: number; readonly unmarked: number; readonly left: number }> {
  const { ports, job } = run
  const wanted = seqs && new Set(seqs)
  const counts = { settled: 0, unmarked: 0, left: 0 }
  for (let afterSeq = 0; ;) {
    const page = await ports.jobReader.items(job.job, { unsettled: true, afterSeq, limit: ports.batch })
    const last = page.at(-1)
    if (!last) return counts
    afterSeq = last.seq
    const items = wanted ? page.filter(({ seq }) => wanted.has(seq)) : page
    const found = await asking.ask(items, signal)
    const problem = asking.problem()
    if (problem !== null) throw new RedriveError('evidence-unreachable', 'later', { reason: problem })
    const proved = items.filter((_, at) => found[at]?.verdict === 'consumed')
    counts.left += items.length - proved.length
    if (proved.length === 0) continue
    const reason = `consumed, as ${asking.where ?? ''} says`
    const marked = await settleBatch(run, proved, { as: 'sent', reason })
    counts.settled += proved.length
    counts.unmarked += proved.length - marked
  }
}

async function settleBatch(
  run: JobRun,
  items: readonly JobItem[],
  request: Omit<SettleRequest, 'seqs'>,
): Promise<number> {
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
