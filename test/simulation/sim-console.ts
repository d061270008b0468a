import { openLoads } from '../../src-main/adapters/source-load/source-load.ts'
import { actingAs } from '../../src-main/adapters/system/acting.ts'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openMappingTexts } from '../../src-main/adapters/mapping-schema/mapping-texts.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import type { Store } from '../../src-main/ports/store.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { createEngine } from '../../src-main/app/engine.ts'
import type { Engine } from '../../src-main/app/engine.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import { publish } from '../../src-main/ports/broker.ts'
import type { Broker, Publisher } from '../../src-main/ports/broker.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { everySource, inFront } from '../support/outbox-drivers.ts'
import { bound, Life, ProcessDied } from './life.ts'
import { observedOutbox, observedPublisher, observedStore } from './observed.ts'
import { stream } from './scenario.ts'
import type { OutgoingMessage } from '../../src-main/domain/outcome.ts'
import type { SimConnection } from './sim-broker.ts'
import { simOutbox } from './sim-outbox.ts'
import { sourceExecute } from './sim-source.ts'
import type { World } from './world.ts'
import type { Clock } from '../../src-main/ports/surroundings.ts'
import { wallClock } from './virtual-time.ts'

export const sourceName = 'orders'
const STORE_FILE = 'redrive.db'
/** What a power cut leaves behind. The -shm file is made anew from the log. */
const STORE_FILES = ['', '-wal', '.journal-head', '.seal'].map((suffix) => `${STORE_FILE}${suffix}`)

export const never = new AbortController().signal

/** An empty store to begin with; made once, because the schema costs more than most seeds. */
export async function makeEmptyStore(folder: string): Promise<void> {
  const clock = { now: () => new Date(0), sleep: () => Promise.resolve() }
  await openStore({ path: join(folder, STORE_FILE), clock }).close()
}

/** One process of Redrive: the real engine over a real store file, in a simulated world. */
export interface ConsoleProcess {
  readonly life: Life
  readonly engine: Engine
  readonly store: Store
}

/**
 * One operator's Redrive. Its process may be killed at any step; `start` then opens a copy of the files as they lay on
 * the disk at that moment.
 */
export class SimConsole {
  readonly name: string
  readonly #world: World
  #folder: string
  #starts = 0
  #latestMs = 0
  #process: ConsoleProcess | null = null

  constructor(world: World, name: string) {
    this.name = name
    this.#world = world
    this.#folder = world.emptyStore
  }

  get alive(): boolean {
    return this.#process?.life.dead === false
  }

  /** The process that is running. */
  get process(): ConsoleProcess {
    if (this.#process && !this.#process.life.dead) return this.#process
    throw new ProcessDied(`${this.name} is not running`)
  }

  /** Waits for `work` inside the process. Rejects with ProcessDied where the process is killed meanwhile. */
  async call<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const { life, engine } = this.process
    return life.outlived(() => work(engine))
  }

  /** Starts the process and lets it recover. `killAt`: the point at which it is killed while anything goes wrong. */
  async start(killAt: number): Promise<void> {
    this.#starts += 1
    this.#moveTo(`${this.name}-${this.#starts}`)
    this.#open(killAt)
    await this.call(async (engine) => {
      await engine.recover()
      await engine.sweeps.start()
    })
  }

  /** Ends the process as a window is closed or SIGTERM is obeyed. */
  async close(): Promise<void> {
    const { store, life } = this.process
    await this.call((engine) => engine.close())
    await store.close()
    // What is not done by now is not done: the host exits.
    life.end()
    this.#world.trace.line(this.name, 'closed')
  }

  /**
   * The store refuses a clock that went back, which has tests of its own: everything stands until somebody sets it. Here the
   * time of entries stands still instead, so that all else is met with a wrong clock.
   */
  #neverBack(clock: Clock): Clock {
    const now = (): Date => new Date((this.#latestMs = Math.max(this.#latestMs, clock.now().getTime())))
    return { ...clock, now }
  }

  #open(killAt: number): void {
    const world = this.#world
    const { trace, facts } = world
    const instance = `${this.name}-${this.#starts}`
    trace.line(instance, 'starts')
    facts.processStarted(this.name)
    const connections: SimConnection[] = []
    const clock = wallClock(world.time, world.epochMs, () => world.clockOffsetMs(this.name))
    const store = openStore({ path: join(this.#folder, STORE_FILE), clock: this.#neverBack(clock) })
    const life = new Life(
      () => (world.calm ? Infinity : killAt),
      (point) => {
        trace.line(instance, `killed ${point}`)
        this.#moveTo(`${instance}-killed`)
        // The file is a copy's from now on; nobody may find the old one locked.
        void store.close()
        for (const connection of connections) connection.abandon('the process ended')
      },
    )
    let ids = 0
    const chance = stream(world.scenario.seed, `chance of ${instance}`)
    const real: EnginePorts = {
      loads: openLoads({ clock }),
      drivers: {
        outbox: everySource(async () => observedOutbox(this.#outbox(life), facts)),
        evidence: everySource(() => Promise.reject(new Error('no evidence is mapped here'))),
        broker: {
          rabbitmq: () => {
            const connection = world.broker.connect(this.name, (message) => facts.sent(this.name, message))
            connections.push(connection)
            const openPublisher = async (signal: AbortSignal) =>
              observedPublisher(await connection.openPublisher(signal), facts)
            return { ...bound<Broker>(connection), openPublisher }
          },
        },
      },
      workspace: { load: () => Promise.resolve(workspaceOf(world)), save: () => Promise.resolve() },
      secrets: {
        resolve: () => Promise.resolve(''),
        keep: () => Promise.resolve({ prompt: true }),
        forget: () => Promise.resolve(),
      },
      jobStore: store.jobs,
      jobReader: store.jobReader,
      decisionStore: store.decisions,
      journal: store.journal,
      signing: { signer: null, readKey: () => null },
      sweepStore: store.sweeps,
      checkRunStore: store.checkRuns,
      halfStore: store.halfMessages,
      serviceCalls: { call: () => Promise.reject(new Error('nobody is asked here')) },
      mapping: {
        // The mapping is no matter of these tests.
        layouts: { detect: () => [], isOwn: () => true },
        texts: openMappingTexts({ read: () => Promise.reject(new Error('no file here')) }),
        survey: everySource(() => Promise.reject(new Error('no survey here'))),
        confirmations: store.confirmations,
      },
      auditStore: store.audits,
      auditWatches: store.auditWatches,
      recordLedger: store.recordLedger,
      upstream: store.upstream,
      samples: store.samples,
      alerts: store.alerts,
      noteStore: store.notes,
      viewStore: store.views,
      approvals: store.approvals,
      operators: store.operators,
      freshSecret: () => 'no secret here',
      deeds: store.deeds,
      callbackStore: () => Promise.reject(new Error('no callback service here')),
      clock,
      ids: {
        next: (prefix) =>
          `${prefix}-${String(this.#starts).padStart(2, '0')}${String(++ids).padStart(4, '0')}${this.name}`,
      },
      processes: {
        self: { host: 'simulated', pid: this.#starts, instance },
        alive: (owner) => owner.instance === instance,
        holds: () => true,
      },
      log: {
        info: () => undefined,
        warn: (detail, event) => trace.line(instance, `log: ${event} ${JSON.stringify(detail)}`),
      },
      ...actingAs(this.name),
      batch: world.scenario.batch,
      awayMsMax: world.scenario.awayMsMax,
      random: () => chance.next(),
      // Edits are no matter of the job engine.
      payloadSchemas: () => Promise.reject(new Error('no schema here')),
      schemaFiles: { read: () => Promise.reject(new Error('no schema here')) },
    }
    const observed = observedStore(real, this.name, world)
    const { plant } = world
    const planted = plant.ports?.(observed, join(this.#folder, STORE_FILE)) ?? observed
    const engine = createEngine(mortal(planted, life))
    plant.engine?.(engine)
    this.#process = { life, engine, store }
  }

  #outbox(life: Life): Outbox {
    const { time, table, scenario, trace } = this.#world
    const execute = sourceExecute({
      time,
      random: stream(scenario.seed, `source of ${this.name}-${this.#starts}`),
      faults: () => (this.#world.calm ? null : scenario.source),
      trace: (line) => trace.line(this.name, line),
      gone: () => life.dead,
    })
    return simOutbox(table, this.name, execute)
  }

  /** The files as they are at this moment, in a folder of their own. */
  #moveTo(name: string): void {
    const folder = join(this.#world.folder, name)
    mkdirSync(folder)
    for (const file of STORE_FILES) {
      const from = join(this.#folder, file)
      if (existsSync(from)) copyFileSync(from, join(folder, file))
    }
    this.#folder = folder
  }
}

function workspaceOf({ scenario, table }: World): Workspace {
  return {
    sources: {
      [sourceName]: {
        driver: 'postgres',
        url: 'postgres://redrive@source/orders',
        environment: scenario.environment,
        outbox: { profile: 'auto', table: 'public.outbox_message' },
        deliver: { broker: 'rabbit' },
        stuckAfterSec: table.limits.stuckAfterSec,
        maxAttempts: table.limits.attemptsMax,
        sweep: scenario.sweep,
      },
    },
    brokers: { rabbit: { driver: 'rabbitmq', url: 'amqp://redrive@broker' } },
  }
}

const STORE_METHODS = [
  'plan',
  'planItems',
  'startJob',
  'moveItems',
  'addItems',
  'moveJob',
  'settleItems',
  'runningJobs',
] as const
const DRAFT_METHODS = ['add', 'finish', 'discard'] as const
const READER_METHODS = ['job', 'jobOfPlan', 'jobs', 'items', 'held', 'unsettledCount', 'deeds'] as const
const SWEEP_METHODS = ['begin', 'end', 'run', 'runs', 'running', 'standing', 'approve'] as const
const OUTBOX_METHODS = [
  ...(['report', 'list', 'count', 'groups', 'read', 'laterSent', 'claim', 'mark'] as const),
  ...(['claimDue', 'exhausted', 'expire'] as const),
] as const

/** Ports that end with the life of their process. */
function mortal(ports: EnginePorts, life: Life): EnginePorts {
  const { outbox, broker } = ports.drivers
  const beginPlan = async (plan: string) =>
    life.around(await ports.jobStore.beginPlan(plan), 'draft', DRAFT_METHODS)
  return {
    ...ports,
    drivers: {
      outbox: inFront(outbox, (opened) => life.around(opened, 'outbox', OUTBOX_METHODS)),
      evidence: ports.drivers.evidence,
      broker: {
        rabbitmq: async (options) => {
          const opened = await broker.rabbitmq?.(options)
          if (!opened) throw new Error('the simulated engine has one broker')
          const alive = life.around(opened, 'broker', ['report', 'checkDestinations', 'queueDepth'])
          const openPublisher = async (signal: AbortSignal): Promise<Publisher> => {
            const real = await opened.openPublisher(signal)
            const sending = {
              publish: (message: OutgoingMessage, stop: AbortSignal) => publish(real, message, stop),
              close: () => real.close(),
            }
            const own = life.around(sending, 'publisher', ['publish', 'close'])
            return {
              send: (message, stop, answered) => void own.publish(message, stop).then(answered),
              close: own.close,
            }
          }
          return life.around({ ...alive, openPublisher }, 'broker', ['openPublisher'])
        },
      },
    },
    jobStore: life.around({ ...bound(ports.jobStore), beginPlan }, 'store', ['beginPlan', ...STORE_METHODS]),
    sweepStore: life.around(ports.sweepStore, 'sweeps', SWEEP_METHODS),
    jobReader: life.around(ports.jobReader, 'reader', READER_METHODS),
    journal: life.around(ports.journal, 'journal', ['append', 'list']),
    clock: life.around(ports.clock, 'clock', ['sleep']),
  }
}
