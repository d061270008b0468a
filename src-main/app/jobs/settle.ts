import { RedriveError } from '../../domain/errors.ts'
import { settlements } from '../../domain/job.ts'
import type { Job, JobItem, Settlement } from '../../domain/job.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { Arrivals } from '../dead-letters/arrivals.ts'
import type { Asking } from '../evidence/asking.ts'
import type { JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import { jobEntry } from './recording.ts'
import type { Rows } from './rows.ts'

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

/** What proves what became of a message. Not to be proved says nothing: such an outcome stays with a person. */
export interface Proof {
  /** In the order of the items; null: nothing is proved of it. */
  of(items: readonly JobItem[], rows: Rows, signal: AbortSignal): Promise<readonly (Settlement | null)[]>
  /** For the journal. */
  reason(as: Settlement): string
}

/**
 * The receiver is proved to have consumed it. Throws `evidence-unreachable` where the receiver could not be asked; what was
 * decided before stands.
 */
export function proofOfConsumption(asking: Asking, signal: AbortSignal): Proof {
  return {
    async of(items) {
      const found = await asking.ask(items, signal)
      const problem = asking.problem()
      if (problem !== null) throw new RedriveError('evidence-unreachable', 'later', { reason: problem })
      return found.map(({ verdict }) => (verdict === 'consumed' ? 'sent' : null))
    },
    reason: () => `consumed, as ${asking.where ?? ''} says`,
  }
}

/**
 * Sent, where its copy is in the queue that it was sent to. Not sent, where it is not there, nobody could have consumed it,
 * and its letter still lies where it died: that leaves only once the copy is confirmed.
 */
export function proofOfArrival({ place: { queue }, ids, restBefore }: Arrivals): Proof {
  const restless = ({ id, updatedAt }: JobItem): boolean =>
    !ids.has(id) && restBefore !== null && new Date(updatedAt) < restBefore
  return {
    async of(items, rows, signal) {
      const missing = items.filter(restless).map(({ id }) => id)
      const dead = missing.length === 0 ? null : await rows.present?.(missing, signal)
      return items.map(({ id }) => (ids.has(id) ? 'sent' : dead?.has(id) === true ? 'not-sent' : null))
    },
    reason: (as) =>
      as === 'sent'
        ? `found in queue ${queue}`
        : `not in queue ${queue}, which nobody consumed from meanwhile, and still among the dead letters`,
  }
}

export interface Proved {
  readonly settled: number
  /** Of these, not sent. */
  readonly notSent: number
  readonly unmarked: number
  readonly left: number
}

/** Decides those that are proved, one way or the other. */
export async function settleProved(
  run: JobRun,
  proof: Proof,
  seqs: readonly number[] | null,
  signal: AbortSignal,
): Promise<Proved> {
  const { ports, job } = run
  const wanted = seqs && new Set(seqs)
  const counts = { settled: 0, notSent: 0, unmarked: 0, left: 0 }
  for (let afterSeq = 0; ;) {
    const page = await ports.jobReader.items(job.job, { unsettled: true, afterSeq, limit: ports.batch })
    const last = page.at(-1)
    if (!last) return counts
    afterSeq = last.seq
    const items = wanted ? page.filter(({ seq }) => wanted.has(seq)) : page
    const found = await proof.of(items, run.outbox, signal)
    counts.left += found.filter((as) => as === null).length
    for (const as of settlements) {
      const proved = items.filter((_, at) => found[at] === as)
      if (proved.length === 0) continue
      const marked = await settleBatch(run, proved, { as, reason: proof.reason(as) })
      counts.settled += proved.length
      counts.notSent += as === 'not-sent' ? proved.length : 0
      counts.unmarked += proved.length - marked
    }
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
    reason: as === 'sent' ? null : `not delivered, settled by ${ports.operator()}: ${reason}`,
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
