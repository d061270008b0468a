import type { Json } from '../../domain/digest.ts'
import { RedriveError } from '../../domain/errors.ts'
import { NO_ALERTS, withoutSubject } from '../../domain/alert/rule.ts'
import type { AlertRule, AlertsConfig } from '../../domain/alert/rule.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import type { CheckBackConfig } from '../../domain/check-back.ts'
import { named } from '../../domain/named.ts'
import type { SweepPolicy } from '../../domain/sweep-policy.ts'
import { isLog } from '../../domain/evidence-config.ts'
import { brokerAddress, brokersOf } from '../../domain/workspace.ts'
import type {
  BrokerConfig,
  EvidenceConfig,
  ReplicaConfig,
  SecretRef,
  SourceConfig,
  Workspace,
} from '../../domain/workspace.ts'
import type { PasswordSource } from '../../ports/drivers.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { passwordSource } from './password-source.ts'
import type { Connections } from './connections.ts'
import { requireBrokerSaveable, requireRemovable, requireSaveable } from './guarded.ts'

/** A password as it was asked for: none, the one that is kept, a variable's name, or typed just now. */
export type PasswordChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'typed'; readonly value: string }

export interface Save<Config> {
  readonly name: string
  readonly isNew: boolean
  readonly config: Config
  readonly password: PasswordChoice
}

export interface SourceSave extends Save<SourceConfig> {
  /** False: evidence that the new configuration does not name is removed. */
  readonly keepsEvidence?: boolean
  /** False: a replica that the new configuration does not name is removed. */
  readonly keepsReplica?: boolean
}

type Kind = 'source' | 'broker'
const sections = { source: 'sources', broker: 'brokers' } as const

/** Changes the workspace. Each change is journalled (never a secret) and closes the connection that it touches. */
export class Configure {
  readonly #ports: EnginePorts
  readonly #connections: Connections

  constructor(ports: EnginePorts, connections: Connections) {
    this.#ports = ports
    this.#connections = connections
  }

  /** Throws `policy-forbids` where it would take a source out of what guards it. */
  async saveSource(save: SourceSave): Promise<SourceConfig> {
    requireSaveable(await this.#ports.workspace.load(), save)
    return this.#save('source', save, (workspace, saved) => {
      const { keepsEvidence = true, keepsReplica = true } = save
      const whole = withUnseen(saved, named(workspace.sources, save.name), { keepsEvidence, keepsReplica })
      return { ...workspace, sources: { ...workspace.sources, [save.name]: whole } }
    })
  }

  /** Writes a sweep's policy down; the connection stays as it is, and open. */
  async saveSweep(name: string, sweep: SweepPolicy): Promise<SourceConfig> {
    const before = await this.#connections.source(name)
    await this.#ports.journal.append({
      action: 'workspace-changed',
      operator: this.#ports.operator(),
      source: name,
      subject: null,
      detail: { change: 'sweep', kind: 'source', name, sweep: { ...sweep, backoff: { ...sweep.backoff } } },
    })
    const workspace = await this.#ports.workspace.load()
    const saved = { ...before, sweep }
    await this.#ports.workspace.save({ ...workspace, sources: { ...workspace.sources, [name]: saved } })
    return saved
  }

  /** Writes a check-back down; the connection stays as it is, and open. */
  async saveCheckBack(name: string, checkBack: CheckBackConfig): Promise<SourceConfig> {
    const before = await this.#connections.source(name)
    await this.#ports.journal.append({
      action: 'workspace-changed',
      operator: this.#ports.operator(),
      source: name,
      subject: null,
      detail: { change: 'check-back', kind: 'source', name, enabled: checkBack.enabled },
    })
    const workspace = await this.#ports.workspace.load()
    const saved = { ...before, checkBack }
    await this.#ports.workspace.save({ ...workspace, sources: { ...workspace.sources, [name]: saved } })
    return saved
  }

  /** Makes a mapping that of its source, in the workspace itself; the connection is opened anew with it. */
  async saveMapping(
    name: string,
    { table, mapping }: { readonly table: string; readonly mapping: Mapping },
  ): Promise<void> {
    const before = await this.#connections.source(name)
    const { profile } = mapping
    await this.#ports.journal.append({
      action: 'workspace-changed',
      operator: this.#ports.operator(),
      source: name,
      subject: null,
      detail: { change: 'mapping', kind: 'source', name, table, profile, digest: mappingDigest(mapping) },
    })
    const saved = { ...before, outbox: { ...before.outbox, table, profile, mapping } }
    const workspace = await this.#ports.workspace.load()
    await this.#ports.workspace.save({ ...workspace, sources: { ...workspace.sources, [name]: saved } })
    await this.#connections.drop('source', name)
  }

  /** Throws `name-in-use`. */
  async saveAlertRule(name: string, isNew: boolean, rule: AlertRule): Promise<void> {
    const { alerts = NO_ALERTS } = await this.#ports.workspace.load()
    if (isNew && Object.hasOwn(alerts.rules, name)) throw new RedriveError('name-in-use', 'never', { name })
    const detail = { ...rule, when: { ...rule.when } }
    await this.#saveAlerts({ change: 'alert-rule', name, rule: detail }, (kept) => ({
      ...kept,
      rules: { ...kept.rules, [name]: rule },
    }))
  }

  /** One that is not there is gone already. */
  async removeAlertRule(name: string): Promise<void> {
    await this.#saveAlerts({ change: 'alert-rule-removed', name }, (kept) => ({
      ...kept,
      rules: without(kept.rules, name),
    }))
  }

  async #saveAlerts(
    detail: Readonly<Record<string, Json>>,
    put: (alerts: AlertsConfig) => AlertsConfig,
  ): Promise<void> {
    const operator = this.#ports.operator()
    const entry = { action: 'workspace-changed', operator, source: null, subject: null } as const
    await this.#ports.journal.append({ ...entry, detail: { ...detail, kind: 'alert-rule' } })
    const workspace = await this.#ports.workspace.load()
    await this.#ports.workspace.save({ ...workspace, alerts: put(workspace.alerts ?? NO_ALERTS) })
  }

  /** Throws `policy-forbids` as saveSource does. */
  async saveBroker(save: Save<BrokerConfig>): Promise<BrokerConfig> {
    requireBrokerSaveable(await this.#ports.workspace.load(), save)
    return this.#save('broker', save, (workspace, saved) => ({
      ...workspace,
      brokers: {
        ...workspace.brokers,
        [save.name]: withUnseenOfBroker(saved, named(workspace.brokers, save.name)),
      },
    }))
  }

  async removeSource(name: string): Promise<void> {
    await this.#connections.source(name)
    requireRemovable(await this.#ports.workspace.load(), 'source', name)
    await this.#remove('source', name, (workspace) => ({
      ...workspace,
      sources: without(workspace.sources, name),
    }))
  }

  /** Throws `name-in-use` where a source needs it. */
  async removeBroker(name: string): Promise<void> {
    const workspace = await this.#ports.workspace.load()
    const { brokers, sources } = workspace
    if (!(name in brokers)) throw new RedriveError('broker-unknown', 'never', { broker: name })
    if (Object.values(sources).some((source) => brokersOf(source).includes(name)))
      throw new RedriveError('name-in-use', 'never', { name })
    requireRemovable(workspace, 'broker', name)
    await this.#remove('broker', name, (workspace) => ({
      ...workspace,
      brokers: without(workspace.brokers, name),
    }))
  }

  /** The password for testing a draft: what was typed, without keeping it. */
  draftPassword(kind: Kind, name: string, choice: PasswordChoice): PasswordSource {
    const [section, { secrets, workspace }] = [sections[kind], this.#ports]
    const secretName = `${section}.${name}`
    if (choice.kind === 'none') return () => Promise.resolve(null)
    if (choice.kind === 'typed') return () => Promise.resolve(choice.value)
    if (choice.kind === 'env') return passwordSource(secrets, secretName, { env: choice.variable })
    let used: SecretRef | undefined
    const resolve = async (): Promise<string | null> => {
      used = (await workspace.load())[section][name]?.password
      return passwordSource(secrets, secretName, used)()
    }
    const renew = (): boolean => passwordSource(secrets, secretName, used).renew?.() ?? false
    return Object.assign(resolve, { renew })
  }

  async #save<Config extends SourceConfig | BrokerConfig>(
    kind: Kind,
    { name, isNew, config, password }: Save<Config>,
    put: (workspace: Workspace, saved: Config) => Workspace,
  ): Promise<Config> {
    const workspace = await this.#ports.workspace.load()
    const before = workspace[sections[kind]][name]
    if (isNew && before) throw new RedriveError('name-in-use', 'never', { name })
    await this.#journal(isNew ? 'added' : 'changed', kind, name, addressOf(config))
    const ref = await this.#reference(`${sections[kind]}.${name}`, password, before?.password)
    const saved = ref ? { ...config, password: ref } : config
    await this.#ports.workspace.save(put(workspace, saved))
    await this.#connections.drop(kind, name)
    return saved
  }

  async #remove(kind: Kind, name: string, take: (workspace: Workspace) => Workspace): Promise<void> {
    await this.#journal('removed', kind, name, null)
    const { alerts, ...workspace } = take(await this.#ports.workspace.load())
    const kept = alerts && { alerts: withoutSubject(alerts, { kind, name }) }
    await this.#ports.workspace.save({ ...workspace, ...kept })
    await this.#ports.secrets.forget(`${sections[kind]}.${name}`)
    await this.#connections.drop(kind, name)
  }

  async #reference(
    secretName: string,
    choice: PasswordChoice,
    before: SecretRef | undefined,
  ): Promise<SecretRef | undefined> {
    switch (choice.kind) {
      case 'none':
        await this.#ports.secrets.forget(secretName)
        return undefined
      case 'keep':
        return before
      case 'env':
        return { env: choice.variable }
      case 'typed':
        return this.#ports.secrets.keep(secretName, choice.value)
    }
  }

  async #journal(change: string, kind: Kind, name: string, url: string | null): Promise<void> {
    await this.#ports.journal.append({
      action: 'workspace-changed',
      operator: this.#ports.operator(),
      source: kind === 'source' ? name : null,
      subject: null,
      detail: { change, kind, name, url },
    })
  }
}

/** What is written in the workspace file only: a form that does not know it must not remove it. */
function withUnseen(
  saved: SourceConfig,
  before: SourceConfig | undefined,
  { keepsEvidence, keepsReplica }: { readonly keepsEvidence: boolean; readonly keepsReplica: boolean },
): SourceConfig {
  const { schemas, mapping, fingerprint, ids } = { ...before?.outbox, ...saved.outbox }
  const replica = withUnseenOfReplica(saved, keepsReplica ? before?.replica : undefined)
  const evidence = withUnseenOfEvidence(saved.evidence, keepsEvidence ? before?.evidence : undefined)
  return {
    ...saved,
    outbox: {
      ...saved.outbox,
      ...(mapping === undefined ? {} : { mapping }),
      ...(schemas === undefined ? {} : { schemas }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(ids === undefined ? {} : { ids }),
    },
    ...writtenOnly(before),
    ...(replica === undefined ? {} : { replica }),
    ...(evidence === undefined ? {} : { evidence }),
  }
}

/** What no form of a source knows: the sweep has its own, and the rest is written in the file. */
const WRITTEN_ONLY = ['sweep', 'checkBack', 'callback', 'masking', 'load'] as const

function writtenOnly(before: SourceConfig | undefined): Pick<SourceConfig, (typeof WRITTEN_ONLY)[number]> {
  return Object.fromEntries(
    WRITTEN_ONLY.flatMap((name) => (before?.[name] === undefined ? [] : [[name, before[name]]])),
  )
}

/** A password and TLS of its own are written in the file, and go to no other server than the one they were written for. */
function withUnseenOfReplica(
  { driver, replica: saved }: SourceConfig,
  before: ReplicaConfig | undefined,
): ReplicaConfig | undefined {
  if (driver !== 'postgres') return undefined
  return saved === undefined || saved.url === before?.url ? before : saved
}

/** Conditions, forms of columns and the table of positions are written in the file, and belong to a table. */
function withUnseenOfEvidence(
  saved: EvidenceConfig | undefined,
  before: EvidenceConfig | undefined,
): EvidenceConfig | undefined {
  if (saved === undefined || before === undefined) return saved ?? before
  if (isLog(saved) || isLog(before)) return saved
  const { scope, processed, columns, positions } = before
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(processed === undefined ? {} : { processed }),
    ...(columns === undefined ? {} : { columns }),
    ...(positions === undefined ? {} : { positions }),
    ...saved,
  }
}

/** Tunnels, names of headers and the client's own name too. */
function withUnseenOfBroker(form: BrokerConfig, before: BrokerConfig | undefined): BrokerConfig {
  const saved = before?.masking === undefined ? form : { masking: before.masking, ...form }
  if (saved.driver !== 'kafka') {
    const { management, deadLetters: queues } = before?.driver === 'kafka' ? {} : (before ?? {})
    return {
      ...(management === undefined ? {} : { management }),
      ...(queues === undefined ? {} : { deadLetters: queues }),
      ...saved,
    }
  }
  if (before?.driver !== 'kafka') return saved
  const { clientId, addresses, headers, deadLetters } = before
  return {
    ...(clientId === undefined ? {} : { clientId }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(headers === undefined ? {} : { headers }),
    ...(deadLetters === undefined ? {} : { deadLetters }),
    ...saved,
  }
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))
}

function addressOf(config: SourceConfig | BrokerConfig): string {
  return 'outbox' in config ? config.url : brokerAddress(config)
}
