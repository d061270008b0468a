import type { ErrorCode } from '../../domain/errors.ts'
import type { ItemMove } from '../../domain/job.ts'
import type { PublishOutcome } from '../../domain/outcome.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { HeldItem, JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import type { Step } from './recording.ts'

export interface Answered {
  readonly item: HeldItem
  readonly outcome: PublishOutcome
}

const neverSentCodes: ReadonlySet<ErrorCode> = new Set([
  'channel-closed',
  'broker-blocked',
  'outcome-unsettled',
])

/** The publisher refused for a reason of its own: not a byte went out, the message may be tried again. */
export function neverSent(outcome: PublishOutcome): boolean {
  return outcome.outcome === 'refused' && neverSentCodes.has(outcome.code)
}

/** Outcomes as they are written down. Unknown ones end: nobody may mark their rows before a person has decided. */
export function outcomesStep(answered: readonly Answered[]): Step {
  const moves = answered.map(({ item, outcome }): ItemMove => {
    const to = outcome.outcome === 'unknown' ? 'done' : 'settling'
    const why = outcome.outcome === 'confirmed' ? {} : { code: outcome.code, reason: outcome.reason }
    return { seq: item.seq, from: 'publishing', to, result: outcome.outcome, ...why }
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
  const known = answered.filter(({ outcome }) => outcome.outcome !== 'unknown')
  const requests = known.map(({ item, outcome }): MarkRequest => ({
    id: item.id,
    as: outcome.outcome === 'confirmed' ? 'confirm' : 'fail',
    reason: outcome.outcome === 'confirmed' ? null : `${outcome.outcome}: ${outcome.reason}`,
    stateBefore: item.stateBefore,
  }))
  return markRows(run, requests, new Map(known.map(({ item }) => [item.id, item.seq])))
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
