import { itemMayMove } from '../../domain/job.ts'
import type { PlanItem } from '../../domain/plan.ts'
import type { ItemSettlement, ItemStep, JobStore, Owner } from '../../ports/job-store.ts'
import { countEnds, noCounters } from '../store-rows/counters.ts'
import type { Counters } from '../store-rows/counters.ts'
import { forbidden, groupMoves, moved, settled } from '../store-rows/item-steps.ts'
import type { MoveGroup } from '../store-rows/item-steps.ts'
import { requireOwner } from '../store-rows/job-row.ts'
import type { JobRow } from '../store-rows/job-row.ts'
import type { SpanList } from '../store-rows/span-list.ts'
import { rangesOf, untouched } from '../store-rows/spans.ts'
import { addCounters } from './counters.ts'
import { findJob } from './jobs.ts'
import type { Ledger } from './ledger.ts'
import type { Scope } from './scope.ts'
import { writePlanItems } from './plans.ts'
import { insertSpans, loadSpans, saveSpans } from './spans.ts'

export type Items = Pick<JobStore, 'moveItems' | 'addItems' | 'settleItems'>

interface Change {
  readonly row: JobRow
  readonly spans: SpanList
  readonly counters: Counters
  readonly at: string
}

function moveGroup({ row, spans, counters, at }: Change, { move, seqs }: MoveGroup): void {
  if (!itemMayMove(move.from, move.to)) throw forbidden(row.job, seqs[0] ?? 0, move.to)
  for (const range of rangesOf(seqs)) {
    const fits = spans.change(range, at, (facts, count) => {
      const next = moved(facts, move)
      if (next?.state === 'done') countEnds(counters, next, count)
      return next
    })
    if (!fits) throw forbidden(row.job, range.first, move.to)
  }
}

/** All that a call touches is read once, changed here and written once. */
async function changing(
  scope: Scope,
  row: JobRow,
  seqs: readonly number[],
  work: (change: Change) => void,
): Promise<void> {
  if (seqs.length === 0) return
  const spans = await loadSpans(scope, row.jobKey, rangesOf([...new Set(seqs)]))
  const counters = noCounters()
  work({ row, spans, counters, at: scope.at })
  await saveSpans(scope, row.jobKey, spans)
  if (Object.values(counters).some((count) => count !== 0)) await addCounters(scope, row.jobKey, counters)
}

async function owned(scope: Scope, job: string, owner: Owner): Promise<JobRow> {
  const row = await findJob(scope, job)
  requireOwner(row, owner)
  return row
}

/** Gives a sweep's job the items that it has just claimed. */
async function grow(scope: Scope, row: JobRow, items: readonly PlanItem[]): Promise<void> {
  const [first] = items
  if (row.kind !== 'sweep' || row.state !== 'running' || first?.seq !== row.items + 1) {
    throw forbidden(row.job, first?.seq ?? 0, 'claiming')
  }
  await writePlanItems(scope, row.planKey, items)
  const range = { first: first.seq, last: row.items + items.length }
  await insertSpans(scope, row.jobKey, [{ ...untouched, state: 'claiming', ...range, updatedAt: scope.at }])
  await scope.run('UPDATE plans SET items = items + $1 WHERE plan_key = $2', items.length, row.planKey)
}

async function moveAll(scope: Scope, row: JobRow, steps: readonly ItemStep[]): Promise<void> {
  const seqs = steps.flatMap(({ moves }) => moves.map(({ seq }) => seq))
  await changing(scope, row, seqs, (change) => {
    for (const { moves } of steps) for (const group of groupMoves(moves)) moveGroup(change, group)
  })
  for (const { entry } of steps) scope.record(entry)
}

async function settleAll(scope: Scope, row: JobRow, settlements: readonly ItemSettlement[]): Promise<void> {
  const seqs = settlements.map(({ seq }) => seq)
  await changing(scope, row, seqs, ({ spans, counters, at }) => {
    for (const settlement of settlements) {
      const { seq, as } = settlement
      const fits = spans.change({ first: seq, last: seq }, at, (facts) => settled(facts, settlement))
      if (!fits) throw forbidden(row.job, seq, as)
      counters.unsettled -= 1
    }
  })
}

/** Moves and settlements of items. The job's counters follow in the same transaction, so nothing is ever recounted. */
export function openItems(ledger: Ledger): Items {
  return {
    addItems: (job, owner, items, entry) =>
      ledger.transact(async (scope) => {
        await grow(scope, await owned(scope, job, owner), items)
        scope.record(entry)
      }),
    moveItems: (job, owner, steps) =>
      ledger.transact(async (scope) => moveAll(scope, await owned(scope, job, owner), steps)),
    settleItems: (job, settlements, entry) =>
      ledger.transact(async (scope) => {
        await settleAll(scope, await findJob(scope, job), settlements)
        scope.record(entry)
      }),
  }
}
