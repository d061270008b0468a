import { mkdirSync, mkdtempSync, rmSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finish, verdictOf } from './ending.ts'
import { Operator } from './operator.ts'
import type { Property, Violation } from './properties.ts'
import { runRelay } from './relay.ts'
import { faultsOf, scenarioOf } from './scenario.ts'
import { makeEmptyStore, SimConsole } from './sim-console.ts'
import { createWorld } from './world.ts'
import type { Plant, World } from './world.ts'
import { SimulationStuck } from './virtual-time.ts'

/** The longest seeds have some thousands. */
const EVENTS_MAX = 30_000
const TAIL_LINES = 60

export interface SeedReport {
  readonly seed: number
  readonly violations: readonly Violation[]
  /** What the seed plays, and the end of what happened. */
  readonly faults: readonly string[]
  readonly tail: readonly string[]
  readonly traceHash: string
  readonly events: number
  readonly virtualMs: number
  readonly attempted: number
  readonly acknowledged: number
  readonly lost: number
  readonly unexpected: number
  readonly recovered: number
  readonly duplicated: number
  readonly unknown: number
}

/** A bug for the properties to find. */
export interface Planted extends Plant {
  readonly breaks: Property
}

/** Where seeds lie: in memory where the machine has such a place. The store's own settings stay as they are. */
export interface SeedPlace {
  /** Ends at the first broken property, or only at the one that `planted` names. */
  run(seed: number, planted?: Planted): Promise<SeedReport>
  close(): void
}

export async function openSeedPlace(): Promise<SeedPlace> {
  const memory = '/dev/shm'
  const root = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'redrive-simulation-'))
  const emptyStore = join(root, 'empty')
  await makeEmptyStore(emptyStore)
  return {
    async run(seed, plant: Partial<Planted> = {}) {
      const folder = join(root, String(seed))
      mkdirSync(folder)
      try {
        return await runSeed(seed, { folder, emptyStore, plant })
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
    close: () => rmSync(root, { recursive: true }),
  }
}

async function runSeed(
  seed: number,
  places: { readonly folder: string; readonly emptyStore: string; readonly plant: Partial<Planted> },
): Promise<SeedReport> {
  const world = createWorld(scenarioOf(seed), places)
  const operators = world.scenario.consoles.map((name) => new Operator(world, new SimConsole(world, name)))
  const unhandled = (error: unknown): void =>
    world.facts.violate('no surprise error', `nobody handles ${String(error)}`)
  process.on('unhandledRejection', unhandled)
  try {
    await play(world, operators, places.plant.breaks)
    for (const { console } of operators) if (console.alive) await console.process.store.close()
  } finally {
    process.off('unhandledRejection', unhandled)
  }
  return reportOf(world)
}

async function play(world: World, operators: readonly Operator[], awaited?: Property): Promise<void> {
  const { facts, time } = world
  const broken = (): boolean =>
    !world.judging && facts.violations.some(({ property }) => awaited === undefined || property === awaited)
  const story = async (): Promise<void> => {
    void runRelay(world)
    await Promise.all(operators.map((operator) => operator.work()))
    await finish(world, operators)
  }
  const told = story()
  // Whoever passes the time hears of it below.
  told.catch(() => undefined)
  try {
    await time.pass(told, broken, EVENTS_MAX)
    if (!broken()) await told
  } catch (error) {
    if (error instanceof SimulationStuck) facts.violate('nothing hangs', error.message)
    else
      facts.violate(
        'no surprise error',
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      )
  }
}

function reportOf(world: World): SeedReport {
  const { scenario, facts, trace, time } = world
  const { attempted, acknowledged, lost, unexpected, duplicated, recovered, unknown } = verdictOf(world)
  // The same words once more, from the two lists alone.
  for (const message of lost) facts.violate('nothing acknowledged is lost', `${message}: the final verdict`)
  for (const message of unexpected)
    facts.violate('nothing unexpected appears', `${message}: the final verdict`)
  return {
    seed: scenario.seed,
    violations: facts.violations,
    faults: faultsOf(scenario),
    tail: trace.tail(TAIL_LINES),
    traceHash: trace.hash(),
    events: time.events,
    virtualMs: time.nowMs,
    ...{ attempted, acknowledged, duplicated: duplicated.length, unknown },
    ...{ lost: lost.length, unexpected: unexpected.length, recovered: recovered.length },
  }
}
