import type { ItemMove, JobItem } from '../../domain/job.ts'
import { contentDigest } from '../../domain/plan.ts'
import type { Claim, Feed, Missed } from './feed.ts'
import { releaseRows } from './claim.ts'
import type { ClaimedItem, JobRun } from './job-run.ts'
import { interruptionOf, persist } from './job-run.ts'
import type { Lanes } from './lanes.ts'
import type { Step } from './recording.ts'
import { record } from './recording.ts'

/** The items of a plan in their order, those that nothing has been done for. */
export function createPlannedFeed(run: JobRun, lanes: Lanes): Feed {
  const { ports, job } = run
  let afterSeq = 0
  return {
    async claim(limit, steps) {
      const planned = await ports.jobReader.items(job.job, { states: ['planned'], afterSeq, limit })
      afterSeq = planned.at(-1)?.seq ?? afterSeq
      const { free, parked } = byLane(planned, lanes)
      await record(run, [parkingStep(parked), claimingStep(free), ...steps])
      if (planned.length === 0) return null
      const failed = (error: unknown): Claim => ({ failure: interruptionOf(error) })
      return { result: claimRows(run, free).catch(failed) }
    },
    again: () => false,
  }
}

function byLane(items: readonly JobItem[], lanes: Lanes) {
  const free: JobItem[] = []
  const parked: { readonly seq: number; readonly id: string; readonly behind: string }[] = []
  for (const item of items) {
    const behind = item.chainKey === null ? null : lanes.blockedBy(item.chainKey)
    if (behind === null) free.push(item)
    else parked.push({ seq: item.seq, id: item.id, behind })
  }
  return { free, parked }
}

function parkingStep(parked: readonly { seq: number; id: string; behind: string }[]): Step {
  return {
    moves: parked.map(({ seq, behind }) => ({
      seq,
      from: 'planned',
      to: 'done',
      result: 'parked',
      reason: `parked behind ${behind}`,
    })),
    action: 'job-outcomes',
    detail: { parked: parked.map(({ id }) => id) },
  }
}

function claimingStep(items: readonly JobItem[]): Step {
  return {
    moves: items.map(({ seq }) => ({ seq, from: 'planned', to: 'claiming' })),
    action: 'job-claiming',
    detail: { ids: items.map(({ id }) => id) },
  }
}

/**
 * Claims rows whose items are written down as `claiming`, by one statement in the source. Rows that are not as the plan
 * saw them end as skipped.
 */
async function claimRows(run: JobRun, items: readonly JobItem[]): Promise<Claim> {
  if (items.length === 0) return { claimed: [], missed: [] }
  const results = await persist(run, () => run.outbox.claim(items, run.token, run.effects))
  const claimed: ClaimedItem[] = []
  const missed: Missed[] = []
  const altered: ClaimedItem[] = []
  for (const [index, item] of items.entries()) {
    const result = results[index]
    if (!result?.claimed) {
      missed.push(item)
      continue
    }
    const taken = claimedItem(item, result)
    if ((result.digest ?? contentDigest(result.content)) === item.payloadDigest) claimed.push(taken)
    else altered.push(taken)
  }
  await releaseRows(run, altered, 'Redrive: left alone, its content is not what the plan saw')
  missed.push(...altered)
  await record(run, [skippedStep(missed)])
  return { claimed, missed }
}

function claimedItem(
  { seq, id, state, messageId, type, chainKey, destination, payload, payloadDigest }: JobItem,
  { attempts, content, copy }: Pick<ClaimedItem, 'attempts' | 'content' | 'copy'>,
): ClaimedItem {
  const taken = {
    seq,
    id,
    stateBefore: state,
    attempts,
    messageId,
    type,
    chainKey,
    destination,
    content: payload === null ? content : { payload, headers: content.headers },
    payloadDigest,
    parentDigest: payload === null ? null : payloadDigest,
  }
  return copy === undefined ? taken : { ...taken, copy }
}

function skippedStep(items: readonly Missed[]): Step {
  const moves = items.map(({ seq }): ItemMove => ({
    seq,
    from: 'claiming',
    to: 'done',
    result: 'skipped',
    code: 'row-changed',
  }))
  return { moves, action: 'job-outcomes', detail: { skipped: items.map(({ seq }) => seq) } }
}
