import { itemMayMove } from '../../domain/job.ts'
import type { ItemMove } from '../../domain/job.ts'
import type { PlanItem } from '../../domain/plan.ts'
import type { ItemSettlement, JobStore, Owner } from '../../ports/job-store.ts'
import { countEnds, noCounters } from '../store-rows/counters.ts'
import type { Counters } from '../store-rows/counters.ts'
import { forbidden, groupMoves, moved, settled } from '../store-rows/item-steps.ts'
import type { MoveGroup } from '../store-rows/item-steps.ts'
import { requireOwner } from '../store-rows/job-row.ts'
import type { JobRow } from '../store-rows/job-row.ts'
import { rangesOf, untouched } from '../store-rows/spans.ts'
import { openCounters } from './counters.ts'
import type { Sqlite } from './database.ts'
import type { JobFinder } from './jobs.ts'
import type { Ledger } from './ledger.ts'
import { openPlanItemWriter } from './plans.ts'
import { openSpans } from './spans.ts'
import type { Spans } from './spans.ts'

export type Items = Pick<JobStore, 'moveItems' | 'addItems' | 'settleItems'>

/** Gives a sweep's job the items that it has just claimed. */
function openGrowth(db: Sqlite, spans: Spans) {
  const writeItems = openPlanItemWriter(db)
  const count = db.prepare<[number, number]>('UPDATE plans SET items = items + ? WHERE plan_key = ?')
  return (row: JobRow, items: readonly PlanItem[], at: string): void => {
    const [first] = items
    if (row.kind !== 'sweep' || row.state !== 'running' || first?.seq !== row.items + 1) {
      throw forbidden(row.job, first?.seq ?? 0, 'claiming')
    }
    writeItems(row.planKey, items)
    const range = { first: first.seq, last: row.items + items.length }
    spans.add(row.jobKey, range, { ...untouched, state: 'claiming' }, at)
    count.run(items.length, row.planKey)
  }
}

/** Moves and settlements of items. The job's counters follow in the same transaction, so nothing is ever recounted. */
export function openItems(db: Sqlite, ledger: Ledger, findJob: JobFinder): Items {
  const spans = openSpans(db)
  const grow = openGrowth(db, spans)
  const addCounters = openCounters(db)

  function moveGroup(row: JobRow, { move, seqs }: MoveGroup, at: string): Counters {
    const counters = noCounters()
    if (!itemMayMove(move.from, move.to)) throw forbidden(row.job, seqs[0] ?? 0, move.to)
    for (const range of rangesOf(seqs)) {
      const fits = spans.change(row.jobKey, range, at, (facts, count) => {
        const next = moved(facts, move)
        if (next?.state === 'done') countEnds(counters, next, count)
        return next
      })
      if (!fits) throw forbidden(row.job, range.first, move.to)
    }
    return counters
  }

  function moveAll(row: JobRow, moves: readonly ItemMove[], at: string): void {
    for (const group of groupMoves(moves)) {
      const counters = moveGroup(row, group, at)
      if (counters.ended > 0) addCounters(row.jobKey, counters)
    }
  }

  function settleAll(row: JobRow, settlements: readonly ItemSettlement[], at: string): void {
    for (const settlement of settlements) {
      const { seq, as } = settlement
      const fits = spans.change(row.jobKey, { first: seq, last: seq }, at, (facts) =>
        settled(facts, settlement),
      )
      if (!fits) throw forbidden(row.job, seq, as)
    }
    addCounters(row.jobKey, { ...noCounters(), unsettled: -settlements.length })
  }

  function owned(job: string, owner: Owner): JobRow {
    const row = findJob(job)
    requireOwner(row, owner)
    return row
  }

  return {
    addItems: async (job, owner, items, entry) => {
      ledger.transact(({ at, record }) => {
        grow(owned(job, owner), items, at)
        record(entry)
      })
    },
    moveItems: async (job, owner, steps) => {
      ledger.transact(({ at, record }) => {
        const row = owned(job, owner)
        for (const { moves, entry } of steps) {
          moveAll(row, moves, at)
          record(entry)
        }
      })
    },
    settleItems: async (job, settlements, entry) => {
      ledger.transact(({ at, record }) => {
        settleAll(findJob(job), settlements, at)
        record(entry)
      })
    },
  }
}
