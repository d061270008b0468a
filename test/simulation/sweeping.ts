import { RedriveError } from '../../src-main/domain/errors.ts'
import type { SweepRun } from '../../src-main/domain/sweep.ts'
import { sourceName } from './sim-console.ts'
import type { SimConsole } from './sim-console.ts'
import type { World } from './world.ts'

/** Longer than every limit inside Redrive together. */
const SWEEP_MS_MAX = 600_000
const LOOK_MS = 500

/** Who sweeps. */
export interface Sweeper {
  readonly console: SimConsole
  readonly world: World
  unlock(): Promise<void>
  /** Null where it was refused. */
  attempt<T>(work: () => Promise<T>): Promise<T | null>
}

/** Switches the schedule on, as a person does who has the source unlocked. */
export async function switchOn(operator: Sweeper): Promise<void> {
  await operator.unlock()
  await operator.attempt(() =>
    operator.console.call((engine) => engine.switching.switchOn(sourceName, sourceName)),
  )
}

export async function switchOff({ console }: Sweeper): Promise<void> {
  await console.call((engine) => engine.switching.switchOff(sourceName))
}

/** Runs the sweep once. Null where it was refused: one is under way, or the source is locked. */
export async function sweepOnce(
  operator: Sweeper,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<SweepRun | null> {
  const { console, world } = operator
  const begun = await operator.attempt(() => console.call((engine) => engine.sweeps.runNow(sourceName)))
  if (!begun) return null
  const limitMs = world.time.nowMs + SWEEP_MS_MAX
  while (world.time.nowMs < limitMs) {
    const now = await console.call((engine) => engine.sweeps.run(begun.run))
    if (now.state !== 'running') return judged(operator, now)
    await world.time.sleep(LOOK_MS)
    await meanwhile()
  }
  world.facts.violate('nothing hangs', `${begun.run} is still running`)
  throw new RedriveError('internal', 'never', { reason: 'a sweep hangs' })
}

/** The reasons for which a run may fail are all outside of Redrive. */
function judged({ world }: Sweeper, run: SweepRun): SweepRun {
  const code = run.trouble?.code
  if (code !== undefined && ['internal', 'store-failed', 'job-state-forbids'].includes(code))
    world.facts.violate('no surprise error', `${run.run} failed: ${code} ${run.trouble?.reason ?? ''}`)
  return run
}
