import type { ItemMove, Job } from '../../domain/job.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { HeldItem, JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import type { Step } from './recording.ts'
import { record } from './recording.ts'

/**
 * One text, whoever gives a row back and why: where the process ends between that and the note of it, the row says that it is
 * as this job left it, and the job goes on with it.
 */
export function givenBackReason({ job }: Pick<Job, 'job'>): string {
  return `Redrive ${job}: given back, it was not published`
}

/** Not a byte of these went out: what is written down is that they are claimed, and no more. */
export function withdrawnStep(items: readonly HeldItem[]): Step {
  const moves = items.map(({ seq }): ItemMove => ({ seq, from: 'publishing', to: 'claiming' }))
  return { moves, action: 'job-recovered', detail: { withdrawn: items.map(({ id }) => id) } }
}

/**
 * Gives rows back that were claimed and never published, then plans their items again. A sweep does not come back to
 * them: they are due for its next run.
 */
export async function release(run: JobRun, items: readonly HeldItem[]): Promise<void> {
  if (items.length === 0) return
  const versions = await releaseRows(run, items, givenBackReason(run.job))
  const moves = items.map((item): ItemMove => {
    const version = versions.get(item.id)
    if (run.job.kind === 'sweep') return givenBack(item.seq)
    return { seq: item.seq, from: 'claiming', to: 'planned', ...(version === undefined ? {} : { version }) }
  })
  const released = items.map(({ id }) => id)
  await record(run, [{ moves, action: 'job-recovered', detail: { released } }])
}

export function givenBack(seq: number): ItemMove {
  return { seq, from: 'claiming', to: 'done', result: 'skipped', code: 'cancelled', reason: 'given back' }
}

/** Gives rows back that were claimed and must not go; their items end as parked. */
export async function releaseParked(
  run: JobRun,
  items: readonly { readonly item: HeldItem; readonly reason: string }[],
): Promise<void> {
  if (items.length === 0) return
  await releaseRows(
    run,
    items.map(({ item }) => item),
    `Redrive ${run.job.job}: parked behind an earlier message of its chain`,
  )
  const moves = items.map(({ item, reason }): ItemMove => ({
    seq: item.seq,
    from: 'claiming',
    to: 'done',
    result: 'parked',
    reason,
  }))
  await record(run, [{ moves, action: 'job-outcomes', detail: { parked: items.map(({ item }) => item.id) } }])
}

/** Row versions after the release, by id; a row that no longer carries the claim is absent. */
export async function releaseRows(
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
    attempts: item.attempts,
  }))
  const results = await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  return new Map(results.flatMap((result) => (result.marked ? [[result.id, result.version]] : [])))
}
