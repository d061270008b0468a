import type { ItemMove, Job, JobItem, ItemState } from '../../domain/job.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { givenBack, givenBackReason } from './claim.ts'
import type { HeldItem, JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import { record } from './recording.ts'
import { markRows } from './settle-outcomes.ts'

/**
 * What had been handed to the broker when the process ended has an unknown outcome, whatever the broker did with it.
 * Needs nothing but the local store.
 */
export async function declareUnknown(ports: EnginePorts, job: Job): Promise<void> {
  await eachBatch(ports, job, 'publishing', async (items) => {
    const moves = items.map(({ seq }): ItemMove => ({
      seq,
      from: 'publishing',
      to: 'done',
      result: 'unknown',
      code: 'process-ended',
      reason: 'Redrive ended before the broker answered',
    }))
    await record({ ports, job }, [
      { moves, action: 'job-recovered', detail: { unknown: items.map(({ id }) => id) } },
    ])
  })
}

/**
 * Puts the source in step with what is written down: claims that were never published are given back, outcomes that
 * are known are marked. Safe to repeat.
 */
export async function reconcileRows(run: JobRun): Promise<void> {
  const { ports, job } = run
  await eachBatch(ports, job, 'claiming', async (items) => {
    const requests = items.map(({ id, state }): MarkRequest => ({
      id,
      as: 'release',
      reason: givenBackReason(job),
      stateBefore: state,
    }))
    const results = await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
    const versions = new Map(
      results.flatMap((result) => (result.marked ? [[result.id, result.version]] : [])),
    )
    const moves = items.map(({ seq, id }): ItemMove => {
      const version = versions.get(id)
      if (job.kind === 'sweep') return givenBack(seq)
      return { seq, from: 'claiming', to: 'planned', ...(version === undefined ? {} : { version }) }
    })
    await record({ ports, job }, [
      { moves, action: 'job-recovered', detail: { released: [...versions.keys()] } },
    ])
  })
  await eachBatch(ports, job, 'settling', async (items) => {
    const requests = items.map((item) => {
      const { result, reason } = item
      if (result !== 'confirmed' && result !== 'returned' && result !== 'refused') {
        throw new RedriveError('job-state-forbids', 'never', { job: job.job, state: `settling as ${result}` })
      }
      return run.markOf(heldItem(item, job), { outcome: result, reason })
    })
    await record(run, [await markRows(run, requests, new Map(items.map(({ id, seq }) => [id, seq])))])
  })
}

/** A plan says how many attempts there were before; a sweep's items say how many there are. */
function heldItem({ seq, id, state, attempts }: JobItem, { kind }: Job): HeldItem {
  return { seq, id, stateBefore: state, attempts: kind === 'sweep' ? attempts : attempts + 1 }
}

async function eachBatch(
  ports: EnginePorts,
  job: Job,
  state: ItemState,
  handle: (items: readonly JobItem[]) => Promise<void>,
): Promise<void> {
  let afterSeq = 0
  for (;;) {
    const items = await ports.jobReader.items(job.job, { states: [state], afterSeq, limit: ports.batch })
    const last = items.at(-1)
    if (!last) return
    await handle(items)
    afterSeq = last.seq
  }
}
