import { contentDigest } from '../../domain/plan.ts'
import type { ItemMove, JobItem } from '../../domain/job.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { ClaimedItem, JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import { moveItems } from './recording.ts'

/**
 * Takes the next planned items: written down as `claiming`, then claimed in the source by one statement. Rows that are
 * not as the plan saw them end as skipped. An empty answer with `end` means that no planned item is left.
 */
export async function claimBatch(
  run: JobRun,
  afterSeq: number,
): Promise<{ readonly claimed: readonly ClaimedItem[]; readonly lastSeq: number; readonly end: boolean }> {
  const { ports, job, outbox, token } = run
  const items = await ports.jobReader.items(job.job, { states: ['planned'], afterSeq, limit: ports.batch })
  const last = items.at(-1)
  if (!last) return { claimed: [], lastSeq: afterSeq, end: true }
  const ids = items.map((item) => item.id)
  await moveItems(
    run,
    items.map(({ seq }) => ({ seq, from: 'planned', to: 'claiming' })),
    'job-claiming',
    { ids },
  )
  const requests = items.map(({ id, version }) => ({ id, version }))
  const results = new Map(
    (await persist(run, () => outbox.claim(requests, token, run.effects))).map((result) => [
      result.id,
      result,
    ]),
  )
  const claimed: ClaimedItem[] = []
  const changed: JobItem[] = []
  const altered: ClaimedItem[] = []
  for (const item of items) {
    const result = results.get(item.id)
    if (!result?.claimed) changed.push(item)
    else {
      const taken = { seq: item.seq, message: result.message, stateBefore: item.state }
      if (contentDigest(result.message.content) === item.payloadDigest) claimed.push(taken)
      else altered.push(taken)
    }
  }
  await releaseRows(run, altered, 'Redrive: left alone, its content is not what the plan saw')
  await skip(run, [...changed, ...altered])
  return { claimed, lastSeq: last.seq, end: false }
}

async function skip(run: JobRun, items: readonly { readonly seq: number }[]): Promise<void> {
  const moves = items.map(({ seq }): ItemMove => ({
    seq,
    from: 'claiming',
    to: 'done',
    result: 'skipped',
    code: 'row-changed',
  }))
  await moveItems(run, moves, 'job-outcomes', { skipped: items.map(({ seq }) => seq) })
}

/** Gives rows back that were claimed and never published, then plans their items again. */
export async function release(
  run: JobRun,
  items: readonly ClaimedItem[],
  from: 'claiming' | 'publishing',
): Promise<void> {
  if (items.length === 0) return
  const versions = await releaseRows(run, items, `Redrive ${run.job.job}: stopped before it was published`)
  const moves = items.map((item): ItemMove => {
    const version = versions.get(item.message.id)
    return { seq: item.seq, from, to: 'planned', ...(version === undefined ? {} : { version }) }
  })
  await moveItems(run, moves, 'job-recovered', {
    released: items.map((item) => item.message.id),
  })
}

/** Row versions after the release, by id; a row that no longer carries the claim is absent. */
export async function releaseRows(
  run: JobRun,
  items: readonly ClaimedItem[],
  reason: string,
): Promise<ReadonlyMap<string, string>> {
  if (items.length === 0) return new Map()
  const requests = items.map((item): MarkRequest => ({
    id: item.message.id,
    as: 'release',
    reason,
    stateBefore: item.stateBefore,
  }))
  const results = await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  return new Map(results.flatMap((result) => (result.marked ? [[result.id, result.version]] : [])))
}
