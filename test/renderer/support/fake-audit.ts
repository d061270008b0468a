import type { Audit, AuditFinding } from '../../../src-preload/contract/audits.ts'

export interface FakeAudit {
  audit: Audit
  readonly findings: readonly AuditFinding[]
}
