/**
 * A process that runs one resend or one sweep and kills itself at a given point, as a power cut would.
 * Prints the number of points when it gets through. Argument: CrashChild as JSON.
 */
import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import { withCrashPoints } from './crash-points.ts'
import type { CrashPoints } from './crash-points.ts'
import { openTestEngine } from './test-engine.ts'
import type { TestEngine } from './test-engine.ts'

export interface CrashChild {
  readonly dataDir: string
  readonly databaseUrl: string
  readonly batch: number
  /** Number of the point; 0: never. Or its name: the first point that is called so. */
  readonly crashAt: number | string
  /** Runs a sweep with this policy; a resend of what failed where it is not said. */
  readonly sweep?: SweepPolicy
  /** The resend begins with its ramp, is paused once and continued. */
  readonly careful?: boolean
}

const { crashAt, careful, ...options } = JSON.parse(process.argv[2] ?? '{}') as CrashChild
let points: CrashPoints | null = null
const test = openTestEngine({
  ...options,
  wrap: (ports) => {
    points = withCrashPoints(ports, (point, name) => {
      if (point === crashAt || name === crashAt) process.kill(process.pid, 'SIGKILL')
    })
    return points.ports
  },
})
const state = options.sweep ? (await test.sweep()).state : await resend(test)
await test.close()
console.log(JSON.stringify({ points: (points as CrashPoints | null)?.passed() ?? 0, state }))

async function resend({ engine, plan, run, unlock, ended }: TestEngine): Promise<string> {
  const made = await plan({ trouble: 'failed' })
  if (careful !== true) return (await run(made)).state
  await unlock()
  const never = new AbortController().signal
  const request = { plan: made.plan, digest: made.digest, typedCount: null }
  const { job } = await engine.jobs.run(
    { ...request, options: { rate: null, ramp: true, brake: null } },
    never,
  )
  // It may have ended by then: that is another point, not another test.
  await engine.jobs.pause(job).catch(() => undefined)
  const paused = await engine.jobs.get(job)
  if (paused.state === 'paused') await engine.jobs.continue(job)
  return (await ended(job)).state
}
