import { RedriveError } from '../../domain/errors.ts'
import type { BrokerConfig, SecretRef, SourceConfig, Workspace } from '../../domain/workspace.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { Connections } from './connections.ts'

/** A password as it was asked for: none, the one that is kept, a variable's name, or typed just now. */
export type PasswordChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'typed'; readonly value: string }

/** Changes the workspace. Each change is journalled (never a secret) and closes the connection that it touches. */
export interface Configure {
  saveSource(
    name: string,
    isNew: boolean,
    config: SourceConfig,
    password: PasswordChoice,
  ): Promise<SourceConfig>
  saveBroker(
    name: string,
    isNew: boolean,
    config: BrokerConfig,
    password: PasswordChoice,
  ): Promise<BrokerConfig>
  removeSource(name: string): Promise<void>
  /** Throws `name-in-use` where a source delivers to it. */
  removeBroker(name: string): Promise<void>
  /** The password for testing a draft: what was typed, without keeping it. */
  draftPassword(
    kind: 'sources' | 'brokers',
    name: string,
    password: PasswordChoice,
  ): () => Promise<string | null>
}

export function createConfigure(ports: EnginePorts, connections: Connections): Configure {
  const journal = (change: string, kind: string, name: string, url: string | null) =>
    ports.journal.append({
      action: 'workspace-changed',
      operator: ports.operator,
      source: kind === 'source' ? name : null,
      subject: null,
      detail: { change, kind, name, url },
    })

  const reference = async (
    secretName: string,
    choice: PasswordChoice,
    before: SecretRef | undefined,
  ): Promise<SecretRef | undefined> => {
    switch (choice.kind) {
      case 'none':
        await ports.secrets.forget(secretName)
        return undefined
      case 'keep':
        return before
      case 'env':
        return { env: choice.variable }
      case 'typed':
        return ports.secrets.keep(secretName, choice.value)
    }
  }
  const withPassword = <T extends object>(config: T, password: SecretRef | undefined): T =>
    password ? { ...config, password } : config

  const nameIsFree = (known: object, name: string, isNew: boolean): void => {
    if (isNew && name in known) throw new RedriveError('name-in-use', 'never', { name })
  }

  return {
    async saveSource(name, isNew, config, password) {
      const workspace = await ports.workspace.load()
      nameIsFree(workspace.sources, name, isNew)
      const ref = await reference(`sources.${name}`, password, workspace.sources[name]?.password)
      const saved = withPassword(config, ref)
      await journal(isNew ? 'added' : 'changed', 'source', name, config.url)
      await ports.workspace.save({ ...workspace, sources: { ...workspace.sources, [name]: saved } })
      await connections.drop('source', name)
      return saved
    },
    async saveBroker(name, isNew, config, password) {
      const workspace = await ports.workspace.load()
      nameIsFree(workspace.brokers, name, isNew)
      const ref = await reference(`brokers.${name}`, password, workspace.brokers[name]?.password)
      const saved = withPassword(config, ref)
      await journal(isNew ? 'added' : 'changed', 'broker', name, config.url)
      await ports.workspace.save({ ...workspace, brokers: { ...workspace.brokers, [name]: saved } })
      await connections.drop('broker', name)
      return saved
    },
    async removeSource(name) {
      const workspace = await ports.workspace.load()
      await connections.source(name)
      await journal('removed', 'source', name, null)
      await ports.workspace.save({ ...workspace, sources: without(workspace.sources, name) })
      await ports.secrets.forget(`sources.${name}`)
      await connections.drop('source', name)
    },
    async removeBroker(name) {
      const workspace = await ports.workspace.load()
      if (!(name in workspace.brokers)) throw new RedriveError('broker-unknown', 'never', { broker: name })
      if (deliversTo(workspace, name)) throw new RedriveError('name-in-use', 'never', { name })
      await journal('removed', 'broker', name, null)
      await ports.workspace.save({ ...workspace, brokers: without(workspace.brokers, name) })
      await ports.secrets.forget(`brokers.${name}`)
      await connections.drop('broker', name)
    },
    draftPassword(kind, name, choice) {
      return async () => {
        if (choice.kind === 'none') return null
        if (choice.kind === 'typed') return choice.value
        if (choice.kind === 'env') return ports.secrets.resolve(`${kind}.${name}`, { env: choice.variable })
        const kept = (await ports.workspace.load())[kind][name]?.password
        return kept ? ports.secrets.resolve(`${kind}.${name}`, kept) : null
      }
    },
  }
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))
}

function deliversTo(workspace: Workspace, broker: string): boolean {
  return Object.values(workspace.sources).some((source) => source.deliver?.broker === broker)
}
