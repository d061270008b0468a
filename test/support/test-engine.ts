import { join } from 'node:path'
import { openKafkaBroker } from '../../src-main/adapters/broker-kafka/kafka-broker.ts'
import { openRabbitBroker } from '../../src-main/adapters/broker-rabbitmq/rabbit-broker.ts'
import { openHttpCalls } from '../../src-main/adapters/http-calls/http-calls.ts'
import { openMysqlEvidence } from '../../src-main/adapters/outbox-mysql/evidence.ts'
import { openMysqlOutbox } from '../../src-main/adapters/outbox-mysql/open.ts'
import { openMysqlSurvey } from '../../src-main/adapters/outbox-mysql/survey.ts'
import { openRedisEvidence } from '../../src-main/adapters/outbox-redis/evidence.ts'
import { openRedisOutbox, openRedisSurvey } from '../../src-main/adapters/outbox-redis/open.ts'
import { chooseStaged } from '../../src-main/adapters/profiles/staged.ts'
import { openSqliteEvidence } from '../../src-main/adapters/outbox-sqlite/evidence.ts'
import { openSqliteOutbox } from '../../src-main/adapters/outbox-sqlite/open.ts'
import { openSqliteSurvey } from '../../src-main/adapters/outbox-sqlite/survey.ts'
import { openPostgresEvidence } from '../../src-main/adapters/outbox-postgres/evidence.ts'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import { openPostgresSurvey } from '../../src-main/adapters/outbox-postgres/survey.ts'
import { openMappingTexts } from '../../src-main/adapters/mapping-schema/mapping-texts.ts'
import { knownLayouts } from '../../src-main/adapters/profiles/layouts.ts'
import { chooseMapping } from '../../src-main/adapters/profiles/profiles.ts'
import { createAjvSchemas } from '../../src-main/adapters/schema-ajv/ajv-schemas.ts'
import { openCallbackStore } from '../../src-main/adapters/store-sqlite/callback-store.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { openLoads } from '../../src-main/adapters/source-load/source-load.ts'
import { actingAs } from '../../src-main/adapters/system/acting.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { freshSecret } from '../../src-main/adapters/system/fresh-secret.ts'
import { randomIds } from '../../src-main/adapters/system/ids.ts'
import { localProcesses } from '../../src-main/adapters/system/processes.ts'
import { openSchemaFiles } from '../../src-main/adapters/workspace-file/schema-files.ts'
import type { CheckBackConfig } from '../../src-main/domain/check-back.ts'
import type { CheckRun } from '../../src-main/app/check-back/run-check-back.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { createEngine } from '../../src-main/app/engine.ts'
import type { Engine } from '../../src-main/app/engine.ts'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import type { Job, RunOptions } from '../../src-main/domain/job.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import type { SweepRun } from '../../src-main/domain/sweep.ts'
import type { LoadLimits } from '../../src-main/domain/load.ts'
import type { EnvironmentPolicy } from '../../src-main/domain/policy.ts'
import { sourceDriverOf } from '../../src-main/domain/workspace.ts'
import type { Environment, EvidenceConfig, KafkaConfig, Workspace } from '../../src-main/domain/workspace.ts'
import type { MessageFilter } from '../../src-main/ports/outbox.ts'
import type { Signer } from '../../src-main/ports/signing.ts'
import type { Clock } from '../../src-main/ports/surroundings.ts'
import { mariadbPassword } from './mariadb.ts'
import { rabbit, rabbitUrl } from './rabbitmq.ts'

export interface TestEngineOptions {
  /** Folder of the store. */
  readonly dataDir: string
  readonly databaseUrl: string
  readonly environment?: Environment
  /** Of that environment. */
  readonly policy?: EnvironmentPolicy
  /** `tester` where it is not said. */
  readonly operator?: string
  /** The reference outbox where it is not said. */
  readonly table?: string
  /** That of the tests' server where it is not said. */
  readonly databasePassword?: string
  readonly brokerPort?: number
  /** Kafka in the place of RabbitMQ. */
  readonly kafka?: Pick<KafkaConfig, 'brokers' | 'addresses'>
  /** A second broker, of the name `kafka`. */
  readonly kafkaBeside?: Pick<KafkaConfig, 'brokers'>
  /** Of the source; not switched on where it is not said. */
  readonly sweep?: SweepPolicy
  /** How the producer of the source's half messages is asked. */
  readonly checkBack?: CheckBackConfig
  /** A standby of the database. */
  readonly replicaUrl?: string
  /** Where consumption is proved, beside what the mapping says. */
  readonly evidence?: EvidenceConfig
  readonly batch?: number
  readonly confirmTimeoutMs?: number
  readonly awayMsMax?: number
  /** Of the source. */
  readonly load?: Partial<LoadLimits>
  readonly clock?: Clock
  readonly signer?: Signer
  /** A store of a team in the place of a file of its own; closed by whoever opened it. */
  readonly store?: Store
  /** Puts something in front of the real ports. */
  readonly wrap?: (ports: EnginePorts) => EnginePorts
}

export const testSource = 'orders'

/** The engine on a real PostgreSQL or MariaDB, as the address says, a real RabbitMQ and a real store, wired as the hosts wire it. */
export interface TestEngine {
  readonly engine: Engine
  readonly store: Store
  plan(filter: MessageFilter): Promise<Plan>
  /** Unlocks, runs and waits until the job is no longer running. */
  run(plan: Plan, options?: Partial<RunOptions>): Promise<Job>
  ended(job: string): Promise<Job>
  unlock(): Promise<void>
  /** As an operator does who has seen the messages and found them right. */
  confirmMapping(): Promise<void>
  /** Unlocks, runs the sweep once and waits for its end. */
  sweep(): Promise<SweepRun>
  /** Unlocks, asks the producer once and waits for the end; `ids`: just about these. */
  checkBack(ids?: readonly string[]): Promise<CheckRun>
  close(): Promise<void>
}

async function confirmMapping({ mappings }: Engine): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  const { digest } = await mappings.preview(testSource, null, signal)
  if (digest !== null) await mappings.confirm(testSource, digest, signal)
}

export function openTestEngine(options: TestEngineOptions): TestEngine {
  const clock = options.clock ?? systemClock()
  let workspace = workspaceOf(options)
  const usual = sourceDriverOf(options.databaseUrl) === 'mysql' ? mariadbPassword() : ''
  const password = (): Promise<string> => Promise.resolve(options.databasePassword ?? usual)
  const chooses = (columns: readonly string[]) => chooseMapping('auto', columns)
  const path = join(options.dataDir, 'redrive.db')
  const store = options.store ?? openStore({ path, clock, signer: options.signer ?? null })
  const callbackStore = openCallbackStore({ path: join(options.dataDir, 'callback.db'), clock })
  const ports: EnginePorts = {
    loads: openLoads({ clock }),
    drivers: {
      outbox: {
        postgres: ({ config, load, replicaLoad }, signal) =>
          openPostgresOutbox({ config, load, replicaLoad, password, chooseMapping: chooses }, signal),
        mysql: ({ config, load }, signal) =>
          openMysqlOutbox({ config, load, password, chooseMapping: chooses }, signal),
        sqlite: ({ config }, signal) => openSqliteOutbox({ config, chooseMapping: chooses }, signal),
        redis: ({ config, load }, signal) =>
          openRedisOutbox(
            {
              config,
              load,
              password,
              chooseMapping: (layout) => chooseStaged('auto', layout),
            },
            signal,
          ),
      },
      evidence: {
        postgres: ({ config, at, load }, signal) =>
          openPostgresEvidence({ config, at, load, password }, signal),
        mysql: ({ config, at, load }, signal) => openMysqlEvidence({ config, at, load, password }, signal),
        sqlite: ({ config, at }, signal) => openSqliteEvidence({ config, at }, signal),
        redis: ({ config, at, load }, signal) => openRedisEvidence({ config, at, load, password }, signal),
      },
      broker: {
        kafka: ({ config: { brokers, addresses } }) =>
          openKafkaBroker({
            brokers,
            ...(addresses === undefined ? {} : { addresses }),
            password: () => Promise.resolve(''),
            clock,
            ...(options.confirmTimeoutMs === undefined ? {} : { confirmTimeoutMs: options.confirmTimeoutMs }),
          }),
        rabbitmq: ({ config }) =>
          openRabbitBroker({
            url: config.url,
            password: () => Promise.resolve(rabbit.password),
            clock,
            ...(options.confirmTimeoutMs === undefined ? {} : { confirmTimeoutMs: options.confirmTimeoutMs }),
          }),
      },
    },
    workspace: {
      load: () => Promise.resolve(workspace),
      save: (next) => {
        workspace = next
        return Promise.resolve()
      },
    },
    payloadSchemas: async () => createAjvSchemas(),
    schemaFiles: openSchemaFiles({ workspacePath: join(options.dataDir, 'redrive.json') }),
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
    serviceCalls: openHttpCalls(),
    mapping: {
      layouts: knownLayouts,
      texts: openMappingTexts(openSchemaFiles({ workspacePath: join(options.dataDir, 'redrive.json') })),
      survey: {
        postgres: ({ config, load }) => openPostgresSurvey({ config, load, password }),
        mysql: ({ config, load }) => openMysqlSurvey({ config, load, password }),
        sqlite: ({ config }) => Promise.resolve(openSqliteSurvey({ config })),
        redis: ({ config, load }) => openRedisSurvey({ config, load, password }),
      },
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
    deeds: store.deeds,
    callbackStore: async () => callbackStore,
    clock,
    ids: randomIds(clock),
    random: Math.random,
    freshSecret,
    processes: localProcesses(),
    log: { info: () => undefined, warn: () => undefined },
    ...actingAs(options.operator ?? 'tester'),
    batch: options.batch ?? 500,
    awayMsMax: options.awayMsMax ?? 0,
  }
  const engine = createEngine(options.wrap?.(ports) ?? ports)
  const never = new AbortController().signal

  const ended = async (id: string): Promise<Job> => {
    for (;;) {
      const job = await engine.jobs.get(id)
      if (job.state !== 'running') return job
      await clock.sleep(10, never)
    }
  }
  const unlock = async (): Promise<void> => {
    const environment = options.environment ?? 'development'
    await engine.locks.unlock({
      source: testSource,
      environment,
      minutes: 60,
      typedName: testSource,
      reason: 'a test',
    })
  }
  return {
    engine,
    store,
    unlock,
    ended,
    plan: (filter) =>
      planResend(
        engine.ports,
        engine.connections,
        { source: testSource, selection: { kind: 'filter', filter }, edit: null, redirect: null },
        never,
      ),
    async run(plan, run) {
      await unlock()
      const request = {
        plan: plan.plan,
        digest: plan.digest,
        typedCount: plan.items,
        options: { rate: null, ramp: false, brake: null, ...run },
      }
      return ended((await engine.jobs.run(request, never)).job)
    },
    async sweep() {
      await unlock()
      const { run } = await engine.sweeps.runNow(testSource)
      for (;;) {
        const at = await engine.sweeps.run(run)
        if (at.state !== 'running') return at
        await clock.sleep(10, never)
      }
    },
    confirmMapping: () => confirmMapping(engine),
    async checkBack(ids) {
      await unlock()
      const { run } = await engine.checkBacks.runNow(testSource, ids ?? null)
      for (;;) {
        const at = await engine.checkBacks.run(run)
        if (at.state !== 'running') return at
        await clock.sleep(10, never)
      }
    },
    async close() {
      await engine.close()
      callbackStore.close()
      if (options.store === undefined) await store.close()
    },
  }
}

function workspaceOf({
  databaseUrl,
  table,
  environment,
  brokerPort,
  kafka,
  kafkaBeside,
  sweep,
  checkBack,
  evidence,
  replicaUrl,
  policy,
  load,
}: TestEngineOptions): Workspace {
  const driver = sourceDriverOf(databaseUrl) ?? 'postgres'
  return {
    ...(policy === undefined ? {} : { policies: { [environment ?? 'development']: policy } }),
    sources: {
      [testSource]: {
        driver,
        url: databaseUrl,
        ...(replicaUrl === undefined ? {} : { replica: { url: replicaUrl } }),
        environment: environment ?? 'development',
        outbox: {
          profile: 'auto',
          table: table ?? (driver === 'postgres' ? 'public.outbox_message' : 'outbox_message'),
        },
        deliver: { broker: 'rabbit' },
        stuckAfterSec: 60,
        maxAttempts: 3,
        ...(load === undefined ? {} : { load }),
        ...(sweep === undefined ? {} : { sweep }),
        ...(checkBack === undefined ? {} : { checkBack }),
        ...(evidence === undefined ? {} : { evidence }),
      },
    },
    brokers: {
      // Its name is the tests'; what it is they do not ask.
      rabbit:
        kafka === undefined
          ? { driver: 'rabbitmq', url: rabbitUrl(brokerPort === undefined ? {} : { port: brokerPort }) }
          : { driver: 'kafka', ...kafka },
      ...(kafkaBeside === undefined ? {} : { kafka: { driver: 'kafka', ...kafkaBeside } }),
    },
  }
}
