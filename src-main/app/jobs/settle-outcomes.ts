import type { ItemMove } from '../../domain/job.ts'
import type { PublishOutcome } from '../../domain/outcome.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { HeldItem, JobRun, KnownOutcome } from './job-run.ts'
import { persist } from './job-run.ts'
import type { Step } from './recording.ts'

export interface Answered<Outcome = PublishOutcome> {
  readonly item: HeldItem
  readonly outcome: Outcome
}

/** Outcomes as they are written down. Unknown ones end: nobody may mark their rows before a person has decided. */
export function outcomesStep(answered: readonly Answered[]): Step {
  const moves = answered.map(({ item: { seq }, outcome }): ItemMove => {
    if (outcome.outcome === 'confirmed')
      return { seq, from: 'publishing', to: 'settling', result: 'confirmed' }
    const { outcome: result, code, reason } = outcome
    return { seq, from: 'publishing', to: result === 'unknown' ? 'done' : 'settling', result, code, reason }
  })
  const confirmed: string[] = []
  const others: { id: string; outcome: string; code: string; reason: string }[] = []
  for (const { item, outcome } of answered) {
    const { id } = item
    if (outcome.outcome === 'confirmed') confirmed.push(id)
    else others.push({ id, outcome: outcome.outcome, code: outcome.code, reason: outcome.reason })
  }
  return { moves, action: 'job-outcomes', detail: { confirmed, others } }
}

/** Marks the rows whose outcome is known, and says how their items end. */
export async function markOutcomes(run: JobRun, answered: readonly Answered[]): Promise<Step> {
  const requests: MarkRequest[] = []
  const seqs = new Map<string, number>()
  for (const { item, outcome } of answered) {
    if (outcome.outcome === 'unknown') continue
    const reason = outcome.outcome === 'confirmed' ? null : outcome.reason
    requests.push({ ...run.markOf(item, { outcome: outcome.outcome, reason }), attempts: item.attempts })
    seqs.set(item.id, item.seq)
  }
  return markRows(run, requests, seqs)
}

/** Of a resend: what was not confirmed is failed, for a person to look at. */
export function markOfResend({ id, stateBefore }: HeldItem, { outcome, reason }: KnownOutcome): MarkRequest {
  if (outcome === 'confirmed') return { id, as: 'confirm', reason: null, stateBefore }
  return { id, as: 'fail', reason: `${outcome}: ${reason ?? ''}`, stateBefore }
}

/** Marks rows by compare-and-set; their items are `settling`. Rows that had changed are left alone. */
export async function markRows(
  run: JobRun,
  requests: readonly MarkRequest[],
  seqOf: ReadonlyMap<string, number>,
): Promise<Step> {
  const results =
    requests.length === 0 ? [] : await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  const marked = new Set(results.filter((result) => result.marked).map((result) => result.id))
  const moves = requests.map(({ id }): ItemMove => ({
    seq: seqOf.get(id) ?? 0,
    from: 'settling',
    to: 'done',
    marked: marked.has(id),
  }))
  const leftAlone = requests.filter(({ id }) => !marked.has(id)).map(({ id }) => id)
  return { moves, action: 'job-marked', detail: { marked: marked.size, leftAlone } }
}
