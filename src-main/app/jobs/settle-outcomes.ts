import type { ErrorCode } from '../../domain/errors.ts'
import type { ItemMove } from '../../domain/job.ts'
import type { PublishOutcome } from '../../domain/outcome.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import { release } from './claim.ts'
import type { ClaimedItem, JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import { moveItems } from './recording.ts'

export interface Answered {
  readonly item: ClaimedItem
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

/** Writes outcomes down durably. Unknown ones end here: nobody may mark their rows before a person has decided. */
export async function recordOutcomes(run: JobRun, answered: readonly Answered[]): Promise<void> {
  const sent = answered.filter(({ outcome }) => !neverSent(outcome))
  const moves = sent.map(({ item, outcome }): ItemMove => {
    const to = outcome.outcome === 'unknown' ? 'done' : 'settling'
    const why = outcome.outcome === 'confirmed' ? {} : { code: outcome.code, reason: outcome.reason }
    return { seq: item.seq, from: 'publishing', to, result: outcome.outcome, ...why }
  })
  await moveItems(run, moves, 'job-outcomes', outcomesDetail(sent))
}

/** Marks the rows whose outcome is known, gives back those never sent, and ends the items. */
export async function markOutcomes(run: JobRun, answered: readonly Answered[]): Promise<void> {
  await release(
    run,
    answered.filter(({ outcome }) => neverSent(outcome)).map(({ item }) => item),
    'publishing',
  )
  const known = answered.filter(({ outcome }) => outcome.outcome !== 'unknown' && !neverSent(outcome))
  if (known.length === 0) return
  const requests = known.map(({ item, outcome }): MarkRequest => ({
    id: item.message.id,
    as: outcome.outcome === 'confirmed' ? 'confirm' : 'fail',
    reason: outcome.outcome === 'confirmed' ? null : `${outcome.outcome}: ${outcome.reason}`,
    stateBefore: item.stateBefore,
  }))
  await markAndEnd(run, requests, new Map(known.map(({ item }) => [item.message.id, item.seq])))
}

/** Marks rows by compare-and-set and ends their items, which are `settling`. Rows that had changed are left alone. */
export async function markAndEnd(
  run: JobRun,
  requests: readonly MarkRequest[],
  seqOf: ReadonlyMap<string, number>,
): Promise<void> {
  const results = await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  const marked = new Set(results.filter((result) => result.marked).map((result) => result.id))
  const moves = requests.map(({ id }): ItemMove => ({
    seq: seqOf.get(id) ?? 0,
    from: 'settling',
    to: 'done',
    marked: marked.has(id),
  }))
  const left = requests.filter(({ id }) => !marked.has(id)).map(({ id }) => id)
  await moveItems(run, moves, 'job-marked', { marked: marked.size, leftAlone: left })
}

function outcomesDetail(answered: readonly Answered[]) {
  const others = answered.flatMap(({ item, outcome }) =>
    outcome.outcome === 'confirmed'
      ? []
      : [{ id: item.message.id, outcome: outcome.outcome, code: outcome.code, reason: outcome.reason }],
  )
  const confirmed = answered.filter(({ outcome }) => outcome.outcome === 'confirmed')
  return { confirmed: confirmed.map(({ item }) => item.message.id), others }
}
