import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../../src-main/domain/job.ts'
import { addPending, anHourLater } from '../support/sweep-samples.ts'
import type { ChainOf } from '../support/sweep-samples.ts'
import type { TestEngine } from '../support/test-engine.ts'
import { testSource } from '../support/test-engine.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'
import type { Stage } from './stage.ts'

const never = new AbortController().signal
const ITEMS_MAX = 200_000
/** A job that was interrupted is continued, and a sweep comes again, so often at most. */
const ROUNDS_MAX = 40
const POLL_MS = 20
/** Bytes on their way, and a connection that comes back with its own backoff. */
const SETTLE_MS = 300
const ROUND_MS = 250

/** A third of the messages are in chains of up to ten. */
const CHAINS: ChainOf = (i) => (i % 3 === 0 ? `chain-${Math.floor((i - 1) / 30)}` : null)

/** What is carried out while something breaks. */
export interface Work {
  readonly name: 'resend' | 'sweep'
  /** Rows that it will take. */
  prepare(stage: Stage, count: number): Promise<void>
  /** Does what comes before it; answers with the way to start it, which resolves when it runs. */
  ready(engine: TestEngine): Promise<() => Promise<void>>
  /** Messages with an answer so far. */
  progress(engine: TestEngine): Promise<number>
  /** Until nothing is left but unknown outcomes; answers with what did not come right. */
  finish(stage: Stage, engine: TestEngine): Promise<readonly string[]>
}

const latestJob = async ({ store }: TestEngine): Promise<Job | null> => {
  const [job] = await store.jobReader.jobs({ source: testSource, before: null, limit: 1 })
  return job ?? null
}

/** `rate`: messages a second; null: as fast as it goes. */
export const resendAt = (rate: number | null): Work => ({
  name: 'resend',
  async prepare(stage, count) {
    await addPending(stage.database, { queue: stage.queue, count, chainOf: CHAINS })
    await stage.database.sql(`update outbox_message set status = 'failed', attempts = 3`)
    if (stage.keyed)
      await stage.database.sql(
        `update outbox_message set exchange = routing_key, routing_key = coalesce(chain_key, message_id)`,
      )
  },
  async ready(engine) {
    const { plan, digest } = await engine.plan({ trouble: 'failed' })
    await engine.unlock()
    const options = { rate, ramp: false, brake: null }
    const run = () => engine.engine.jobs.run({ plan, digest, typedCount: null, options }, never)
    // A start that finds the source away has done nothing, and is asked for once more.
    return async () => void (await run().catch(run))
  },
  progress: async (engine) => (await latestJob(engine))?.ended ?? 0,
  async finish(_stage, engine) {
    const job = (await latestJob(engine))?.job
    // It never began: its rows are failed as before.
    if (job === undefined) return []
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const { state, interruption } = await engine.ended(job)
      if (state === 'done') return []
      if (round === ROUNDS_MAX - 1) return [`the job is ${state}: ${interruption?.code ?? ''}`]
      await sleep(ROUND_MS)
      await engine.engine.jobs.continue(job)
    }
    return []
  },
})

export const resend = resendAt(null)

export const sweep: Work = {
  name: 'sweep',
  prepare: (stage, count) => addPending(stage.database, { queue: stage.queue, count, chainOf: CHAINS }),
  async ready(engine) {
    await engine.unlock()
    return async () => void (await engine.engine.sweeps.runNow(testSource))
  },
  progress: async (engine) => (await latestJob(engine))?.ended ?? 0,
  async finish(stage, engine) {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      while ((await engine.engine.sweeps.view(testSource, 1)).runs[0]?.state === 'running')
        await sleep(POLL_MS)
      await anHourLater(stage.database)
      const { state, outcome } = await engine.sweep()
      // What is open now lies behind an unknown outcome of its chain.
      if (state === 'done' && outcome?.claimed === 0) return []
      if (state !== 'done') await sleep(ROUND_MS)
    }
    const [run] = (await engine.engine.sweeps.view(testSource, 1)).runs
    return [`rows stay due; the last run ${run?.state}: ${run?.trouble?.reason ?? ''}`]
  },
}

interface Unknown {
  readonly job: string
  readonly seq: number
  readonly messageId: string
}

async function unknownItems({ store }: TestEngine): Promise<readonly Unknown[]> {
  const found = await store.jobReader.unsettled({ source: testSource, after: null, limit: ITEMS_MAX })
  return found.map(({ job, item: { seq, messageId } }) => ({ job: job.job, seq, messageId }))
}

/** What a person who settles unknown outcomes goes by: the queue itself, or nothing at all. */
export type Settling = 'by-looking' | 'blindly-not-sent'

export interface Ending {
  readonly stage: Stage
  readonly engine: TestEngine
  readonly work: Work
  readonly broken: readonly string[]
}

/**
 * After the work has ended: compares what is called sent with what the broker holds, settles what is unknown, resends
 * what is left, and compares again. A resend of an outcome that was settled blindly may double it; nothing else may.
 */
export async function conclude(
  scenario: string,
  { stage, engine, work, broken }: Ending,
  settling: Settling,
): Promise<Score> {
  await sleep(SETTLE_MS)
  const problems = [...broken]
  const hold = (what: string, holds: boolean): void => void (holds || problems.push(what))
  const first = await stage.take()
  const unknown = await unknownItems(engine)
  const sentBefore = await idsOf(stage, `status = 'sent'`)
  const held = new Set(first)
  const ghosts = sentBefore.filter((id) => !held.has(id))
  hold(`${ghosts.length} rows sent that the broker does not hold`, ghosts.length === 0)
  hold('a message was sent twice before anybody settled anything', held.size === first.length)
  const doubtful = new Set(unknown.map(({ messageId }) => messageId))
  const strangers = first.filter((id) => !doubtful.has(id) && !sentBefore.includes(id))
  hold(`${strangers.length} delivered that are neither sent nor unknown`, strangers.length === 0)

  await engine.unlock()
  for (const as of ['sent', 'not-sent'] as const) {
    const chosen = unknown.filter(
      ({ messageId }) => (settling === 'by-looking' && held.has(messageId)) === (as === 'sent'),
    )
    for (const job of new Set(chosen.map((item) => item.job))) {
      const seqs = chosen.filter((item) => item.job === job).map(({ seq }) => seq)
      const { unmarked } = await engine.engine.jobs.settle(job, { seqs, as, reason: settling }, never)
      hold(`${unmarked} settled rows were not the job's any more`, unmarked === 0)
    }
  }
  if ((await idsOf(stage, `status = 'failed'`)).length > 0) {
    const { state, tally } = await engine.run(await engine.plan({ trouble: 'failed' }))
    hold(`the last resend is ${state}`, state === 'done' && tally.unknown === 0)
  }
  if (work.name === 'sweep') problems.push(...(await work.finish(stage, engine)))
  const attempted = await idsOf(stage, 'true')
  const acknowledged = await idsOf(stage, `status = 'sent'`)
  const missing = attempted.length - acknowledged.length
  hold(`${missing} rows are not sent in the end`, missing === 0)
  hold('the journal is broken', (await engine.store.journal.verify(never)).intact)
  const delivered = [...first, ...(await stage.take())]
  if (settling === 'by-looking') hold('a chain is out of order', await inOrder(stage, delivered))
  return scoreOf(scenario, { attempted, acknowledged, delivered, unknown: unknown.length, broken: problems })
}

async function inOrder({ database }: Stage, delivered: readonly string[]): Promise<boolean> {
  const rows = await database.sql(
    'select chain_key, message_id from outbox_message where chain_key is not null order by id',
  )
  return [...Map.groupBy(rows, (row) => row['chain_key']).values()].every((chain) => {
    const own = chain.map((row) => row['message_id'] ?? '')
    return delivered.filter((id) => own.includes(id)).join(' ') === own.join(' ')
  })
}

async function idsOf({ database }: Stage, where: string): Promise<readonly string[]> {
  const rows = await database.sql(`select message_id from outbox_message where ${where} order by id`)
  return rows.map((row) => row['message_id'] ?? '')
}
