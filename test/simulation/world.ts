import { profileByName } from '../../src-main/adapters/profiles/profiles.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import type { Engine } from '../../src-main/app/engine.ts'
import type { Random } from '../../src-main/sandbox/random.ts'
import { Facts } from './facts.ts'
import { ATTEMPTS_MAX, stream, STUCK_AFTER_SEC, untilNext } from './scenario.ts'
import type { BrokerFaults, Scenario } from './scenario.ts'
import { SimBrokerServer } from './sim-broker.ts'
import type { Fate } from './broker-weather.ts'
import { SimTable } from './sim-table.ts'
import type { Columns } from './sim-table.ts'
import { createTrace } from './trace.ts'
import type { Trace } from './trace.ts'
import { VirtualTime, wallClock } from './virtual-time.ts'

const EPOCH_MS = Date.UTC(2026, 0, 1)
const CONFIRM_TIMEOUT_MS = 30_000
const TRAVEL_MS_MAX = 10
const SLOW_MS_MAX = 40_000
const REDIAL_MS_MAX = 2_000
const DOWN_MS_MAX = 5_000
const CLOCK_JUMP_MS_MAX = 20 * 60_000

/** What is put in front of the engine's ports, or changed in the engine itself; the planted bugs do both. */
export interface Plant {
  readonly ports?: (ports: EnginePorts, storeFile: string) => EnginePorts
  readonly engine?: (engine: Engine) => void
}

/** Everything outside of the consoles: source, broker, time and chance. */
export interface World {
  readonly scenario: Scenario
  readonly time: VirtualTime
  readonly epochMs: number
  readonly trace: Trace
  readonly facts: Facts
  readonly table: SimTable
  readonly broker: SimBrokerServer
  readonly plant: Plant
  /** Where this seed's stores lie, and an empty one to begin with. */
  readonly folder: string
  readonly emptyStore: string
  /** By message: publishes of the relay whose end it did not write down. */
  readonly relayExcuses: Map<string, number>
  /** From then on nothing goes wrong any more. */
  calm: boolean
  /** The story is over: everything that is wrong with its end is wanted, not only the first. */
  judging: boolean
  clockOffsetMs(console: string): number
}

export function createWorld(
  scenario: Scenario,
  places: { readonly folder: string; readonly emptyStore: string; readonly plant: Plant },
): World {
  const { seed } = scenario
  const time = new VirtualTime(stream(seed, 'time'))
  const trace = createTrace(() => time.nowMs)
  const facts: Facts = new Facts({
    trace,
    events: () => time.events,
    unfinishedBefore: (row) => unfinishedBefore(table, row),
    sweepsInOrder: scenario.sweep.order === 'chain',
  })
  const world = { calm: false, judging: false }
  const offsets = new Map<string, number>()
  const broker = new SimBrokerServer(
    {
      clock: wallClock(time, EPOCH_MS, () => 0),
      confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
      ...brokerWeather(stream(seed, 'broker'), () => (world.calm ? null : scenario.broker)),
    },
    ({ message, by }) => facts.stored(by, message),
  )
  const table: SimTable = new SimTable({
    mapping: profileByName('redrive-reference'),
    limits: { stuckAfterSec: STUCK_AFTER_SEC, attemptsMax: ATTEMPTS_MAX },
    nowMs: () => EPOCH_MS + time.nowMs,
    onWrite: (write) => facts.wrote(write),
  })
  fill(table, broker, scenario)
  const made = Object.assign(world, {
    ...{ scenario, time, trace, facts, table, broker, epochMs: EPOCH_MS, ...places },
    relayExcuses: new Map<string, number>(),
    clockOffsetMs: (console: string) => offsets.get(console) ?? 0,
  })
  beginWeather(made, offsets)
  return made
}

function unfinishedBefore(table: SimTable, id: string): readonly string[] {
  const chain = table.row(id)?.columns['chain_key'] ?? null
  if (chain === null) return []
  return table
    .rows()
    .filter((row) => Number(row.id) < Number(id) && row.columns['chain_key'] === chain)
    .flatMap((row) => (['sent', 'discarded'].includes(table.state(row)) ? [] : [row.id]))
}

function brokerWeather(random: Random, faults: () => BrokerFaults | null) {
  const fates: readonly (readonly [keyof BrokerFaults, Fate])[] = [
    ['nack', 'nack'],
    ['lostBefore', 'lost-before'],
    ['lostAfter', 'lost-after'],
    ['cutBefore', 'cut-before'],
    ['cutAfter', 'cut-after'],
    ['twice', 'twice'],
  ]
  const travel = (): number =>
    random.next() * (random.chance(faults()?.slow ?? 0) ? SLOW_MS_MAX : TRAVEL_MS_MAX)
  return {
    fate(): Fate {
      const now = faults()
      if (!now) return 'none'
      let left = random.next()
      for (const [name, fate] of fates) {
        left -= now[name]
        if (left < 0) return fate
      }
      return 'none'
    },
    transitMs: () => random.next() * TRAVEL_MS_MAX,
    answerMs: travel,
    redialMs: () => random.next() * REDIAL_MS_MAX,
    survivors: (inTransit: number) => random.int(0, inTransit),
  }
}

/** Queues that take, refuse and do not exist. */
const DESTINATIONS = [
  { exchange: 'shop', routing_key: 'order' },
  { exchange: 'shop', routing_key: 'order' },
  { exchange: '', routing_key: 'orders' },
  { exchange: 'shop', routing_key: 'nobody' },
  { exchange: 'gone', routing_key: 'order' },
  { exchange: '', routing_key: 'full' },
] as const

const STATES: readonly Columns[] = [
  { status: 'failed', attempts: 3, last_error: 'timeout' },
  { status: 'failed', attempts: 3, last_error: 'timeout' },
  { status: 'failed', attempts: 1, last_error: 'nack' },
  { status: 'pending', attempts: 0 },
  { status: 'pending', attempts: 2, last_error: 'timeout' },
  { status: 'sending', attempts: 1 },
  { status: 'sent', attempts: 1 },
]

const AGE_MS = 3_600_000

function fill(table: SimTable, broker: SimBrokerServer, { seed, rows }: Scenario): void {
  const random = stream(seed, 'rows')
  const { topology } = broker
  topology.declareExchange('shop', 'direct')
  topology.declareQueue('orders')
  topology.declareQueue('full', 0)
  topology.bind('orders', 'shop', 'order')
  const fewDestinations = random.chance(0.6) ? DESTINATIONS.slice(0, 3) : DESTINATIONS
  for (let count = 0; count < rows; count += 1) insertRow(table, random, fewDestinations)
}

export function insertRow(
  table: SimTable,
  random: Random,
  destinations: readonly { readonly exchange: string; readonly routing_key: string }[],
  state: Columns = random.pick(STATES),
): void {
  const number = table.rows().length + 1
  const thenMs = table.nowMs() - (state['status'] === 'pending' && random.chance(0.3) ? 0 : AGE_MS)
  table.insert({
    message_id: `m-${number}`,
    type: random.pick(['OrderPaid', 'OrderPlaced']),
    chain_key: random.chance(0.5) ? random.pick(['c-1', 'c-2', 'c-3']) : null,
    prev_id: null,
    ...random.pick(destinations),
    payload: JSON.stringify({ order: number }),
    headers: random.chance(0.5) ? '{"x-trace": "t"}' : null,
    created_at: thenMs,
    updated_at: thenMs,
    next_attempt_at: null,
    last_error: null,
    ...state,
  })
}

/** What happens by itself: the broker restarts or raises alarms, somebody sets clocks, the service changes rows. */
function beginWeather(world: World, offsets: Map<string, number>): void {
  const { scenario, time, broker, trace, table } = world
  const recurring = (name: string, meanMs: number | null, happen: (random: Random) => void): void => {
    if (meanMs === null) return
    const random = stream(scenario.seed, name)
    const loop = async (): Promise<void> => {
      for (;;) {
        await time.sleep(untilNext(random, meanMs))
        if (world.calm) return
        happen(random)
      }
    }
    void loop()
  }
  const lasting = (begin: () => void, end: () => void) => (random: Random) => {
    begin()
    void time.sleep(random.next() * DOWN_MS_MAX).then(end)
  }
  recurring(
    'restart',
    scenario.brokerRestartMs,
    lasting(
      () => {
        trace.line('broker', 'stops')
        broker.stop('the broker was stopped')
      },
      () => broker.start(),
    ),
  )
  recurring(
    'alarm',
    scenario.brokerBlockMs,
    lasting(
      () => {
        trace.line('broker', 'alarm')
        broker.block('low on memory')
      },
      () => broker.block(null),
    ),
  )
  recurring('clock', scenario.clockJumpMs, (random) => {
    const console = random.pick(scenario.consoles)
    const offsetMs = random.int(-CLOCK_JUMP_MS_MAX, CLOCK_JUMP_MS_MAX)
    trace.line(console, `clock set wrong by ${offsetMs} ms`)
    offsets.set(console, offsetMs)
  })
  recurring('service', scenario.meddleMs, (random) => meddle(table, random))
}

/** The service itself touches, edits, adds and finishes rows at any time. */
function meddle(table: SimTable, random: Random): void {
  const who = (action: string) => ({ by: 'service', action })
  const row = random.pick(table.rows())
  const status = row.columns['status']
  switch (random.int(0, 3)) {
    case 0:
      table.write(row, { updated_at: table.nowMs() }, who('touch'))
      return
    case 1:
      if (status === 'failed' || status === 'pending')
        table.write(row, { payload: JSON.stringify({ edited: table.nowMs() }) }, who('edit'))
      return
    case 2:
      if (status === 'failed') table.write(row, { status: 'pending', attempts: 0 }, who('retry'))
      return
    default:
      insertRow(table, random, DESTINATIONS.slice(0, 3), { status: 'pending', attempts: 0 })
  }
}
