import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import type { DueRow } from '../../ports/due.ts'
import { givenBackReason, releaseRows } from './claim.ts'
import { markForgotten } from './forgotten.ts'
import type { JobRun } from './job-run.ts'
import { persist } from './job-run.ts'

/** Rounds of DUE_LIMIT_MAX rows; a sweep has a few claims under way, not more. */
const ROUNDS_MAX = 10

const nothingNew = { limit: 0, attemptsMax: 0, stuckAfterSec: 0, chained: false, repeat: true }

/** Rows that carry the sweep's token, at most DUE_LIMIT_MAX. */
export function carriersOf(run: JobRun): Promise<readonly DueRow[]> {
  return persist(run, () => run.outbox.claimDue(nothingNew, run.token, run.effects))
}

/**
 * Puts rows right that still carry the token of a sweep that is over. What the broker confirmed at this very attempt is
 * marked once more: the source has forgotten the mark. Anything else is not with the broker, and is given back: its claim
 * was not heard of, or the process died before it was written down. Called where nothing of the sweep is under way.
 */
export async function settleCarriers(run: JobRun): Promise<void> {
  const { jobReader } = run.ports
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const rows = await carriersOf(run)
    const idsOf = (some: readonly DueRow[]): readonly string[] => some.map(({ id }) => id)
    // Items that have not ended hold their rows, and so do unknown outcomes, until they are settled.
    const held = await jobReader.held(run.job.source, idsOf(rows))
    const free = rows.filter(({ id }) => !held.has(id))
    const confirmed = await jobReader.confirmedBy(run.job.job, idsOf(free))
    const sent = free.filter(({ id, attempts }) => confirmed.get(id) === attempts)
    const orphans = free.filter((row) => !sent.includes(row))
    const changed = (await markForgotten(run, sent)) + (await giveBack(run, orphans))
    if (changed === 0 || rows.length < DUE_LIMIT_MAX) return
  }
}

async function giveBack(run: JobRun, rows: readonly DueRow[]): Promise<number> {
  if (rows.length === 0) return 0
  const given = rows.map(({ id, stateBefore, attempts }) => ({ seq: 0, id, stateBefore, attempts }))
  const versions = await releaseRows(run, given, givenBackReason(run.job))
  return versions.size
}
