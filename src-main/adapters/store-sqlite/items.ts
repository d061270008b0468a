import { RedriveError } from '../../domain/errors.ts'
import { itemMayMove } from '../../domain/job.ts'
import type { ItemMove, ItemResult, ItemState, Tally } from '../../domain/job.ts'
import type { ItemSettlement, JobStore } from '../../ports/job-store.ts'
import type { Sqlite } from './database.ts'
import type { JobRow } from './job-row.ts'
import type { JobFinder } from './jobs.ts'
import type { Ledger } from './ledger.ts'

export type Items = Pick<JobStore, 'moveItems' | 'settleItems'>

interface Ending {
  readonly result: ItemResult | null
  readonly marked: 0 | 1 | null
}

type Counters = { -readonly [K in keyof Tally]: Tally[K] } & { ended: number }

function forbidden(job: string, seq: number, wanted: string): RedriveError {
  return new RedriveError('job-state-forbids', 'never', { job, seq, wanted })
}

/** Moves and settlements of items. The job's counters follow in the same transaction, so nothing is ever recounted. */
export function openItems(db: Sqlite, ledger: Ledger, findJob: JobFinder): Items {
  const { leavePlanned, backToPlanned, advance, readEnding, settle, addCounters } = prepare(db)

  function moveOne(row: JobRow, move: ItemMove, at: string): void {
    const { seq, from, to } = move
    if (!itemMayMove(from, to)) throw forbidden(row.job, seq, to)
    const facts = [move.claimVersion, move.result, move.code, move.reason].map((value) => value ?? null)
    const marked = move.marked === undefined ? null : Number(move.marked)
    const { changes } =
      from === 'planned'
        ? leavePlanned.run(row.jobKey, to, ...facts, marked, at, row.planKey, seq)
        : to === 'planned'
          ? backToPlanned.run(move.version ?? null, at, row.jobKey, seq, from)
          : advance.run(to, ...facts, marked, at, row.jobKey, seq, from)
    // No row: it was in another state, or does not exist.
    if (changes !== 1) throw forbidden(row.job, seq, to)
  }

  function moveAll(row: JobRow, moves: readonly ItemMove[], at: string): void {
    const counters = noCounters()
    for (const move of moves) {
      moveOne(row, move, at)
      if (move.to !== 'done') continue
      // What the item ended with may have been written by an earlier step.
      const ending = readEnding.get(row.jobKey, move.seq)
      if (!ending?.result) throw forbidden(row.job, move.seq, move.to)
      countEnd(counters, ending.result, ending.marked)
    }
    addCounters.run({ ...counters, jobKey: row.jobKey })
  }

  function settleAll(row: JobRow, settlements: readonly ItemSettlement[], at: string): void {
    for (const { seq, as, reason, marked } of settlements) {
      const { changes } = settle.run(as, reason, Number(marked), at, row.jobKey, seq)
      if (changes !== 1) throw forbidden(row.job, seq, as)
    }
    addCounters.run({ ...noCounters(), unsettled: -settlements.length, jobKey: row.jobKey })
  }

  return {
    moveItems: async (job, owner, moves, entry) => {
      ledger.transact(({ at, record }) => {
        const row = findJob(job)
        if (row.ownerInstance !== owner.instance) throw new RedriveError('job-busy', 'never', { job })
        moveAll(row, moves, at)
        if (entry) record(entry)
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

function noCounters(): Counters {
  return {
    ended: 0,
    confirmed: 0,
    returned: 0,
    refused: 0,
    unknown: 0,
    skipped: 0,
    unsettled: 0,
    unmarked: 0,
  }
}

function countEnd(counters: Counters, result: ItemResult, marked: Ending['marked']): void {
  counters.ended += 1
  counters[result] += 1
  if (result === 'unknown') counters.unsettled += 1
  else if (result !== 'skipped' && marked === 0) counters.unmarked += 1
}

function prepare(db: Sqlite) {
  return {
    // The first step makes the row; an item that was given back has one already.
    leavePlanned: db.prepare<unknown[]>(
      `INSERT INTO job_items (job_key, seq, state, claim_version, result, code, reason, marked, updated_at)
       SELECT ?, seq, ?, ?, ?, ?, ?, ?, ? FROM plan_items WHERE plan_key = ? AND seq = ?
       ON CONFLICT (job_key, seq) DO UPDATE SET state = excluded.state, claim_version = excluded.claim_version,
         result = excluded.result, code = excluded.code, reason = excluded.reason, marked = excluded.marked,
         updated_at = excluded.updated_at
       WHERE job_items.state = 'planned'`,
    ),
    backToPlanned: db.prepare<unknown[]>(
      `UPDATE job_items SET state = 'planned', version = coalesce(?, version), claim_version = NULL, result = NULL,
         code = NULL, reason = NULL, marked = NULL, updated_at = ?
       WHERE job_key = ? AND seq = ? AND state = ?`,
    ),
    advance: db.prepare<unknown[]>(
      `UPDATE job_items SET state = ?, claim_version = coalesce(?, claim_version), result = coalesce(?, result),
         code = coalesce(?, code), reason = coalesce(?, reason), marked = coalesce(?, marked), updated_at = ?
       WHERE job_key = ? AND seq = ? AND state = ?`,
    ),
    readEnding: db.prepare<[number, number], Ending>(
      'SELECT result, marked FROM job_items WHERE job_key = ? AND seq = ?',
    ),
    settle: db.prepare<unknown[]>(
      `UPDATE job_items SET settled_as = ?, settled_reason = ?, marked = ?, updated_at = ?
       WHERE job_key = ? AND seq = ? AND state = 'done' AND result = 'unknown' AND settled_as IS NULL`,
    ),
    addCounters: db.prepare<Counters & { jobKey: number }>(
      `UPDATE jobs SET ended = ended + @ended, confirmed = confirmed + @confirmed, returned = returned + @returned,
         refused = refused + @refused, unknown = unknown + @unknown, skipped = skipped + @skipped,
         unsettled = unsettled + @unsettled, unmarked = unmarked + @unmarked
       WHERE job_key = @jobKey`,
    ),
  }
}

/** States in which a row belongs to the job: it may be published or marked at any moment. */
export const inFlightStates: ReadonlySet<ItemState> = new Set(['claiming', 'publishing', 'settling'])
