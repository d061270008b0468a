import { nothingFound } from '../../domain/audit.ts'
import type {
  Audit,
  AuditOutcome,
  AuditPace,
  AuditScope,
  AuditState,
  KeptFinding,
} from '../../domain/audit.ts'
import type { FindingKind, Hole } from '../../domain/chain/finding.ts'

export interface AuditRow {
  readonly audit: string
  readonly source: string
  readonly scope: string
  readonly pace: string
  readonly trigger: Audit['trigger']
  readonly operator: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly state: AuditState
  readonly outcome: string | null
  readonly ownerHost: string
  readonly ownerPid: number
  readonly ownerInstance: string
}

export interface FindingRow {
  readonly seq: number
  readonly kind: FindingKind
  readonly chain: string
  readonly id: string
  readonly previousId: string | null
  readonly missingTo: string | null
  readonly hole: string | null
}

export function auditOf(row: AuditRow): Audit {
  const { audit, source, trigger, operator, startedAt, endedAt, state, outcome } = row
  return {
    ...(outcome === null ? nothingFound : (JSON.parse(outcome) as AuditOutcome)),
    audit,
    source,
    scope: JSON.parse(row.scope) as AuditScope,
    pace: JSON.parse(row.pace) as AuditPace,
    trigger,
    operator,
    startedAt,
    endedAt,
    state,
    phase: null,
  }
}

export function findingOf({ hole, ...row }: FindingRow): KeptFinding {
  return { ...row, hole: hole === null ? null : (JSON.parse(hole) as Hole) }
}
