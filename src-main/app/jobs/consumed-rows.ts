import { RedriveError } from '../../domain/errors.ts'
import type { Evidence } from '../../domain/evidence.ts'
import type { ItemMove } from '../../domain/job.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { Asking } from '../evidence/asking.ts'
import { release } from './claim.ts'
import type { ClaimedItem, JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import { record } from './recording.ts'

/** No message: only whether the receiver answers is of interest. */
const NOBODY = { id: '', messageId: '', createdAt: null }

/** Throws `evidence-unreachable`: a sweep that cannot tell what was consumed does not claim anything. */
export async function requireEvidence(asking: Asking, signal: AbortSignal): Promise<void> {
  if (asking.where === null) return
  await asking.ask([NOBODY], signal)
  refuseUnasked(asking)
}

function refuseUnasked(asking: Asking): void {
  const reason = asking.problem()
  if (reason !== null) throw new RedriveError('evidence-unreachable', 'later', { reason })
}

/**
 * Of rows that a sweep has claimed and written down, those that may go. What the receiver has consumed is failed with the
 * reason, for a person to look at, and never sent by itself. Throws `evidence-unreachable` with the rows given back.
 */
export async function withoutConsumed(
  run: JobRun,
  items: readonly (ClaimedItem & { readonly createdAt: string })[],
  asking: Asking,
): Promise<readonly ClaimedItem[]> {
  if (asking.where === null || items.length === 0) return items
  const found = await asking.ask(items, run.effects)
  try {
    refuseUnasked(asking)
  } catch (error) {
    await release(run, items)
    throw error
  }
  const consumed = items.filter((_, at) => found[at]?.verdict === 'consumed')
  await setAside(run, consumed, (item) => reasonOf(asking, found[items.indexOf(item)]))
  return items.filter((_, at) => found[at]?.verdict !== 'consumed')
}

function reasonOf({ where }: Asking, evidence: Evidence | undefined): string {
  const when = evidence?.consumedAt ?? null
  return `consumed already${when === null ? '' : ` at ${when}`}, as ${where ?? ''} says; not sent again`
}

async function setAside<Item extends ClaimedItem>(
  run: JobRun,
  items: readonly Item[],
  why: (item: Item) => string,
): Promise<void> {
  if (items.length === 0) return
  const requests = items.map((item): MarkRequest => {
    const { id, stateBefore, attempts } = item
    return { id, as: 'fail', reason: why(item), stateBefore, attempts }
  })
  await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  const moves = items.map((item): ItemMove => ({
    seq: item.seq,
    from: 'claiming',
    to: 'done',
    result: 'skipped',
    code: 'already-consumed',
    reason: why(item),
  }))
  const consumed = items.map(({ id }) => id)
  await record(run, [{ moves, action: 'job-outcomes', detail: { consumed } }])
}
