import type { KafkaBrokerOptions } from '../adapters/broker-kafka/kafka-broker.ts'
import { chooseMapping } from '../adapters/profiles/profiles.ts'
import { chooseStaged } from '../adapters/profiles/staged.ts'
import type { EnginePorts } from '../app/engine-ports.ts'
import type { StagedForm } from '../domain/mapping/mapping.ts'
import type { KafkaConfig } from '../domain/workspace.ts'
import type { Drivers, OpenBroker, OpenOutbox, Password, PasswordSource } from '../ports/drivers.ts'
import type { MappingTexts } from '../ports/mapping-texts.ts'
import type { Clock, Log } from '../ports/surroundings.ts'

/*
 * Each client is loaded when it is first used: no console has all of these servers, those of Kafka and MySQL alone take some
 * 20 MB, and what is not there need not be read at every start.
 */
const postgres = {
  open: () => import('../adapters/outbox-postgres/open.ts'),
  evidence: () => import('../adapters/outbox-postgres/evidence.ts'),
  survey: () => import('../adapters/outbox-postgres/survey.ts'),
}
const rabbit = () => import('../adapters/broker-rabbitmq/rabbit-broker.ts')
const kafka = () => import('../adapters/broker-kafka/kafka-broker.ts')
const redis = {
  open: () => import('../adapters/outbox-redis/open.ts'),
  evidence: () => import('../adapters/outbox-redis/evidence.ts'),
}
const sqlite = {
  open: () => import('../adapters/outbox-sqlite/open.ts'),
  evidence: () => import('../adapters/outbox-sqlite/evidence.ts'),
  survey: () => import('../adapters/outbox-sqlite/survey.ts'),
}
const mysql = {
  open: () => import('../adapters/outbox-mysql/open.ts'),
  evidence: () => import('../adapters/outbox-mysql/evidence.ts'),
  survey: () => import('../adapters/outbox-mysql/survey.ts'),
}

export const surveys: EnginePorts['mapping']['survey'] = {
  postgres: async ({ password, ...source }) =>
    (await postgres.survey()).openPostgresSurvey({ ...source, password: orEmpty(password) }),
  mysql: async ({ password, ...source }) =>
    (await mysql.survey()).openMysqlSurvey({ ...source, password: orEmpty(password) }),
  sqlite: async ({ config }) => (await sqlite.survey()).openSqliteSurvey({ config }),
  redis: async ({ password, ...source }) =>
    (await redis.open()).openRedisSurvey({ ...source, password: orEmpty(password) }),
}

interface DriverParts {
  readonly clock: Clock
  readonly log: Log
  readonly memory: OpenBroker | null
  readonly texts: MappingTexts
}

export function drivers({ clock, log, memory, texts }: DriverParts): Drivers {
  const mapped = async ({
    config,
    password,
    replicaPassword = password,
    ...loads
  }: Parameters<OpenOutbox>[0]) => {
    const own = await texts.ofSource(config)
    const choose = (columns: readonly string[]) => own ?? chooseMapping(config.outbox.profile, columns)
    const passwords = { password: orEmpty(password), replicaPassword: orEmpty(replicaPassword) }
    return { config, ...passwords, ...loads, chooseMapping: choose }
  }
  return {
    outbox: {
      postgres: async (source, signal) =>
        (await postgres.open()).openPostgresOutbox(await mapped(source), signal),
      mysql: async (source, signal) => (await mysql.open()).openMysqlOutbox(await mapped(source), signal),
      sqlite: async (source, signal) => (await sqlite.open()).openSqliteOutbox(await mapped(source), signal),
      redis: async ({ config, password, load }, signal) => {
        const own = await texts.ofSource(config)
        const choose = (layout: StagedForm['layout'] | null) =>
          own ?? chooseStaged(config.outbox.profile, layout)
        return (await redis.open()).openRedisOutbox(
          { config, password: orEmpty(password), load, chooseMapping: choose },
          signal,
        )
      },
    },
    evidence: {
      postgres: async ({ password, ...table }, signal) =>
        (await postgres.evidence()).openPostgresEvidence({ ...table, password: orEmpty(password) }, signal),
      mysql: async ({ password, ...table }, signal) =>
        (await mysql.evidence()).openMysqlEvidence({ ...table, password: orEmpty(password) }, signal),
      sqlite: async (table, signal) => (await sqlite.evidence()).openSqliteEvidence(table, signal),
      redis: async ({ password, ...table }, signal) =>
        (await redis.evidence()).openRedisEvidence({ ...table, password: orEmpty(password) }, signal),
    },
    broker: {
      rabbitmq: async ({ config, password }) =>
        (await rabbit()).openRabbitBroker({
          url: config.url,
          password: orEmpty(password),
          ...(config.tls ? { tls: config.tls } : {}),
          ...(config.management === undefined ? {} : { management: config.management }),
          clock,
          log,
        }),
      kafka: async ({ config, password }) =>
        (await kafka()).openKafkaBroker({ ...kafkaOptions(config), password: orEmpty(password), clock, log }),
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
function orEmpty(password: PasswordSource): Password {
  const { renew } = password
  return Object.assign(async () => (await password()) ?? '', renew && { renew })
}
