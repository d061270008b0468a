import type { ErrorCode } from './errors.ts'
import type { ChainFinding, ChainVerdict, FindingKind, HoleKind } from './chain/finding.ts'

/** Audits of a source that the store keeps; the journal keeps the digest of every report. */
export const AUDITS_KEPT = 50
/** Findings that an audit keeps and reports one by one; more are counted by kind. */
export const FINDINGS_KEPT_MAX = 10_000
/** Suspicious chains that are looked at by their keys; with more of them, every chain is. */
export const SUSPICIOUS_NAMED_MAX = 50_000
/** Deviations of one chain that are judged; a chain with more is told as broken by what these show. */
export const DEVIATIONS_PER_CHAIN_MAX = 20_000

export type AuditScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'chains'; readonly chains: readonly string[] }
  | { readonly kind: 'since'; readonly id: string }
  | { readonly kind: 'new' }

/**
 * Where the survey is read, where the source names a replica: `if-current` there if it has all that the primary had, else on
 * the primary; `only` there or not at all; `never` on the primary.
 */
export type ReplicaUse = 'if-current' | 'only' | 'never'

export interface AuditPace {
  readonly workers: 1 | 2
  readonly pauseMs: number
  readonly limitSec: number
  /** Absent: `if-current`. */
  readonly replica?: ReplicaUse
}

export const defaultAuditPace: AuditPace = { workers: 2, pauseMs: 20, limitSec: 3_600 }

export type AuditState = 'running' | 'done' | 'cancelled' | 'failed'
export type AuditPhase = 'surveying' | 'walking' | 'settling'

export interface AuditProgress {
  readonly messages: number
  readonly messagesEstimate: number | null
  readonly chains: number
  readonly suspicious: number
}

/** How an audit fared with the replica of its source. */
export interface AuditReplica {
  /** host:port */
  readonly server: string
  /** The survey that counts was read there. */
  readonly used: boolean
  /** Bytes of the primary's log that it had not replayed when it was first asked; null: it did not say. */
  readonly behindBytes: number | null
  /** How long it was waited for until it had them, or was given up. */
  readonly waitedMs: number
  /** Null: the role may not ask either server which system it belongs to, so that only the table was compared. */
  readonly sameSystem: boolean | null
  readonly trouble: ReplicaTrouble | null
}

/**
 * Why a replica was not read: `unreachable` and `cut-off` with the server's words; `behind` and `ahead` of the
 * primary's log; `not-a-standby`, `other-system` and `other-table` where it is not a copy of the source; `source-is-standby` where
 * the source itself is one.
 */
export interface ReplicaTrouble {
  readonly kind:
    | 'unreachable'
    | 'not-a-standby'
    | 'other-system'
    | 'other-table'
    | 'behind'
    | 'ahead'
    | 'cut-off'
    | 'source-is-standby'
  readonly reason: string
}

export interface AuditMethod {
  readonly reading: 'index' | 'scan'
  /** Null or absent: the source names none, or the audit was of a kind or told not to read there. */
  readonly replica?: AuditReplica | null
  readonly remarks: readonly string[]
  readonly tempBytes: number | null
}

export interface AuditTrouble {
  readonly code: ErrorCode
  readonly reason: string
}

/** What an audit came to. */
export interface AuditOutcome {
  readonly progress: AuditProgress
  readonly verdict: ChainVerdict | null
  readonly findings: number
  readonly byKind: Readonly<Record<FindingKind, number>>
  readonly byHole: Readonly<Record<HoleKind, number>>
  readonly findingsDropped: number
  readonly method: AuditMethod | null
  /** Everything with a smaller or equal id has been read; null: nothing that counts. */
  readonly verifiedTo: string | null
  readonly digest: string | null
  readonly trouble: AuditTrouble | null
}

export interface Audit extends AuditOutcome {
  readonly audit: string
  readonly source: string
  readonly scope: AuditScope
  readonly pace: AuditPace
  readonly trigger: 'schedule' | 'operator'
  readonly operator: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly state: AuditState
  readonly phase: AuditPhase | null
}

export interface KeptFinding extends ChainFinding {
  readonly seq: number
}

/** How far a source's outbox was read without leaving anything out. */
export interface AuditMark {
  /** Rows up to here were read when nothing could be added to them any more. */
  readonly readTo: string
  /** Rows up to here were intact then; null: it was never so. */
  readonly intactTo: string | null
}

export const nothingFound: AuditOutcome = {
  progress: { messages: 0, messagesEstimate: null, chains: 0, suspicious: 0 },
  verdict: null,
  findings: 0,
  byKind: { missing: 0, fork: 0, disorder: 0, duplicate: 0, 'orphan-head': 0, cycle: 0 },
  byHole: { 'in-flight': 0, 'rolled-back': 0, lost: 0, unknown: 0 },
  findingsDropped: 0,
  method: null,
  verifiedTo: null,
  digest: null,
  trouble: null,
}
