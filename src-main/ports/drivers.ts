import type { AmqpConfig, TableEvidence, KafkaConfig, SourceConfig } from '../domain/workspace.ts'
import type { Broker } from './broker.ts'
import type { EvidenceReader } from './evidence.ts'
import type { SourceLoad } from './load.ts'
import type { Outbox } from './outbox.ts'

/** Asked at each new connection, so that a short-lived password stays fresh. */
export type PasswordSource = Renewable<string | null>

/** What a client logs in with; '' where none is needed. */
export type Password = Renewable<string>

interface Renewable<Secret> {
  (): Promise<Secret>
  /** After a server refused it: true where it is worth asking once more, for the next one may be another. Absent: never. */
  readonly renew?: () => boolean
}

/**
 * Opens an outbox: connects, reads the catalogue, fits the mapping. Throws RedriveError where the server cannot be
 * reached, the table is missing or the mapping does not fit it.
 */
export type OpenOutbox = (
  options: {
    readonly config: SourceConfig
    readonly password: PasswordSource
    /** Where the replica has one of its own; absent: that of the source. */
    readonly replicaPassword?: PasswordSource
    /** What the source may be asked at a time. */
    readonly load: SourceLoad
    /** The same of its replica. */
    readonly replicaLoad: SourceLoad
  },
  signal: AbortSignal,
) => Promise<Outbox>

/** Connects and looks at the table. Throws RedriveError as opening an outbox does. */
export type OpenEvidence = (
  options: {
    readonly config: TableEvidence
    /** The database that holds the table. */
    readonly at: Pick<SourceConfig, 'url' | 'tls'>
    readonly password: PasswordSource
    /** That of the source whose database it is. */
    readonly load: SourceLoad
  },
  signal: AbortSignal,
) => Promise<EvidenceReader>

/** Makes a broker, which connects in the background. */
export type OpenBroker<Config = AmqpConfig> = (options: {
  readonly config: Config
  readonly password: PasswordSource
}) => Broker

/** The same where its client is loaded first. */
export type LoadBroker<Config> = (...options: Parameters<OpenBroker<Config>>) => Broker | Promise<Broker>

export interface Drivers {
  readonly outbox: Readonly<Record<SourceConfig['driver'], OpenOutbox>>
  readonly evidence: Readonly<Record<SourceConfig['driver'], OpenEvidence>>
  readonly broker: {
    readonly rabbitmq?: LoadBroker<AmqpConfig>
    readonly memory?: OpenBroker
    readonly kafka?: LoadBroker<KafkaConfig>
  }
}
