import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import type { DueRow } from '../../ports/due.ts'
import { releaseRows } from './claim.ts'
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
 * Gives back rows that a sweep claimed and that never became its items: the answer of the claim was lost, or the process
 * died before they were written down. Nothing of them was published. Called where nothing of the sweep is under way.
 */
export async function releaseOrphans(run: JobRun): Promise<number> {
  const { jobReader } = run.ports
  let released = 0
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const rows = await carriersOf(run)
    // Items that have not ended hold their rows, and so do unknown outcomes, until they are settled.
    const held = await jobReader.held(
      run.job.source,
      rows.map(({ id }) => id),
    )
    const orphans = rows.filter(({ id }) => !held.has(id))
    if (orphans.length === 0) return released
    const given = orphans.map(({ id, stateBefore, attempts }) => ({ seq: 0, id, stateBefore, attempts }))
    const versions = await releaseRows(run, given, `Redrive ${run.job.job}: ended before it was published`)
    released += versions.size
    if (versions.size === 0 || rows.length < DUE_LIMIT_MAX) return released
  }
  return released
}
