import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { openKafkaBroker } from '../adapters/broker-kafka/kafka-broker.ts'
import type { KafkaBrokerOptions } from '../adapters/broker-kafka/kafka-broker.ts'
import { openRabbitBroker } from '../adapters/broker-rabbitmq/rabbit-broker.ts'
import { openMysqlEvidence } from '../adapters/outbox-mysql/evidence.ts'
import { openMysqlOutbox } from '../adapters/outbox-mysql/open.ts'
import { openMysqlSurvey } from '../adapters/outbox-mysql/survey.ts'
import { openPostgresEvidence } from '../adapters/outbox-postgres/evidence.ts'
import { openPostgresOutbox } from '../adapters/outbox-postgres/open.ts'
import { openPostgresSurvey } from '../adapters/outbox-postgres/survey.ts'
import { openMappingTexts } from '../adapters/mapping-schema/mapping-texts.ts'
import { knownLayouts } from '../adapters/profiles/layouts.ts'
import { chooseMapping } from '../adapters/profiles/profiles.ts'
import { createAjvSchemas } from '../adapters/schema-ajv/ajv-schemas.ts'
import { openStore } from '../adapters/store-sqlite/open-store.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { randomIds } from '../adapters/system/ids.ts'
import { localProcesses } from '../adapters/system/processes.ts'
import { openSchemaFiles } from '../adapters/workspace-file/schema-files.ts'
import { createRouter } from '../api/router.ts'
import type { EngineRouter } from '../api/router.ts'
import { RESEND_BATCH } from '../app/engine-ports.ts'
import { AWAY_MS_MAX } from '../app/jobs/patience.ts'
import type { EnginePorts } from '../app/engine-ports.ts'
import { createEngine } from '../app/engine.ts'
import type { KafkaConfig } from '../domain/workspace.ts'
import type { MappingTexts } from '../ports/mapping-texts.ts'
import type { Drivers, OpenBroker, OpenOutbox, PasswordSource } from '../ports/drivers.ts'
import type { Clock, Log, Secrets, WorkspaceStore } from '../ports/surroundings.ts'

export interface HostOptions {
  readonly host: 'desktop' | 'http' | 'cli'
  readonly version: string
  /** Operating system user, as the journal names it. */
  readonly operator: string
  /** Folder of the local store. Created where it is missing. */
  readonly dataDir: string
  readonly workspace: WorkspaceStore
  /** The workspace's file, beside which its payload schemas are; null: it is no file, they are in `dataDir`. */
  readonly workspacePath: string | null
  readonly secrets: Secrets
  /** True where `secrets` keeps what was typed beyond this process. */
  readonly keepsPasswords: boolean
  readonly log: Logger
  /** The sandbox's in-process broker; null outside the sandbox. */
  readonly memoryBroker: OpenBroker | null
}

export interface Running {
  /** Implements the whole contract. Serve it over a port or a socket, or call it with `createRouterClient`. */
  readonly router: EngineRouter
  /** Waits for what is claimed, within a deadline, then closes every connection and the store. */
  close(): Promise<void>
}

export const storeFileName = 'redrive.db'

/** The one place where adapters meet the engine. Recovers what a crash left behind before it resolves. */
export async function compose(options: HostOptions): Promise<Running> {
  const { host, version, operator, dataDir, keepsPasswords, memoryBroker } = options
  const log = logPort(options.log)
  const clock = systemClock()
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const store = openStore({ path: join(dataDir, storeFileName), clock })
  const schemaFiles = openSchemaFiles({
    workspacePath: options.workspacePath ?? join(dataDir, storeFileName),
  })
  const texts = openMappingTexts(schemaFiles)
  const ports: EnginePorts = {
    drivers: drivers({ clock, log, memory: memoryBroker, texts }),
    workspace: options.workspace,
    payloadSchemas: createAjvSchemas(),
    schemaFiles,
    secrets: options.secrets,
    jobStore: store.jobs,
    jobReader: store.jobReader,
    decisionStore: store.decisions,
    journal: store.journal,
    sweepStore: store.sweeps,
    mapping: {
      layouts: knownLayouts,
      texts,
      survey: {
        postgres: ({ config, password }) => openPostgresSurvey({ config, password: orEmpty(password) }),
        mysql: ({ config, password }) => openMysqlSurvey({ config, password: orEmpty(password) }),
      },
      confirmations: store.confirmations,
    },
    auditStore: store.audits,
    auditWatches: store.auditWatches,
    recordLedger: store.recordLedger,
    clock,
    ids: randomIds(clock),
    random: Math.random,
    processes: localProcesses(),
    log,
    operator,
    batch: RESEND_BATCH,
    awayMsMax: AWAY_MS_MAX,
  }
  const engine = createEngine(ports)
  const close = async (): Promise<void> => {
    await engine.close()
    await store.close()
  }
  try {
    await engine.recover()
    // A command of the command line sweeps only what it was told to.
    if (host !== 'cli') await engine.sweeps.start()
    if (host !== 'cli') await engine.auditWatching.start()
  } catch (error) {
    await close()
    throw error
  }
  const info = { version, host, operator, sandbox: memoryBroker !== null, keepsPasswords }
  return { router: createRouter(engine, info), close }
}

interface DriverParts {
  readonly clock: Clock
  readonly log: Log
  readonly memory: OpenBroker | null
  readonly texts: MappingTexts
}

function drivers({ clock, log, memory, texts }: DriverParts): Drivers {
  const mapped = async ({ config, password }: Parameters<OpenOutbox>[0]) => {
    const own = await texts.ofSource(config)
    const choose = (columns: readonly string[]) => own ?? chooseMapping(config.outbox.profile, columns)
    return { config, password: orEmpty(password), chooseMapping: choose }
  }
  return {
    outbox: {
      postgres: async (source, signal) => openPostgresOutbox(await mapped(source), signal),
      mysql: async (source, signal) => openMysqlOutbox(await mapped(source), signal),
    },
    evidence: {
      postgres: ({ password, ...table }, signal) =>
        openPostgresEvidence({ ...table, password: orEmpty(password) }, signal),
      mysql: ({ password, ...table }, signal) =>
        openMysqlEvidence({ ...table, password: orEmpty(password) }, signal),
    },
    broker: {
      rabbitmq: ({ config, password }) =>
        openRabbitBroker({
          url: config.url,
          password: orEmpty(password),
          ...(config.tls ? { tls: config.tls } : {}),
          clock,
          log,
        }),
      kafka: ({ config, password }) =>
        openKafkaBroker({ ...kafkaOptions(config), password: orEmpty(password), clock, log }),
      ...(memory ? { memory } : {}),
    },
  }
}

function kafkaOptions(config: KafkaConfig): Omit<KafkaBrokerOptions, 'password' | 'clock'> {
  const { brokers, sasl, tls, clientId, addresses, compression, headers } = config
  return {
    brokers,
    ...(sasl ? { login: sasl } : {}),
    ...(tls ? { tls } : {}),
    ...(clientId ? { clientId } : {}),
    ...(addresses ? { addresses } : {}),
    ...(compression ? { compression } : {}),
    ...(headers ? { headerNames: headers } : {}),
  }
}

/** Servers that trust their neighbours are asked with an empty password. */
function orEmpty(password: PasswordSource): () => Promise<string> {
  return async () => (await password()) ?? ''
}

function logPort(logger: Logger): Log {
  return {
    info: (detail, event) => logger.info(detail, event),
    warn: (detail, event) => logger.warn(detail, event),
  }
}
