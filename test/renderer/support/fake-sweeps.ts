import { implement } from '@orpc/server'
import { sweeps } from '../../../src-preload/contract/sweeps.ts'
import type { Sweep, SweepOutcome, SweepRun, SweepSettings } from '../../../src-preload/contract/sweeps.ts'
import { changed, iso, meet, note, refuse, sourceOf, type World } from './fake-world.ts'

const SETTINGS: SweepSettings = {
  everySec: 60,
  batch: 500,
  rate: null,
  attemptsMax: 3,
  stuckAfterSec: 300,
  backoff: { firstSec: 30, factor: 4, capSec: 3_600, jitter: 0.5 },
  order: 'chain',
  resendUnknown: false,
}

const NOTHING: SweepOutcome = {
  job: null,
  claimed: 0,
  confirmed: 0,
  retried: 0,
  failed: 0,
  unknown: 0,
  returned: 0,
  refused: 0,
  expired: 0,
  interruption: null,
}

let runNumber = 0

/** Puts a run in front of the source's runs, as one that has just ended unless it says otherwise. */
export function addRun(
  world: World,
  source: string,
  { outcome, ...more }: Partial<Omit<SweepRun, 'outcome'>> & { outcome?: Partial<SweepOutcome> | null } = {},
): SweepRun {
  const at = iso(world.now())
  const run: SweepRun = {
    run: `sweep-${(runNumber += 1)}`,
    source,
    trigger: 'schedule',
    operator: world.operator,
    startedAt: at,
    endedAt: at,
    state: 'done',
    outcome: outcome === null ? null : { ...NOTHING, ...outcome },
    trouble: null,
    ...more,
  }
  setSweep(world, source, { runs: [run, ...sweepOf(world, source).runs] })
  return run
}

export function setSweep(world: World, source: string, change: Partial<Sweep>): Sweep {
  const next = { ...sweepOf(world, source), ...change }
  world.sweeps.set(source, next)
  changed(world)
  return next
}

export function sweepOf(world: World, source: string): Sweep {
  const { connection } = sourceOf(world, source)
  const known = world.sweeps.get(source)
  if (known) return known
  return {
    source,
    environment: connection.environment,
    deliverTo: connection.deliverTo,
    settings: SETTINGS,
    isSetUp: false,
    state: 'off',
    stopped: null,
    failures: 0,
    nextRunAt: null,
    runs: [],
  }
}

export function fakeSweeps(world: World) {
  const os = implement(sweeps)
  const requireConsent = (source: string, typedName: string | null): void => {
    const { connection } = sourceOf(world, source)
    if (connection.unlockedUntil === null) refuse('source-locked', { source })
    if (connection.environment === 'production' && typedName !== source) refuse('name-not-typed', { source })
  }
  return {
    list: os.list.handler(async ({ input }) => {
      await meet(world, 'sweeps.list', null)
      const all = [...world.sources.keys()].map((source) => sweepOf(world, source))
      return { sweeps: all.map((sweep) => ({ ...sweep, runs: sweep.runs.slice(0, input.runs) })) }
    }),
    configure: os.configure.handler(async ({ input: { source, settings, typedName } }) => {
      await meet(world, 'sweeps.configure', source)
      if (['on', 'stopped'].includes(sweepOf(world, source).state)) requireConsent(source, typedName)
      note(world, { action: 'workspace-changed', source, detail: { change: 'sweep' } })
      return setSweep(world, source, { settings, isSetUp: true })
    }),
    enable: os.enable.handler(async ({ input: { source, typedName } }) => {
      await meet(world, 'sweeps.enable', source)
      requireConsent(source, typedName)
      note(world, { action: 'sweep-switched', source })
      const nextRunAt = iso(world.now() + 60_000)
      return setSweep(world, source, { state: 'on', isSetUp: true, stopped: null, failures: 0, nextRunAt })
    }),
    disable: os.disable.handler(async ({ input: { source } }) => {
      await meet(world, 'sweeps.disable', source)
      note(world, { action: 'sweep-switched', source })
      return setSweep(world, source, { state: 'off', stopped: null, nextRunAt: null })
    }),
    runNow: os.runNow.handler(async ({ input: { source } }) => {
      await meet(world, 'sweeps.runNow', source)
      if (sweepOf(world, source).state !== 'on' && sourceOf(world, source).connection.unlockedUntil === null)
        refuse('source-locked', { source })
      return addRun(world, source, { trigger: 'operator', state: 'running', endedAt: null, outcome: null })
    }),
    watch: os.watch.handler(async function* ({ input }): AsyncGenerator<SweepRun> {
      const all = [...world.sweeps.values()].flatMap(({ runs }) => runs)
      yield all.find(({ run }) => run === input.run) ?? refuse('sweep-not-found', { run: input.run })
    }),
    stop: os.stop.handler(async ({ input: { source } }) => {
      await meet(world, 'sweeps.stop', source)
      const { runs } = sweepOf(world, source)
      const endedAt = iso(world.now())
      setSweep(world, source, {
        runs: runs.map((run) =>
          run.state === 'running' ? { ...run, state: 'stopped' as const, endedAt, outcome: NOTHING } : run,
        ),
      })
      return {}
    }),
  }
}
