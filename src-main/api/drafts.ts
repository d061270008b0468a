import type {
  BrokerConnection,
  BrokerDraft,
  EvidenceDraft,
  SourceConnection,
  SourceDraft,
} from '../../src-preload/contract/connections.ts'
import { isLog } from '../domain/evidence-config.ts'
import { unlockMinutesMax } from '../domain/policy.ts'
import type { BrokerConfig, EvidenceConfig, Policies, SecretRef, SourceConfig } from '../domain/workspace.ts'

/** A form of the connections page as a configuration; the password goes its own way. */
export function toSourceConfig(draft: SourceDraft): SourceConfig {
  return {
    driver: draft.driver,
    url: draft.url,
    ...(draft.tls ? { tls: draft.tls } : {}),
    ...(draft.replica ? { replica: { url: draft.replica } } : {}),
    environment: draft.environment,
    outbox: { profile: draft.profile, table: draft.table },
    ...(draft.deliverTo === null ? {} : { deliver: { broker: draft.deliverTo } }),
    ...(draft.evidence ? { evidence: evidenceConfig(draft.evidence) } : {}),
    stuckAfterSec: draft.stuckAfterSec,
    maxAttempts: draft.maxAttempts,
  }
}

function evidenceConfig(draft: EvidenceDraft): EvidenceConfig {
  if ('log' in draft) {
    const { messageId, ...log } = draft
    return { ...log, ...(messageId === null ? {} : { messageId }) }
  }
  const { source, processedAt, ...table } = draft
  return {
    ...table,
    ...(source === null ? {} : { source }),
    ...(processedAt === null ? {} : { processedAt }),
  }
}

/** Nothing for a table behind an address of its own: that is written in the workspace file only. */
function evidenceDraft(evidence: EvidenceConfig | undefined): Pick<SourceConnection, 'evidence'> {
  if (evidence === undefined) return { evidence: null }
  if (isLog(evidence)) return { evidence: { ...evidence, messageId: evidence.messageId ?? null } }
  const { url, source, table, messageId, processedAt, retentionSec } = evidence
  if (url !== undefined) return {}
  const places = { source: source ?? null, processedAt: processedAt ?? null }
  return { evidence: { table, messageId, retentionSec, ...places } }
}

export function toBrokerConfig(draft: BrokerDraft): BrokerConfig {
  const tls = draft.tls ? { tls: draft.tls } : {}
  if (draft.driver !== 'kafka') return { driver: draft.driver, url: draft.url, ...tls }
  const { driver, brokers, sasl, compression } = draft
  return {
    driver,
    brokers,
    ...(sasl === null ? {} : { sasl }),
    ...tls,
    ...(compression === 'none' ? {} : { compression }),
  }
}

export function sourceConnection(
  name: string,
  config: SourceConfig,
  {
    policies,
    unlockedUntil,
  }: { readonly policies: Policies | undefined; readonly unlockedUntil: string | null },
): SourceConnection {
  return {
    name,
    driver: config.driver,
    url: config.url,
    ...(config.tls ? { tls: { ...config.tls } } : {}),
    replica: config.replica?.url ?? null,
    environment: config.environment,
    table: config.outbox.table,
    profile: config.outbox.profile,
    deliverTo: config.deliver?.broker ?? null,
    stuckAfterSec: config.stuckAfterSec,
    maxAttempts: config.maxAttempts,
    ...evidenceDraft(config.evidence),
    passwordKind: passwordKind(config.password),
    unlockedUntil,
    unlockMinutesMax: unlockMinutesMax(config.environment, policies?.[config.environment]),
  }
}

export function brokerConnection(name: string, config: BrokerConfig): BrokerConnection {
  const shared = {
    name,
    ...(config.tls ? { tls: { ...config.tls } } : {}),
    passwordKind: passwordKind(config.password),
  }
  if (config.driver !== 'kafka') return { ...shared, driver: config.driver, url: config.url }
  return {
    ...shared,
    driver: config.driver,
    brokers: [...config.brokers],
    sasl: config.sasl ? { ...config.sasl } : null,
    compression: config.compression ?? 'none',
  }
}

/** Where a password comes from; never the password. */
function passwordKind(ref: SecretRef | undefined): SourceConnection['passwordKind'] {
  if (!ref) return 'none'
  if ('env' in ref) return 'env'
  if ('keychain' in ref) return 'stored'
  if ('prompt' in ref) return 'prompt'
  if ('command' in ref) return 'command'
  if ('secret' in ref) return 'secrets-file'
  return 'workspace-file'
}
