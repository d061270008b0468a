import type { SourceDriver } from '../../src-main/domain/workspace.ts'
import { quickSweep } from '../support/sweep-samples.ts'
import { runCrashChild } from '../support/run-crash-child.ts'
import type { TestEngine } from '../support/test-engine.ts'
import { sumOf } from './score.ts'
import type { Score } from './score.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { conclude, resend, sweep } from './work.ts'
import type { Work } from './work.ts'

/** Small, so that there are many points: claims, intents and marks of several batches overlap. */
const BATCH = 12
const POINTS_MAX = 500
const ITEMS_MAX = 1_000

export interface KillRun {
  /** Points at which the process was killed. */
  readonly points: number
  readonly score: Score
}

export interface KillOptions {
  /** Messages. */
  readonly count: number
  /** Only every so manieth point; every one where it is not said. */
  readonly stride?: number
  /** Of the source. */
  readonly driver?: SourceDriver
}

/**
 * kill -9 at every journal point, one process after the other: of a sweep, or of a resend that begins with its ramp, is
 * paused and goes on.
 */
export async function killAtEveryPoint(
  what: 'sweep' | 'careful resend',
  { count, stride = 1, driver = 'postgres' }: KillOptions,
): Promise<KillRun> {
  const stage = await openStage({ driver })
  const work = what === 'sweep' ? sweep : resend
  const scores: Score[] = []
  try {
    for (let point = 1; ; point += stride) {
      if (point > POINTS_MAX) throw new Error('the child never gets through')
      await stage.clear()
      await work.prepare(stage, count)
      const place = { dataDir: await stage.folder(), databaseUrl: stage.database.url, batch: BATCH }
      const how = what === 'sweep' ? { sweep: quickSweep } : { careful: true }
      const { killed } = await runCrashChild({ ...place, ...how, crashAt: point })
      const engine = await stage.engine({ ...place, sweep: quickSweep })
      scores.push(await checkAfter(`point ${point}`, { stage, engine, work }))
      await engine.close()
      if (!killed) break
    }
  } finally {
    await stage.close()
  }
  const score = sumOf(`kill -9 at ${scores.length - 1} points of a ${what}, ${driver}`, scores)
  return { points: scores.length - 1, score }
}

/** The next start, and then everything else until every message is sent. */
async function checkAfter(
  at: string,
  { stage, engine, work }: { readonly stage: Stage; readonly engine: TestEngine; readonly work: Work },
): Promise<Score> {
  await engine.engine.recover()
  const broken = [...(await leftHalfWay(stage, engine))]
  await engine.unlock()
  broken.push(...(await work.finish(stage, engine)))
  return conclude(at, { stage, engine, work, broken }, 'by-looking')
}

/** After a start a row is in flight exactly where its outcome is unknown; everything else is given back or marked. */
async function leftHalfWay({ database }: Stage, { store }: TestEngine): Promise<readonly string[]> {
  const rows = await database.sql(`select id from outbox_message where status = 'sending' order by id`)
  const unknown = await store.jobReader.unsettled({ source: null, after: null, limit: ITEMS_MAX })
  const held = rows.map(({ id }) => id).join(' ')
  const doubtful = unknown
    .map(({ item }) => Number(item.id))
    .sort((a, b) => a - b)
    .join(' ')
  return held === doubtful ? [] : [`rows in flight after the start: ${held}; unknown: ${doubtful}`]
}
