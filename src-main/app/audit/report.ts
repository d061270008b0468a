import type { Audit, AuditOutcome, KeptFinding } from '../../domain/audit.ts'
import { canonical, sha256 } from '../../domain/digest.ts'
import type { Json } from '../../domain/digest.ts'
import type { ChainHorizon } from '../../ports/chains.ts'

export const reportFormat = 'redrive-audit/1'

export interface AuditReport {
  readonly format: typeof reportFormat
  readonly audit: string
  readonly source: string
  readonly environment: string
  readonly table: string
  readonly scope: Audit['scope']
  readonly pace: Audit['pace']
  readonly trigger: Audit['trigger']
  readonly operator: string
  readonly startedAt: string
  readonly endedAt: string
  readonly state: Audit['state']
  readonly verdict: 'intact' | 'broken' | 'incomplete'
  readonly messages: number
  readonly chains: number
  readonly suspicious: number
  readonly byKind: AuditOutcome['byKind']
  readonly byHole: AuditOutcome['byHole']
  readonly findingsDropped: number
  readonly method: AuditOutcome['method']
  readonly verifiedTo: string | null
  readonly trouble: AuditOutcome['trouble']
  /** The moment and the snapshot that it speaks of; null where it did not come that far. */
  readonly horizon: Pick<ChainHorizon, 'at' | 'snapshot' | 'standby' | 'maxId'> | null
  readonly findings: readonly KeptFinding[]
}

/** The report as the text that its digest is of. */
export function sealReport(report: AuditReport): { readonly text: string; readonly digest: string } {
  const text = canonical(report as unknown as Json)
  return { text, digest: sha256(text) }
}
