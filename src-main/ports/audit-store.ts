import type { Audit, AuditMark, AuditOutcome, AuditState, KeptFinding } from '../domain/audit.ts'
import type { FindingKind } from '../domain/chain/finding.ts'
import type { JournalDraft } from '../domain/journal.ts'
import type { Owner } from './job-store.ts'

export type NewAudit = Pick<Audit, 'audit' | 'source' | 'scope' | 'pace' | 'trigger' | 'operator'> & {
  /** The process that runs it. */
  readonly owner: Owner
}

export interface AuditEnd {
  readonly state: Exclude<AuditState, 'running'>
  readonly endedAt: string
  readonly outcome: AuditOutcome
  readonly findings: readonly KeptFinding[]
  /** Canonical JSON. */
  readonly report: string
  /** Null: it stays as it was. */
  readonly mark: (AuditMark & { readonly outbox: string }) | null
}

export interface FindingQuery {
  readonly kinds?: readonly FindingKind[]
  readonly chain?: string
  readonly afterSeq: number
  readonly limit: number
}

/** Audits of this machine. Every change is one transaction with its journal entries, on disk when it resolves. */
export interface AuditStore {
  /** Keeps the newest AUDITS_KEPT of the source. */
  begin(audit: NewAudit, entries: readonly JournalDraft[]): Promise<Audit>
  /** Throws `audit-not-found` where it does not exist, `job-state-forbids` where it is not running. */
  end(audit: string, end: AuditEnd, entries: readonly JournalDraft[]): Promise<Audit>
  audit(id: string): Promise<Audit | null>
  /** Newest first; `before` is the last one of the page before. */
  audits(query: {
    readonly source?: string
    readonly before: string | null
    readonly limit: number
  }): Promise<readonly Audit[]>
  findings(audit: string, query: FindingQuery): Promise<readonly KeptFinding[]>
  /** With the most findings first. */
  damagedChains(
    audit: string,
    limit: number,
  ): Promise<{
    readonly chains: readonly { readonly chain: string; readonly findings: number }[]
    readonly total: number
  }>
  /** Null where the audit has not ended. */
  report(audit: string): Promise<string | null>
  /** With their owners, for recovery. */
  running(): Promise<readonly { readonly audit: Audit; readonly owner: Owner }[]>
}

/** What continuous watching has to remember. */
export interface AuditWatchStore {
  /** `outbox` names the table and its mapping: a mark says nothing about another one. */
  mark(source: string, outbox: string): Promise<AuditMark | null>
  watches(): Promise<readonly { readonly source: string; readonly everySec: number }[]>
  /** Null ends it. */
  setWatch(source: string, everySec: number | null, entry: JournalDraft): Promise<void>
}
