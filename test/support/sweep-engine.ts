import { actingAs } from '../../src-main/adapters/system/acting.ts'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createAjvSchemas } from '../../src-main/adapters/schema-ajv/ajv-schemas.ts'
import { openMappingTexts } from '../../src-main/adapters/mapping-schema/mapping-texts.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { openLoads } from '../../src-main/adapters/source-load/source-load.ts'
import { randomIds } from '../../src-main/adapters/system/ids.ts'
import { localProcesses } from '../../src-main/adapters/system/processes.ts'
import { openSchemaFiles } from '../../src-main/adapters/workspace-file/schema-files.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { createEngine } from '../../src-main/app/engine.ts'
import type { Engine } from '../../src-main/app/engine.ts'
import type { SweepRequest, SweepRunner } from '../../src-main/app/sweep/runner.ts'
import type { SweepOutcome } from '../../src-main/domain/sweep.ts'
import type { Environment, Workspace } from '../../src-main/domain/workspace.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import type { ExhaustedRow } from '../../src-main/ports/due.ts'
import type { BoundedCount, Outbox } from '../../src-main/ports/outbox.ts'
import { manualClock } from './manual-clock.ts'
import type { ManualClock } from './manual-clock.ts'
import { everySource } from './outbox-drivers.ts'
import { scratchFolder } from './scratch.ts'

export const idle: SweepOutcome = {
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

/** A runner that answers as the test says, and counts how many run at once. */
export interface ScriptedRunner extends SweepRunner {
  readonly requests: SweepRequest[]
  answer: () => SweepOutcome | Promise<SweepOutcome>
  running: number
  runningMax: number
}

export interface SweepEngine {
  readonly engine: Engine
  readonly store: Store
  readonly clock: ManualClock
  readonly runner: ScriptedRunner
  readonly workspace: { current: Workspace }
  /** Rows whose attempts are used up, as the outbox finds them. */
  readonly exhausted: ExhaustedRow[]
  unlock(source?: string): Promise<void>
  journal(): Promise<readonly string[]>
}

export interface SweepEngineOptions {
  readonly folder?: string
  readonly environment?: Environment
  readonly workspace?: Workspace
  /** Nobody is asked where it is not said. */
  readonly serviceCalls?: EnginePorts['serviceCalls']
  /** How many messages the source has in each trouble; it does not answer where it is not said. */
  readonly count?: () => number
}

export async function openSweepEngine(options: SweepEngineOptions = {}): Promise<SweepEngine> {
  const folder = options.folder ?? (await scratchFolder())
  const clock = manualClock()
  const store = openStore({ path: join(folder, 'redrive.db'), clock })
  const workspace = { current: options.workspace ?? workspaceOf(options.environment ?? 'development') }
  const exhausted: ExhaustedRow[] = []
  const runner = scriptedRunner()
  const { count } = options
  const outbox = {
    ...(count && { count: () => Promise.resolve(counted(count(), clock)) }),
    exhausted: () => Promise.resolve([...exhausted]),
    expire: (requests: readonly { readonly id: string }[]) => {
      exhausted.length = 0
      return Promise.resolve(requests.map(({ id }) => ({ id, marked: true, version: '2' })))
    },
    close: () => Promise.resolve(),
  } as unknown as Outbox
  const broker = {
    state: () => ({ state: 'connected' }),
    watch: () => () => undefined,
    close: () => Promise.resolve(),
  } as unknown as Broker
  const ports: EnginePorts = {
    loads: openLoads({ clock }),
    drivers: {
      outbox: everySource(() => Promise.resolve(outbox)),
      evidence: everySource(() => Promise.reject(new Error('no evidence here'))),
      broker: { rabbitmq: () => broker },
    },
    workspace: {
      load: () => Promise.resolve(workspace.current),
      save: (next) => {
        workspace.current = next
        return Promise.resolve()
      },
    },
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
    serviceCalls: options.serviceCalls ?? {
      call: () => Promise.reject(new Error('nobody is asked here')),
    },
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
    ids: randomIds(clock),
    random: () => 0.5,
    processes: localProcesses(),
    log: { info: () => undefined, warn: () => undefined },
    ...actingAs('tester'),
    batch: 500,
    awayMsMax: 0,
    payloadSchemas: async () => createAjvSchemas(),
    schemaFiles: openSchemaFiles({ workspacePath: join(folder, 'redrive.json') }),
  }
  const engine = createEngine(ports, runner)
  onTestFinished(async () => {
    await engine.close()
    await store.close()
  })
  return {
    engine,
    store,
    clock,
    runner,
    workspace,
    exhausted,
    async unlock(source = 'orders') {
      const environment = workspace.current.sources[source]?.environment ?? 'development'
      await engine.locks.unlock({ source, environment, minutes: 60, typedName: source, reason: 'a test' })
    },
    async journal() {
      const entries = await store.journal.list({ order: 'oldest', cursor: null, limit: 1_000 })
      return entries.map(({ action }) => action)
    },
  }
}

function counted(count: number, clock: ManualClock): BoundedCount {
  const oldestCreatedAt = count === 0 ? null : clock.now().toISOString()
  return { count, bounded: false, oldestCreatedAt, scope: { complete: true } }
}

function scriptedRunner(): ScriptedRunner {
  const runner: ScriptedRunner = {
    requests: [],
    answer: () => idle,
    running: 0,
    runningMax: 0,
    release: () => Promise.resolve(),
    async run(request) {
      runner.requests.push(request)
      runner.running += 1
      runner.runningMax = Math.max(runner.runningMax, runner.running)
      try {
        return await runner.answer()
      } finally {
        runner.running -= 1
      }
    },
  }
  return runner
}

function workspaceOf(environment: Environment): Workspace {
  return {
    sources: {
      orders: {
        driver: 'postgres',
        url: 'postgres://me@127.0.0.1:1/shop',
        environment,
        outbox: { profile: 'auto', table: 'public.outbox_message' },
        deliver: { broker: 'rabbit' },
        stuckAfterSec: 60,
        maxAttempts: 3,
      },
    },
    brokers: { rabbit: { driver: 'rabbitmq', url: 'amqp://guest@127.0.0.1:1/' } },
  }
}
