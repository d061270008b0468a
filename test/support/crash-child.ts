/**
 * A process that runs one resend and kills itself at a given point, as a power cut would.
 * Prints the number of points when it gets through. Argument: CrashChild as JSON.
 */
import { withCrashPoints } from './crash-points.ts'
import type { CrashPoints } from './crash-points.ts'
import { openTestEngine } from './test-engine.ts'

export interface CrashChild {
  readonly dataDir: string
  readonly databaseUrl: string
  readonly batch: number
  /** 0: never. */
  readonly crashAt: number
}

const { crashAt, ...options } = JSON.parse(process.argv[2] ?? '{}') as CrashChild
let points: CrashPoints | null = null
const test = openTestEngine({
  ...options,
  wrap: (ports) => {
    points = withCrashPoints(ports, (point) => {
      if (point === crashAt) process.kill(process.pid, 'SIGKILL')
    })
    return points.ports
  },
})
const job = await test.run(await test.plan({ trouble: 'failed' }))
await test.close()
console.log(JSON.stringify({ points: (points as CrashPoints | null)?.passed() ?? 0, state: job.state }))
