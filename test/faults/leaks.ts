import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Footprint, LeakChild, LeakReport } from '../support/leak-child.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'
import { openStage } from './stage.ts'

const CHILD = resolve(import.meta.dirname, '../support/leak-child.ts')
/** What the heap may grow: noise, and what a job may leave behind for the health board and the like. */
const HEAP_NOISE_BYTES = 1_500_000
const HEAP_BYTES_PER_JOB = 5_000

export interface LeakRun {
  readonly report: LeakReport
  readonly score: Score
}

/** Jobs started, cancelled and finished: no connection, no timer and no heap may stay behind. */
export async function jobsLeaveNothing(jobs: number): Promise<LeakRun> {
  const stage = await openStage()
  try {
    const { queue, database } = stage
    const child: LeakChild = { dataDir: await stage.folder(), databaseUrl: database.url, queue, jobs }
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      CHILD,
      JSON.stringify(child),
    ])
    const report = JSON.parse(stdout) as LeakReport
    const rows = await database.sql('select message_id, status from outbox_message')
    const ids = (wanted: readonly (typeof rows)[number][]) => wanted.map((row) => row['message_id'] ?? '')
    const score = scoreOf(`${jobs} jobs started, cancelled and finished`, {
      attempted: ids(rows),
      acknowledged: ids(rows.filter((row) => row['status'] === 'sent')),
      delivered: await stage.take(),
      unknown: 0,
      broken: leaksOf(report, jobs),
    })
    return { report, score }
  } finally {
    await stage.close()
  }
}

export function leaksOf({ before, after, closed, states }: LeakReport, jobs: number): string[] {
  const broken: string[] = []
  const counts = ['timers', 'sourceConnections', 'brokerConnections', 'backends'] as const
  for (const count of counts)
    if (after[count] > before[count]) broken.push(`${count}: ${before[count]}, then ${after[count]}`)
  const gone: readonly (keyof Footprint)[] = counts
  for (const count of gone) if (closed[count] !== 0) broken.push(`${count} after closing: ${closed[count]}`)
  const growth = after.heapBytes - before.heapBytes
  if (growth > HEAP_NOISE_BYTES + jobs * HEAP_BYTES_PER_JOB) broken.push(`the heap grew by ${growth} bytes`)
  // Otherwise the jobs did not live the lives that they should.
  if ((states.done ?? 0) === 0 || (states.cancelled ?? 0) === 0)
    broken.push('no job was cancelled, or none done')
  return broken
}
