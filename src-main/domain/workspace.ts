import type { ColumnForms, Mapping } from './mapping/mapping.ts'
import type { MappingPredicate } from './mapping/values.ts'
import type { EventFingerprint } from './same-event.ts'
import type { SweepPolicy } from './sweep-policy.ts'

export const environments = ['development', 'staging', 'production'] as const
export type Environment = (typeof environments)[number]

/** Where a secret comes from. `value` is for throw-away setups; `keychain` and `prompt` are filled by the host. */
export type SecretRef =
  | { readonly value: string }
  | { readonly env: string }
  | { readonly keychain: true }
  | { readonly prompt: true }

export type TlsMode = 'disable' | 'require' | 'verify-full'

export interface TlsOptions {
  /** `require` encrypts without checking who answers; `verify-full` checks the certificate and the name. */
  readonly mode: TlsMode
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** Name to verify where the address is a tunnel's. */
  readonly serverName?: string
}

/**
 * Where the receiver of a source's messages writes down what it has consumed, where that is not a companion of the mapping:
 * a table in the outbox's database, in that of another source (`source`), or in one of its own (`url`), whose scheme says what
 * server it is.
 */
export interface EvidenceConfig {
  readonly source?: string
  readonly url?: string
  readonly password?: SecretRef
  readonly tls?: TlsOptions
  readonly table: string
  /** Column with the message id as it was sent. */
  readonly messageId: string
  /** Column with the time of consumption. */
  readonly processedAt?: string
  /** Only these rows speak of this outbox's messages; of a table that many receivers share, those of one. */
  readonly scope?: MappingPredicate
  /** A row that was consumed. Absent: that it is there is the proof. */
  readonly processed?: MappingPredicate
  /** How columns are written whose type does not say it. */
  readonly columns?: ColumnForms
  /** Seconds for which a proof is kept; null: nothing removes it. */
  readonly retentionSec: number | null
  /** The receiver's position in each chain, in the same database. */
  readonly positions?: { readonly table: string; readonly chain: string; readonly position: string }
}

/** Kinds of servers that hold outboxes, with the schemes of their addresses. `mysql` is MariaDB too. */
export const sourceSchemes = { postgres: ['postgres', 'postgresql'], mysql: ['mysql', 'mariadb'] } as const
export type SourceDriver = keyof typeof sourceSchemes
export const sourceDrivers = Object.keys(sourceSchemes) as readonly SourceDriver[]

/** Which kind of server an address leads to; null: none that Redrive knows. */
export function sourceDriverOf(url: string): SourceDriver | null {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':'))).toLowerCase()
  const leads = (driver: SourceDriver): boolean => sourceSchemes[driver].some((one) => one === scheme)
  return sourceDrivers.find(leads) ?? null
}

export interface SourceConfig {
  readonly driver: SourceDriver
  /** postgres://user@host:port/database, or mysql://…, without a password. */
  readonly url: string
  readonly password?: SecretRef
  readonly tls?: TlsOptions
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
  }
  readonly deliver?: { readonly broker: string }
  /** Absent: what the mapping says, if anything. */
  readonly evidence?: EvidenceConfig
  readonly stuckAfterSec: number
  readonly maxAttempts: number
  /** Absent: no sweep. */
  readonly sweep?: SweepPolicy
}

/** RabbitMQ, or the sandbox's own. */
export interface AmqpConfig {
  readonly driver: 'rabbitmq' | 'memory'
  /** amqp://user@host:port/vhost, without a password. */
  readonly url: string
  readonly password?: SecretRef
  readonly tls?: TlsOptions
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

export interface Workspace {
  readonly sources: Readonly<Record<string, SourceConfig>>
  readonly brokers: Readonly<Record<string, BrokerConfig>>
}

export const STUCK_AFTER_SEC_DEFAULT = 300
export const ATTEMPTS_MAX_DEFAULT = 3
