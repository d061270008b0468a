import { RedriveError } from '../../domain/errors.ts'
import { contentDigest } from '../../domain/plan.ts'
import type { PlanItem } from '../../domain/plan.ts'
import type { SweepPolicy } from '../../domain/sweep-policy.ts'
import type { DueRow } from '../../ports/due.ts'
import type { Asking } from '../evidence/asking.ts'
import { withoutConsumed } from './consumed-rows.ts'
import type { Claim, Feed } from './feed.ts'
import type { ClaimedItem, JobRun } from './job-run.ts'
import { interruptionOf } from './job-run.ts'
import { carriersOf } from './orphans.ts'
import { jobEntry, record } from './recording.ts'

/** Tries of one claim; each one after the first asks what the one before got. */
const CLAIM_TRIES_MAX = 3
const CLAIM_PAUSE_MS = 500

export interface SweepFeedOptions {
  /** Makes the job when the first row was claimed; a sweep that finds nothing makes none. */
  readonly ensureJob: () => Promise<void>
  readonly asking: Asking
  /** Hears how many rows were set aside, because they were consumed. */
  readonly onConsumed: (count: number) => void
}

/**
 * What is due in the source, claim by claim, until nothing is. Each claim becomes items of the job, written down before
 * anything of it is published.
 */
export function createSweepFeed(
  run: JobRun,
  policy: SweepPolicy,
  { ensureJob, asking, onConsumed }: SweepFeedOptions,
): Feed {
  const { attemptsMax, stuckAfterSec, batch, order } = policy
  /** Attempts of each row that is an item; the same row at a later attempt is another one. */
  const mine = new Map<string, number>()
  let seq = run.job.items
  let empty = false
  /** One claim at a time: after a lost answer, rows with the token that are not known here must be what that claim got. */
  let before: Promise<Claim> = Promise.resolve({ claimed: [], missed: [] })
  /** Since it was empty the last time. */
  let claimed = false

  async function claimRows(limit: number): Promise<readonly DueRow[]> {
    const request = { limit, attemptsMax, stuckAfterSec, chained: order === 'chain', repeat: false }
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (attempt === 1) return await run.outbox.claimDue(request, run.token, run.effects)
        // The answer was lost: whatever carries the token and is no item is what that claim got.
        const got = (await carriersOf(run)).filter(({ id, attempts }) => mine.get(id) !== attempts)
        return got.length > 0 ? got : await run.outbox.claimDue(request, run.token, run.effects)
      } catch (error) {
        const final =
          !(error instanceof RedriveError) || error.retry === 'never' || attempt >= CLAIM_TRIES_MAX
        if (final || run.effects.aborted) throw error
        await run.ports.clock.sleep(CLAIM_PAUSE_MS * attempt, run.effects)
      }
    }
  }

  async function claim(limit: number): Promise<Claim> {
    const rows = await claimRows(limit)
    if (rows.length === 0) {
      empty = true
      return { claimed: [], missed: [] }
    }
    for (const { id, attempts } of rows) mine.set(id, attempts)
    claimed = true
    await ensureJob()
    const items = rows.map((row) => planItem((seq += 1), row))
    const { ports, job } = run
    const ids = rows.map(({ id }) => id)
    // Due again although they were confirmed: the source forgot it, or somebody wants them sent once more.
    const confirmedBefore = [...(await ports.jobReader.confirmed(job.source, ids)).keys()]
    const detail = { ids, ...(confirmedBefore.length > 0 ? { confirmedBefore } : {}) }
    const entry = jobEntry(ports, job, 'job-claiming', detail)
    await ports.jobStore.addItems(job.job, ports.processes.self, items, entry)
    const taken = rows.map((row, index) => claimedItem(items[index]?.seq ?? 0, row))
    const free = await withoutConsumed(run, taken, asking)
    onConsumed(taken.length - free.length)
    return { claimed: free, missed: [] }
  }

  return {
    async claim(limit, steps) {
      await record(run, steps)
      if (empty) return null
      const failed = (error: unknown): Claim => ({ failure: interruptionOf(error) })
      const result = before.then((earlier) =>
        'failure' in earlier ? earlier : claim(Math.min(limit, batch)).catch(failed),
      )
      before = result
      return { result }
    },
    again() {
      // What this sweep had in its hands held up the rest of its chains; nothing else can be due that was not before.
      const more = order === 'chain' && claimed
      claimed = false
      empty = false
      return more
    },
  }
}

function planItem(seq: number, row: DueRow): PlanItem {
  const { id, version, messageId, stateBefore, attempts, type, chainKey, destination, createdAt } = row
  const payloadDigest = contentDigest(row)
  const head = { seq, id, version, messageId, state: stateBefore, attempts, type, chainKey }
  return { ...head, destination, payloadDigest, payload: null, createdAt }
}

function claimedItem(seq: number, row: DueRow): ClaimedItem & { readonly createdAt: string } {
  const { id, stateBefore, attempts, messageId, type, chainKey, destination, payload, headers } = row
  const content = { payload, headers }
  const head = { seq, id, stateBefore, attempts, messageId, type, chainKey, destination }
  const payloadDigest = contentDigest(content)
  return { ...head, content, payloadDigest, parentDigest: null, createdAt: row.createdAt }
}
