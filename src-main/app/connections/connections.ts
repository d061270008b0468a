import { RedriveError } from '../../domain/errors.ts'
import { deadLetterPlace } from '../../domain/dead-letter/place.ts'
import { loadOf } from '../../domain/load.ts'
import { named } from '../../domain/named.ts'
import type { BrokerConfig, Environment, SourceConfig, Workspace } from '../../domain/workspace.ts'
import type { Broker, BrokerReport } from '../../ports/broker.ts'
import type { PasswordSource } from '../../ports/drivers.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { Outbox, OutboxReport } from '../../ports/outbox.ts'
import type { Survey } from '../../ports/survey.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { placeOf } from '../evidence/receiver.ts'
import { Receivers } from '../evidence/receivers.ts'
import { passwordSource } from './password-source.ts'
import { gated } from '../mappings/gate.ts'
import { environmentOf } from './environment-of.ts'
import type { HealthBoard } from './health.ts'

interface OpenedBroker {
  readonly broker: Broker
  readonly unwatch: () => void
}

/** A configuration that is not saved yet, with a password that is not kept. */
export interface Draft<Config> {
  readonly config: Config
  readonly password: PasswordSource
}

/** Opens each source and broker of the workspace once, when it is first needed, and keeps it until it is dropped. */
export class Connections {
  readonly #ports: EnginePorts
  readonly #health: HealthBoard
  readonly #outboxes = new Map<string, Promise<Outbox>>()
  readonly #brokers = new Map<string, Promise<OpenedBroker>>()
  readonly #receivers: Receivers

  constructor(ports: EnginePorts, health: HealthBoard) {
    this.#ports = ports
    this.#health = health
    this.#receivers = new Receivers({
      ports,
      workspace: () => this.workspace(),
      broker: (name) => this.#broker(name),
    })
  }

  workspace(): Promise<Workspace> {
    return this.#ports.workspace.load()
  }

  /** Throws `source-unknown`. */
  async source(name: string): Promise<SourceConfig> {
    const { sources } = await this.workspace()
    const config = named(sources, name)
    if (config) return config
    const known = Object.keys(sources).join(', ') || '-'
    throw new RedriveError('source-unknown', 'never', { source: name, known })
  }

  /** As `environmentOf`. Throws `source-unknown`, `broker-unknown`. */
  async environment(place: string): Promise<Environment> {
    const found = environmentOf(await this.workspace(), place)
    if (found !== null) return found
    const queue = deadLetterPlace(place)
    if (queue === null) return (await this.source(place)).environment
    throw new RedriveError('broker-unknown', 'never', { broker: queue.broker })
  }

  /** Runs `work` on the source's outbox and notes how the connection fared. */
  async withOutbox<T>(name: string, work: (outbox: Outbox) => Promise<T>, signal: AbortSignal): Promise<T> {
    const config = await this.source(name)
    try {
      const result = await work(await this.#outbox(name, config, signal))
      this.#health.connected('source', name, null)
      return result
    } catch (error) {
      this.#health.failed('source', name, error)
      throw error
    }
  }

  /** Opens the sources that are not open, for whoever asks next; one that cannot be opened says so as its health. */
  async openSources(signal: AbortSignal): Promise<void> {
    const { sources } = await this.workspace()
    // What is open is not asked: that would tell of a server that is gone that it is there.
    const closed = Object.keys(sources).filter((name) => !this.#outboxes.has(name))
    await Promise.allSettled(closed.map((name) => this.withOutbox(name, () => Promise.resolve(), signal)))
  }

  /**
   * For work in the background, between two batches: waits while the source's database is slower than usual. `signal` ends
   * the wait.
   */
  breathe(name: string, signal: AbortSignal): Promise<void> {
    return this.#ports.loads.breathe(name, signal)
  }

  /**
   * Runs `work` on an outbox of its own, opened for just this: it sees the tables as they are now. `config` is that of a
   * source, saved or not. What it would write is gated as ever.
   */
  async aside<T>(
    name: string,
    config: SourceConfig,
    work: (outbox: Outbox) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const outbox = await this.#open(name, config, signal)
    return work(outbox).finally(() => outbox.close())
  }

  /** Closes the open connection where its tables have another shape by now: the next use sees them as they are. */
  async dropWhereNot(name: string, shape: string): Promise<boolean> {
    const opened = await this.#outboxes.get(name)?.catch(() => null)
    if (!opened || opened.shape === shape) return false
    await this.drop('source', name)
    return true
  }

  /** A look through the source's database on a connection of its own, which the caller closes. */
  async survey(name: string, signal: AbortSignal): Promise<Survey> {
    const config = await this.source(name)
    const password = this.#password('sources', name, config)
    return this.#ports.mapping.survey[config.driver](
      { config, password, load: this.#load(name, config) },
      signal,
    )
  }

  /**
   * Where consumption of the source's messages is proved: what the source says, or else its mapping; null: neither does.
   * Throws where it cannot be opened.
   */
  async evidence(name: string, signal: AbortSignal): Promise<EvidenceReader | null> {
    const config = await this.source(name)
    if (config.evidence === undefined)
      return this.withOutbox(name, (outbox) => Promise.resolve(outbox.evidence), signal)
    return this.#receivers.of(name, { config, evidence: config.evidence }, signal)
  }

  /** Names it without asking it; null: no evidence is mapped. */
  async evidencePlace(name: string, signal: AbortSignal): Promise<string | null> {
    // A queue of dead letters has no outbox that would say where its messages are consumed.
    if (deadLetterPlace(name) !== null) return null
    const { evidence } = await this.source(name)
    if (evidence !== undefined) return placeOf(evidence)
    return this.withOutbox(name, (outbox) => Promise.resolve(outbox.evidence?.where ?? null), signal)
  }

  /** The broker that a source delivers to, or that a queue is in. Throws `broker-unknown` where there is none. */
  async brokerOf(source: string): Promise<{ readonly name: string; readonly broker: Broker }> {
    const place = deadLetterPlace(source)
    const name = place === null ? (await this.source(source)).deliver?.broker : place.broker
    if (name === undefined) throw new RedriveError('broker-unknown', 'never', { broker: '-' })
    return { name, broker: await this.#broker(name) }
  }

  /** Throws `broker-unknown`. */
  brokerNamed(name: string): Promise<Broker> {
    return this.#broker(name)
  }

  /** A saved connection, or a draft on a connection of its own. */
  async testSource(
    name: string,
    draft: Draft<SourceConfig> | null,
    signal: AbortSignal,
  ): Promise<OutboxReport> {
    if (!draft) {
      const report = await this.withOutbox(name, (opened) => opened.report(signal), signal)
      this.#health.connected('source', name, report.latencyMs)
      return report
    }
    // A mapping is no field of the form: what is tested reads by the one that is saved.
    const mapping = named((await this.workspace()).sources, name)?.outbox.mapping
    const { config } = draft
    const whole = mapping === undefined ? config : { ...config, outbox: { mapping, ...config.outbox } }
    // Limits of its own: what a form says does not hold for what runs by what is saved.
    const loads = {
      load: this.#load(`${name} (draft)`, config),
      replicaLoad: this.#load(`${name} (draft, standby)`, config),
    }
    const opened = await this.#ports.drivers.outbox[config.driver](
      { ...draft, ...loads, config: whole },
      signal,
    )
    return opened.report(signal).finally(() => opened.close())
  }

  async testBroker(
    name: string,
    draft: Draft<BrokerConfig> | null,
    signal: AbortSignal,
  ): Promise<BrokerReport> {
    if (!draft) {
      const report = await (await this.#broker(name)).report(signal)
      this.#health.connected('broker', name, report.latencyMs)
      return report
    }
    const opened = await this.#openBroker(name, draft)
    return opened.report(signal).finally(() => opened.close())
  }

  /** Closes one connection, so that the next use opens it with the configuration of then. */
  async drop(kind: 'source' | 'broker', name: string): Promise<void> {
    if (kind === 'source') {
      const opening = this.#outboxes.get(name)
      this.#outboxes.delete(name)
      this.#ports.loads.measureBy(name, null)
      await opening?.then((opened) => opened.close()).catch(() => undefined)
      await this.#receivers.dropSource(name)
    } else {
      const opening = this.#brokers.get(name)
      // Before the wait: whoever asks meanwhile gets a new one, and not one that is being closed.
      this.#brokers.delete(name)
      const opened = await opening?.catch(() => undefined)
      opened?.unwatch()
      await opened?.broker.close()
      await this.#receivers.dropBroker(name)
    }
    this.#health.forget(kind, name)
  }

  /** Asks every open connection how it is; the answers are on the board. */
  async ping(signal: AbortSignal): Promise<void> {
    const sources = [...this.#outboxes.keys()].map((name) => {
      this.#ports.loads.measure(name)
      return this.testSource(name, null, signal)
    })
    const brokers = [...this.#brokers].map(async ([name, opening]) => {
      const { broker } = await opening
      if (broker.state().state === 'connected') await this.testBroker(name, null, signal)
    })
    // One that fails must not keep the others from being asked.
    await Promise.allSettled([...sources, ...brokers])
  }

  async close(): Promise<void> {
    await Promise.all([
      this.#receivers.close(),
      ...[...this.#outboxes.keys()].map((name) => this.drop('source', name)),
      ...[...this.#brokers.keys()].map((name) => this.drop('broker', name)),
    ])
  }

  #outbox(name: string, config: SourceConfig, signal: AbortSignal): Promise<Outbox> {
    const known = this.#outboxes.get(name)
    if (known) return known
    this.#health.connecting('source', name)
    const opening = this.#open(name, config, signal)
    this.#outboxes.set(name, opening)
    const measured = async (until: AbortSignal) => (await opening).clock(until)
    this.#ports.loads.measureBy(name, measured)
    opening.catch(() => {
      if (this.#outboxes.get(name) === opening) this.#outboxes.delete(name)
    })
    return opening
  }

  async #open(name: string, config: SourceConfig, signal: AbortSignal): Promise<Outbox> {
    const password = this.#password('sources', name, config)
    const { replica } = config
    const replicaPassword = replica?.password
      ? { replicaPassword: this.#password('sources', `${name}.replica`, replica) }
      : {}
    const loads = { load: this.#load(name, config), replicaLoad: this.#load(`${name} (standby)`, config) }
    const opening = this.#ports.drivers.outbox[config.driver]
    const outbox = await opening({ config, password, ...replicaPassword, ...loads }, signal)
    return gated(this.#ports, name, outbox, config.url)
  }

  #load(name: string, config: SourceConfig): SourceLoad {
    return this.#ports.loads.of(name, loadOf(config))
  }

  async #broker(name: string): Promise<Broker> {
    const config = named((await this.workspace()).brokers, name)
    if (!config) throw new RedriveError('broker-unknown', 'never', { broker: name })
    return (await (this.#brokers.get(name) ?? this.#keptBroker(name, config))).broker
  }

  #keptBroker(name: string, config: BrokerConfig): Promise<OpenedBroker> {
    const opening = this.#watched(name, config)
    this.#brokers.set(name, opening)
    opening.catch(() => {
      if (this.#brokers.get(name) === opening) this.#brokers.delete(name)
    })
    return opening
  }

  async #watched(name: string, config: BrokerConfig): Promise<OpenedBroker> {
    const broker = await this.#openBroker(name, { config, password: this.#password('brokers', name, config) })
    this.#health.broker(name, broker.state())
    return { broker, unwatch: broker.watch((state) => this.#health.broker(name, state)) }
  }

  async #openBroker(name: string, draft: Draft<BrokerConfig>): Promise<Broker> {
    const { broker: drivers } = this.#ports.drivers
    const { config, password } = draft
    const opened =
      config.driver === 'kafka'
        ? drivers.kafka?.({ config, password })
        : drivers[config.driver]?.({ config, password })
    if (opened) return opened
    throw new RedriveError('broker-unknown', 'never', { broker: `${name} (${config.driver})` })
  }

  #password(
    kind: 'sources' | 'brokers',
    name: string,
    { password }: Pick<SourceConfig | BrokerConfig, 'password'>,
  ): PasswordSource {
    return passwordSource(this.#ports.secrets, `${kind}.${name}`, password)
  }
}
