import { RedriveError } from '../../domain/errors.ts'
import { itemMayMove } from '../../domain/job.ts'
import type { ItemMove, ItemResult, Tally } from '../../domain/job.ts'
import type { ItemSettlement, JobStore } from '../../ports/job-store.ts'
import type { Sqlite } from './database.ts'
import type { JobRow } from './job-row.ts'
import type { JobFinder } from './jobs.ts'
import type { Ledger } from './ledger.ts'

export type Items = Pick<JobStore, 'moveItems' | 'settleItems'>

interface Endings {
  readonly result: ItemResult | null
  readonly marked: 0 | 1 | null
  readonly count: number
}

/** Items that make the same step: one statement moves them all. */
interface MoveGroup {
  readonly move: ItemMove
  readonly seqs: number[]
}

/** Steps keep their order; items of one batch mostly make the same one as the item before. */
function groupMoves(moves: readonly ItemMove[]): Iterable<MoveGroup> {
  const groups = new Map<string, MoveGroup>()
  let last: MoveGroup | undefined
  for (const move of moves) {
    if (!last || !sameStep(last.move, move)) {
      const { from, to, version, result, code, reason, marked } = move
      const key = JSON.stringify([from, to, version, result, code, reason, marked])
      last = groups.get(key) ?? { move, seqs: [] }
      groups.set(key, last)
    }
    last.seqs.push(move.seq)
  }
  return groups.values()
}

function sameStep(one: ItemMove, other: ItemMove): boolean {
  return (
    one.from === other.from &&
    one.to === other.to &&
    one.result === other.result &&
    one.marked === other.marked &&
    one.code === other.code &&
    one.reason === other.reason &&
    one.version === other.version
  )
}

type Counters = { -readonly [K in keyof Tally]: Tally[K] } & { ended: number }

function forbidden(job: string, seq: number, wanted: string): RedriveError {
  return new RedriveError('job-state-forbids', 'never', {
    job,
    state: `at item ${seq} not ready for "${wanted}"`,
  })
}

/** Moves and settlements of items. The job's counters follow in the same transaction, so nothing is ever recounted. */
export function openItems(db: Sqlite, ledger: Ledger, findJob: JobFinder): Items {
  const { leavePlanned, backToPlanned, advance, countEndings, settle, addCounters } = prepare(db)

  function moveGroup(row: JobRow, { move, seqs }: MoveGroup, at: string): void {
    const { from, to } = move
    const [first = 0] = seqs
    if (!itemMayMove(from, to)) throw forbidden(row.job, first, to)
    const facts = [move.result, move.code, move.reason].map((value) => value ?? null)
    const marked = move.marked === undefined ? null : Number(move.marked)
    const list = JSON.stringify(seqs)
    const { changes } =
      from === 'planned'
        ? leavePlanned.run(row.jobKey, to, ...facts, marked, at, row.planKey, list)
        : to === 'planned'
          ? backToPlanned.run(move.version ?? null, at, row.jobKey, from, list)
          : advance.run(to, ...facts, marked, at, row.jobKey, from, list)
    // Fewer rows: one was in another state, or does not exist.
    if (changes !== seqs.length) throw forbidden(row.job, first, to)
  }

  function moveAll(row: JobRow, moves: readonly ItemMove[], at: string): void {
    const counters = noCounters()
    for (const group of groupMoves(moves)) {
      moveGroup(row, group, at)
      if (group.move.to !== 'done') continue
      // What the items ended with may have been written by an earlier step.
      for (const { result, marked, count } of countEndings.all(row.jobKey, JSON.stringify(group.seqs))) {
        if (!result) throw forbidden(row.job, group.seqs[0] ?? 0, group.move.to)
        countEnds(counters, result, marked, count)
      }
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
    moveItems: async (job, owner, steps) => {
      ledger.transact(({ at, record }) => {
        const row = findJob(job)
        if (row.ownerInstance !== owner.instance) throw new RedriveError('job-busy', 'never', { job })
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

function countEnds(counters: Counters, result: ItemResult, marked: Endings['marked'], count: number): void {
  counters.ended += count
  counters[result] += count
  if (result === 'unknown') counters.unsettled += count
  else if (result !== 'skipped' && marked === 0) counters.unmarked += count
}

function prepare(db: Sqlite) {
  return {
    // The first step makes the row; an item that was given back has one already.
    leavePlanned: db.prepare<unknown[]>(
      `INSERT INTO job_items (job_key, seq, state, result, code, reason, marked, updated_at)
       SELECT ?, seq, ?, ?, ?, ?, ?, ? FROM plan_items
       WHERE plan_key = ? AND seq IN (SELECT value FROM json_each(?))
       ON CONFLICT (job_key, seq) DO UPDATE SET state = excluded.state, result = excluded.result,
         code = excluded.code, reason = excluded.reason, marked = excluded.marked, updated_at = excluded.updated_at
       WHERE job_items.state = 'planned'`,
    ),
    backToPlanned: db.prepare<unknown[]>(
      `UPDATE job_items SET state = 'planned', version = coalesce(?, version), result = NULL, code = NULL,
         reason = NULL, marked = NULL, updated_at = ?
       WHERE job_key = ? AND state = ? AND seq IN (SELECT value FROM json_each(?))`,
    ),
    advance: db.prepare<unknown[]>(
      `UPDATE job_items SET state = ?, result = coalesce(?, result), code = coalesce(?, code),
         reason = coalesce(?, reason), marked = coalesce(?, marked), updated_at = ?
       WHERE job_key = ? AND state = ? AND seq IN (SELECT value FROM json_each(?))`,
    ),
    countEndings: db.prepare<[number, string], Endings>(
      `SELECT result, marked, count(*) AS count FROM job_items
       WHERE job_key = ? AND seq IN (SELECT value FROM json_each(?)) GROUP BY result, marked`,
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
