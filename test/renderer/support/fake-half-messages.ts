import { implement } from '@orpc/server'
import { halfMessages } from '../../../src-preload/contract/half-messages.ts'
import type { CheckBack, CheckOutcome, CheckRun } from '../../../src-preload/contract/half-messages.ts'
import { changed, iso, meet, note, refuse, sourceOf, type World } from './fake-world.ts'

const NOTHING: CheckOutcome = {
  ...{ asked: 0, committed: 0, rolledBack: 0, unknown: 0, parked: 0, left: 0, unsettled: 0, failedCalls: 0 },
}

let runNumber = 0

/** Gives a source a check-back. */
export function setCheckBack(world: World, source: string, change: Partial<CheckBack> = {}): CheckBack {
  const { connection } = sourceOf(world, source)
  const known = world.checkBacks.get(source) ?? {
    source,
    environment: connection.environment,
    asks: 'GET https://orders.internal/check/{messageId}',
    ...{ everySec: 60, firstAgeSec: 60, againSec: 60, checksMax: 15, concurrency: 8, rate: 50 },
    state: 'off' as const,
    stopped: null,
    failures: 0,
    nextRunAt: null,
    runs: [],
  }
  const next = { ...known, ...change }
  world.checkBacks.set(source, next)
  changed(world)
  return next
}

export function addCheckRun(
  world: World,
  source: string,
  { outcome, ...more }: Partial<Omit<CheckRun, 'outcome'>> & { outcome?: Partial<CheckOutcome> } = {},
): CheckRun {
  const at = iso(world.now())
  const run: CheckRun = {
    run: `check-${(runNumber += 1)}`,
    source,
    trigger: 'schedule',
    operator: world.operator,
    startedAt: at,
    endedAt: at,
    state: 'done',
    outcome: { ...NOTHING, ...outcome },
    trouble: null,
    ...more,
  }
  setCheckBack(world, source, { runs: [run, ...(world.checkBacks.get(source)?.runs ?? [])] })
  return run
}

export function fakeHalfMessages(world: World) {
  const os = implement(halfMessages)
  const locked = (source: string) => sourceOf(world, source).connection.unlockedUntil === null
  const of = (source: string) => world.checkBacks.get(source) ?? refuse('check-back-not-set', { source })
  return {
    list: os.list.handler(async ({ input }) => {
      await meet(world, 'halfMessages.list', null)
      const all = [...world.checkBacks.values()]
      return { checkBacks: all.map((one) => ({ ...one, runs: one.runs.slice(0, input.runs) })) }
    }),
    standings: os.standings.handler(async ({ input: { source, ids } }) => {
      await meet(world, 'halfMessages.standings', source)
      const standings = ids.flatMap((id) => world.halfStandings.get(id) ?? [])
      return { checksMax: world.checkBacks.get(source)?.checksMax ?? null, standings }
    }),
    askNow: os.askNow.handler(async ({ input: { source, ids } }) => {
      await meet(world, 'halfMessages.askNow', source)
      if (locked(source) && (ids !== null || of(source).state !== 'on')) refuse('source-locked', { source })
      of(source)
      world.asked.push(ids)
      return addCheckRun(world, source, { trigger: 'operator', outcome: { asked: ids?.length ?? 0 } })
    }),
    watch: os.watch.handler(async function* ({ input }): AsyncGenerator<CheckRun> {
      const all = [...world.checkBacks.values()].flatMap(({ runs }) => runs)
      yield all.find(({ run }) => run === input.run) ?? refuse('sweep-not-found', { run: input.run })
    }),
    stop: os.stop.handler(async ({ input: { source } }) => {
      await meet(world, 'halfMessages.stop', source)
      return {}
    }),
    enable: os.enable.handler(async ({ input: { source, typedName } }) => {
      await meet(world, 'halfMessages.enable', source)
      if (locked(source)) refuse('source-locked', { source })
      if (of(source).environment === 'production' && typedName !== source)
        refuse('name-not-typed', { source })
      note(world, { action: 'check-back-switched', source })
      return setCheckBack(world, source, { state: 'on', nextRunAt: iso(world.now() + 60_000) })
    }),
    disable: os.disable.handler(async ({ input: { source } }) => {
      await meet(world, 'halfMessages.disable', source)
      return setCheckBack(world, source, { state: 'off', nextRunAt: null })
    }),
    decide: os.decide.handler(async ({ input }) => {
      await meet(world, 'halfMessages.decide', input.source)
      if (locked(input.source)) refuse('source-locked', { source: input.source })
      world.decided.push(input)
      return {}
    }),
  }
}
