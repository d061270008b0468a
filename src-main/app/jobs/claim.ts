import type { ItemMove, JobItem } from '../../domain/job.ts'
import { contentDigest } from '../../domain/plan.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { ClaimedItem, HeldItem, JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import type { Step } from './recording.ts'
import { record } from './recording.ts'

/** The next batch of items that nothing has been done for. */
export function plannedItems({ ports, job }: JobRun, afterSeq: number): Promise<readonly JobItem[]> {
  return ports.jobReader.items(job.job, { states: ['planned'], afterSeq, limit: ports.batch })
}

export function claimingStep(items: readonly JobItem[]): Step {
  return {
    moves: items.map(({ seq }) => ({ seq, from: 'planned', to: 'claiming' })),
    action: 'job-claiming',
    detail: { ids: items.map(({ id }) => id) },
  }
}

/**
 * Claims rows whose items are written down as `claiming`, by one statement in the source. Rows that are not as the plan
 * saw them end as skipped and are not in the answer.
 */
export async function claimRows(run: JobRun, items: readonly JobItem[]): Promise<readonly ClaimedItem[]> {
  if (items.length === 0) return []
  const requests = items.map(({ id, version }) => ({ id, version }))
  const answers = await persist(run, () => run.outbox.claim(requests, run.token, run.effects))
  const results = new Map(answers.map((result) => [result.id, result]))
  const claimed: ClaimedItem[] = []
  const changed: JobItem[] = []
  const altered: ClaimedItem[] = []
  for (const item of items) {
    const result = results.get(item.id)
    if (!result?.claimed) changed.push(item)
    else {
      const taken = { seq: item.seq, id: item.id, message: result.message, stateBefore: item.state }
      if (contentDigest(result.message.content) === item.payloadDigest) claimed.push(taken)
      else altered.push(taken)
    }
  }
  await releaseRows(run, altered, 'Redrive: left alone, its content is not what the plan saw')
  await record(run, [skippedStep([...changed, ...altered])])
  return claimed
}

function skippedStep(items: readonly { readonly seq: number }[]): Step {
  const moves = items.map(({ seq }): ItemMove => ({
    seq,
    from: 'claiming',
    to: 'done',
    result: 'skipped',
    code: 'row-changed',
  }))
  return { moves, action: 'job-outcomes', detail: { skipped: items.map(({ seq }) => seq) } }
}

/** Gives rows back that were claimed and never published, then plans their items again. */
export async function release(
  run: JobRun,
  items: readonly HeldItem[],
  from: 'claiming' | 'publishing',
): Promise<void> {
  if (items.length === 0) return
  const versions = await releaseRows(run, items, `Redrive ${run.job.job}: stopped before it was published`)
  const moves = items.map((item): ItemMove => {
    const version = versions.get(item.id)
    return { seq: item.seq, from, to: 'planned', ...(version === undefined ? {} : { version }) }
  })
  const released = items.map(({ id }) => id)
  await record(run, [{ moves, action: 'job-recovered', detail: { released } }])
}

/** Row versions after the release, by id; a row that no longer carries the claim is absent. */
async function releaseRows(
  run: JobRun,
  items: readonly HeldItem[],
  reason: string,
): Promise<ReadonlyMap<string, string>> {
  if (items.length === 0) return new Map()
  const requests = items.map((item): MarkRequest => ({
    id: item.id,
    as: 'release',
    reason,
    stateBefore: item.stateBefore,
  }))
  const results = await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  return new Map(results.flatMap((result) => (result.marked ? [[result.id, result.version]] : [])))
}
