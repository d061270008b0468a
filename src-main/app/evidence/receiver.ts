import { RedriveError } from '../../domain/errors.ts'
import { loadOf } from '../../domain/load.ts'
import { named } from '../../domain/named.ts'
import { sourceDriverOf } from '../../domain/workspace.ts'
import { isLog } from '../../domain/evidence-config.ts'
import type {
  EvidenceConfig,
  SecretRef,
  SourceConfig,
  TableEvidence,
  Workspace,
} from '../../domain/workspace.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import { passwordSource } from '../connections/password-source.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** The receiver's table or log for a person, as the workspace names it; never a secret. */
export function placeOf(evidence: EvidenceConfig): string {
  if (isLog(evidence)) return `${evidence.log} (${evidence.broker})`
  const { table, source, url } = evidence
  return source === undefined && url === undefined ? table : `${table} (${source ?? url ?? ''})`
}

/** Opens the table where the workspace says that it is. Throws what opening an outbox throws. */
export function openReceiver(
  { drivers, loads, secrets }: EnginePorts,
  {
    name,
    config,
    evidence,
    sources,
    secretName = `sources.${name}.evidence`,
  }: {
    readonly name: string
    readonly config: SourceConfig
    readonly evidence: TableEvidence
    readonly sources: Workspace['sources']
    /** Of the password of an address of its own. */
    readonly secretName?: string
  },
  signal: AbortSignal,
): Promise<EvidenceReader> {
  const resolve = (secret: string, ref: SecretRef | undefined) => passwordSource(secrets, secret, ref)
  if (evidence.url !== undefined) {
    const { url, tls, password } = evidence
    const at = { url, ...(tls === undefined ? {} : { tls }) }
    // Checked with the workspace: the address says what server it is.
    const open = drivers.evidence[sourceDriverOf(url) ?? config.driver]
    // A database of its own, whose load nobody else of this workspace counts.
    const load = loads.of(`${name} (receiver)`, loadOf(config))
    return open({ config: evidence, at, password: resolve(secretName, password), load }, signal)
  }
  const holder = evidence.source ?? name
  const at = evidence.source === undefined ? config : named(sources, evidence.source)
  if (at === undefined) {
    const known = Object.keys(sources).join(', ')
    return Promise.reject(new RedriveError('source-unknown', 'never', { source: holder, known }))
  }
  const open = drivers.evidence[at.driver]
  const password = resolve(`sources.${holder}`, at.password)
  return open({ config: evidence, at, password, load: loads.of(holder, loadOf(at)) }, signal)
}
