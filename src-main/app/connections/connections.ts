import { RedriveError } from '../../domain/errors.ts'
import type { BrokerConfig, SourceConfig, Workspace } from '../../domain/workspace.ts'
import type { Broker, BrokerReport } from '../../ports/broker.ts'
import type { PasswordSource } from '../../ports/drivers.ts'
import type { Outbox, OutboxReport } from '../../ports/outbox.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { HealthBoard } from './health.ts'

/** Opens each source and broker of the workspace once, when it is first needed, and keeps it. */
export interface Connections {
  workspace(): Promise<Workspace>
  /** Throws `source-unknown`. */
  source(name: string): Promise<SourceConfig>
  /** Runs `work` on the source's outbox and notes how the connection fared. */
  withOutbox<T>(name: string, work: (outbox: Outbox) => Promise<T>, signal: AbortSignal): Promise<T>
  /** The broker that a source delivers to. Throws `broker-unknown` where it delivers to none. */
  brokerOf(source: string): Promise<{ readonly name: string; readonly broker: Broker }>
  testSource(
    name: string,
    config: SourceConfig | null,
    password: PasswordSource | null,
    signal: AbortSignal,
  ): Promise<OutboxReport>
  testBroker(
    name: string,
    config: BrokerConfig | null,
    password: PasswordSource | null,
    signal: AbortSignal,
  ): Promise<BrokerReport>
  /** Closes one connection, so that the next use opens it with the configuration of then. */
  drop(kind: 'source' | 'broker', name: string): Promise<void>
  /** Asks every open connection how it is. */
  ping(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export function createConnections(ports: EnginePorts, health: HealthBoard): Connections {
  const outboxes = new Map<string, Promise<Outbox>>()
  const brokers = new Map<string, { readonly broker: Broker; readonly unwatch: () => void }>()

  const passwordOf = (
    kind: 'sources' | 'brokers',
    name: string,
    config: SourceConfig | BrokerConfig,
  ): PasswordSource => {
    const { password } = config
    return () => (password ? ports.secrets.resolve(`${kind}.${name}`, password) : Promise.resolve(null))
  }
  const source = async (name: string): Promise<SourceConfig> => {
    const { sources } = await ports.workspace.load()
    const config = sources[name]
    if (config) return config
    throw new RedriveError('source-unknown', 'never', {
      source: name,
      known: Object.keys(sources).join(', ') || '-',
    })
  }
  const brokerConfig = async (name: string): Promise<BrokerConfig> => {
    const config = (await ports.workspace.load()).brokers[name]
    if (!config) throw new RedriveError('broker-unknown', 'never', { broker: name })
    return config
  }
  const openBroker = (name: string, config: BrokerConfig, password: PasswordSource): Broker => {
    const open = ports.drivers.broker[config.driver]
    if (!open) throw new RedriveError('broker-unknown', 'never', { broker: `${name} (${config.driver})` })
    return open({ config, password })
  }
  const broker = async (name: string): Promise<Broker> => {
    const config = await brokerConfig(name)
    const known = brokers.get(name)
    if (known) return known.broker
    const opened = openBroker(name, config, passwordOf('brokers', name, config))
    health.broker(name, opened.state())
    brokers.set(name, { broker: opened, unwatch: opened.watch((state) => health.broker(name, state)) })
    return opened
  }
  const outbox = (name: string, config: SourceConfig, signal: AbortSignal): Promise<Outbox> => {
    const known = outboxes.get(name)
    if (known) return known
    health.connecting('source', name)
    const opening = ports.drivers.outbox[config.driver](
      { config, password: passwordOf('sources', name, config) },
      signal,
    )
    outboxes.set(name, opening)
    opening.catch(() => {
      if (outboxes.get(name) === opening) outboxes.delete(name)
    })
    return opening
  }
  const withOutbox: Connections['withOutbox'] = async (name, work, signal) => {
    const config = await source(name)
    try {
      const result = await work(await outbox(name, config, signal))
      health.connected('source', name, null)
      return result
    } catch (error) {
      health.failed('source', name, error)
      throw error
    }
  }
  const drop: Connections['drop'] = async (kind, name) => {
    if (kind === 'source') {
      const opening = outboxes.get(name)
      outboxes.delete(name)
      await opening?.then((opened) => opened.close()).catch(() => undefined)
    } else {
      const opened = brokers.get(name)
      brokers.delete(name)
      opened?.unwatch()
      await opened?.broker.close()
    }
    health.forget(kind, name)
  }

  return {
    workspace: () => ports.workspace.load(),
    source,
    withOutbox,
    drop,
    async brokerOf(sourceName) {
      const name = (await source(sourceName)).deliver?.broker
      if (name === undefined) throw new RedriveError('broker-unknown', 'never', { broker: '-' })
      return { name, broker: await broker(name) }
    },
    async testSource(name, config, password, signal) {
      if (!config) {
        const report = await withOutbox(name, (opened) => opened.report(signal), signal)
        health.connected('source', name, report.latencyMs)
        return report
      }
      const draft = await ports.drivers.outbox[config.driver](
        { config, password: password ?? passwordOf('sources', name, config) },
        signal,
      )
      return draft.report(signal).finally(() => draft.close())
    },
    async testBroker(name, config, password, signal) {
      if (!config) {
        const report = await (await broker(name)).report(signal)
        health.connected('broker', name, report.latencyMs)
        return report
      }
      const draft = openBroker(name, config, password ?? passwordOf('brokers', name, config))
      return draft.report(signal).finally(() => draft.close())
    },
    async ping(signal) {
      const asked = [...outboxes.keys()].map(async (name) => {
        const report = await withOutbox(name, (opened) => opened.report(signal), signal)
        health.connected('source', name, report.latencyMs)
      })
      const brokersAsked = [...brokers].map(async ([name, { broker: opened }]) => {
        if (opened.state().state !== 'connected') return
        health.connected('broker', name, (await opened.report(signal)).latencyMs)
      })
      // How each fared is on the board; one that fails must not keep the others from being asked.
      await Promise.allSettled([...asked, ...brokersAsked])
    },
    async close() {
      const names = { source: [...outboxes.keys()], broker: [...brokers.keys()] }
      await Promise.all([
        ...names.source.map((name) => drop('source', name)),
        ...names.broker.map((name) => drop('broker', name)),
      ])
    },
  }
}
