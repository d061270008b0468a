import type { SecretRef, TlsOptions } from './access.ts'
import type { AlertsConfig } from './alert/rule.ts'
import type { CallbackConfig } from './callback/config.ts'
import type { CheckBackConfig } from './check-back.ts'
import type { LoadLimits } from './load.ts'
import { isLog } from './evidence-config.ts'
import type { EvidenceConfig } from './evidence-config.ts'
import type { IdService } from './id-service.ts'
import type { Mapping } from './mapping/mapping.ts'
import type { MaskingConfig, WorkspaceMasking } from './masking.ts'
import type { EnvironmentPolicy } from './policy.ts'
import type { LoginConfig } from './sign-on.ts'
import type { EventFingerprint } from './same-event.ts'
import type { SweepPolicy } from './sweep-policy.ts'

export type { SecretRef, TlsOptions } from './access.ts'
export type { EvidenceConfig, LogEvidence, TableEvidence } from './evidence-config.ts'

export const environments = ['development', 'staging', 'production'] as const
export type Environment = (typeof environments)[number]

/** Kinds of servers that hold outboxes, with the schemes of their addresses. `mysql` is MariaDB too. */
export const sourceSchemes = {
  postgres: ['postgres', 'postgresql'],
  mysql: ['mysql', 'mariadb'],
  sqlite: ['sqlite', 'file'],
  redis: ['redis', 'rediss', 'redis-sentinel', 'rediss-sentinel', 'redis-cluster', 'rediss-cluster'],
} as const
export type SourceDriver = keyof typeof sourceSchemes
export const sourceDrivers = Object.keys(sourceSchemes) as readonly SourceDriver[]

/** Which kind of server an address leads to; null: none that Redrive knows. */
export function sourceDriverOf(url: string): SourceDriver | null {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':'))).toLowerCase()
  const leads = (driver: SourceDriver): boolean =>
    (sourceSchemes[driver] as readonly string[]).includes(scheme)
  return sourceDrivers.find(leads) ?? null
}

export interface ReplicaConfig {
  /** As the source's, with the same database. */
  readonly url: string
  /** Absent: the source's, as a standby has the roles of its primary. */
  readonly password?: SecretRef
  /** Absent: the source's. */
  readonly tls?: TlsOptions
}

export interface SourceConfig {
  readonly driver: SourceDriver
  /** postgres://user@host:port/database, or mysql://…, without a password; sqlite:///absolute/path.db. */
  readonly url: string
  readonly password?: SecretRef
  readonly tls?: TlsOptions
  /** PostgreSQL only: a physical standby, on which audits do their long reading. */
  readonly replica?: ReplicaConfig
  readonly environment: Environment
  readonly outbox: {
    readonly profile: string
    readonly table: string
    /** In the place of a profile: a mapping, or the file that holds one, relative to the workspace file. */
    readonly mapping?: Mapping | { readonly file: string }
    /** By type of message: the JSON Schema file that an edited payload must match, relative to the workspace file. */
    readonly schemas?: Readonly<Record<string, string>>
    /** Tells a business event that was stored under two message ids. Absent: nobody looks for it. */
    readonly fingerprint?: EventFingerprint
    /** What made the ids, where that is a service. Absent: nobody looks at them as such. */
    readonly ids?: IdService
  }
  readonly deliver?: { readonly broker: string }
  /** Absent: what the mapping says, if anything. */
  readonly evidence?: EvidenceConfig
  readonly stuckAfterSec: number
  /** What it may be asked at a time. Absent: the defaults of `load.ts`. */
  readonly load?: Partial<LoadLimits>
  readonly maxAttempts: number
  /** Second confirmation; absent: nobody waits for one. */
  readonly callback?: CallbackConfig
  /** Absent: no sweep. */
  readonly sweep?: SweepPolicy
  /** Absent: nobody asks the producer of half messages. */
  readonly checkBack?: CheckBackConfig
  /** Beside what its environment masks. */
  readonly masking?: MaskingConfig
}

/** RabbitMQ, or the sandbox's own. */
export interface AmqpConfig {
  readonly driver: 'rabbitmq' | 'memory'
  /** amqp://user@host:port/vhost, without a password. */
  readonly url: string
  readonly password?: SecretRef
  readonly tls?: TlsOptions
  /** http://host:port or https:// of the management API, for the same user. Absent: it is not asked. */
  readonly management?: string
  /** Beside what the sources that deliver here mask. */
  readonly masking?: MaskingConfig
  /** Queues of dead letters that the console shows. */
  readonly deadLetters?: readonly { readonly queue: string }[]
}

/** How a client of Kafka logs in. With `oauthbearer` the password is the token. */
export const kafkaMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const
export interface KafkaLogin {
  readonly mechanism: (typeof kafkaMechanisms)[number]
  readonly user: string
}

/** How the records of a batch are packed. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

export interface KafkaConfig {
  readonly driver: 'kafka'
  /** host:port of some nodes; the others are asked of them. */
  readonly brokers: readonly string[]
  /** Absent: no login, and no password. */
  readonly sasl?: KafkaLogin
  readonly password?: SecretRef
  readonly tls?: TlsOptions
  readonly clientId?: string
  readonly compression?: Compression
  /** From an address that the cluster names to the one that leads there from here, each host:port. */
  readonly addresses?: Readonly<Record<string, string>>
  /** Names of the headers that carry the id and the type of a message. */
  readonly headers?: { readonly messageId?: string; readonly type?: string }
  /** Beside what the sources that deliver here mask. */
  readonly masking?: MaskingConfig
  /** Topics of dead letters that the console shows. */
  readonly deadLetters?: readonly { readonly topic: string }[]
}

export type BrokerConfig = AmqpConfig | KafkaConfig

/** Names of the queues or topics of dead letters that the console shows. */
export function deadLetterNames(config: BrokerConfig): readonly string[] {
  return config.driver === 'kafka'
    ? (config.deadLetters ?? []).map(({ topic }) => topic)
    : (config.deadLetters ?? []).map(({ queue }) => queue)
}

/** Where a broker is, for a person: never a secret. */
export function brokerAddress(config: BrokerConfig): string {
  return config.driver === 'kafka' ? config.brokers.join(',') : config.url
}

export type Policies = Readonly<Partial<Record<Environment, EnvironmentPolicy>>>
/** The store that a team shares. */
export interface StoreConfig {
  /** postgres://user@host:port/database, without a password. Redrive keeps to a schema of its own in it. */
  readonly url: string
  readonly password?: SecretRef
  readonly tls?: TlsOptions
}

export interface Workspace {
  readonly sources: Readonly<Record<string, SourceConfig>>
  readonly brokers: Readonly<Record<string, BrokerConfig>>
  /** Absent: nobody is alerted. */
  readonly alerts?: AlertsConfig
  /** Absent: what sources and brokers say themselves. */
  readonly masking?: WorkspaceMasking
  /** Absent: no environment has rules beyond those that every one has. */
  readonly policies?: Policies
  /** Absent: a file of this machine. */
  readonly store?: StoreConfig
  /** Absent: tokens only. */
  readonly login?: LoginConfig
}

export const STUCK_AFTER_SEC_DEFAULT = 300
export const ATTEMPTS_MAX_DEFAULT = 3

/** Names of the brokers that a source delivers to, listens to, or has its evidence in. */
export function brokersOf({ deliver, callback, evidence }: SourceConfig): readonly string[] {
  const proof = evidence !== undefined && isLog(evidence) ? evidence.broker : undefined
  return [deliver?.broker, callback?.listen?.broker, proof].filter((name) => name !== undefined)
}
