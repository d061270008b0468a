import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { id, name, procedure, time } from './base.ts'
import { errorCode } from './errors.ts'
import { messageState } from './messages.ts'

export const findingKind = z.enum(['missing', 'fork', 'disorder', 'duplicate', 'orphan-head', 'cycle'])
export const holeKind = z.enum(['in-flight', 'rolled-back', 'lost', 'unknown'])
export const auditVerdict = z.enum(['intact', 'broken', 'incomplete'])

/** Chains that one audit may name. */
export const AUDIT_CHAINS_MAX = 1_000
export const FINDINGS_PAGE_MAX = 1_000
/** Messages of a drawn chain before, and after, the one in the middle. */
export const CHAIN_VIEW_MAX = 200

/** Ids of chains and messages: a chain's key may be any text. */
const chainKey = z.string().min(1).max(4_000)
const rowId = z.string().regex(/^-?\d{1,19}$/, 'a whole number')

export const auditScope = z.discriminatedUnion('kind', [
  /** The whole outbox. */
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('chains'), chains: z.array(chainKey).min(1).max(AUDIT_CHAINS_MAX) }),
  /** Every message with a greater id. */
  z.strictObject({ kind: z.literal('since'), id: rowId }),
  /** What is new since the last audit that verified everything before it; all where there was none. */
  z.strictObject({ kind: z.literal('new') }),
])
export type FindingKind = z.infer<typeof findingKind>
export type HoleKind = z.infer<typeof holeKind>
export type AuditHole = z.infer<typeof hole>
export type AuditPace = z.infer<typeof auditPace>
export type AuditScope = z.infer<typeof auditScope>

/** `if-current`: on the replica if it has all that the primary had, else on the source; `only`: there or not at all. */
export const replicaUses = ['if-current', 'only', 'never'] as const
export type ReplicaUse = (typeof replicaUses)[number]

/** Load on the source: connections that read at a time, and rest between two statements. */
export const auditPace = z.strictObject({
  workers: z.union([z.literal(1), z.literal(2)]),
  pauseMs: z.number().int().min(0).max(10_000),
  /** The audit ends as incomplete after this. */
  limitSec: z.number().int().min(1).max(86_400),
  /** Where the survey is read, where the source names a replica. Absent: `if-current`, else on the source. */
  replica: z.enum(replicaUses).exactOptional(),
})

const hole = z.object({
  kind: holeKind,
  reason: z.enum([
    'transaction-open',
    'never-deleted',
    'verified-before',
    'other-chain',
    'not-from-sequence',
    'burnt-or-deleted',
    'sequence-hidden',
    'standby',
    'not-settled',
  ]),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
})

export const auditFinding = z.object({
  /** 1, 2, 3 … within its audit. */
  seq: z.number().int(),
  kind: findingKind,
  chain: z.string(),
  id: z.string(),
  /** The predecessor that it names; the missing one for `missing`. */
  prevId: z.string().nullable(),
  /** Where bare numbers are missing in a row, the last of them; null: only `prevId`. */
  missingTo: z.string().nullable(),
  /** Only for `missing`. */
  hole: hole.nullable(),
  /** The same in one English sentence. */
  says: z.string(),
})
export type AuditFinding = z.infer<typeof auditFinding>

const count = z.number().int().min(0)

const auditReplica = z.object({
  /** host:port */
  server: z.string(),
  used: z.boolean(),
  /** Bytes of the primary's log that it lacked when it was first asked; null: it did not say. */
  behindBytes: count.nullable(),
  waitedMs: count,
  /** Null: could not be checked. */
  sameSystem: z.boolean().nullable(),
  /** Why it was not used. */
  trouble: z
    .object({
      kind: z.enum([
        'unreachable',
        'not-a-standby',
        'other-system',
        'other-table',
        'behind',
        'ahead',
        'cut-off',
        'source-is-standby',
      ]),
      reason: z.string(),
    })
    .nullable(),
})
export type AuditReplica = z.infer<typeof auditReplica>

export const audit = z.object({
  audit: id,
  source: name,
  scope: auditScope,
  pace: auditPace,
  trigger: z.enum(['schedule', 'operator']),
  operator: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  /** `cancelled` and `failed` have the verdict `incomplete`. */
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  phase: z.enum(['surveying', 'walking', 'settling']).nullable(),
  progress: z.object({
    messages: count,
    /** As the source's statistics have it; null: they say nothing. */
    messagesEstimate: count.nullable(),
    chains: count,
    /** Chains that were looked at message by message. */
    suspicious: count,
  }),
  /** Null while it runs. */
  verdict: auditVerdict.nullable(),
  findings: count,
  byKind: z.record(findingKind, count),
  byHole: z.record(holeKind, count),
  /** Findings that are counted and not kept. */
  findingsDropped: count,
  /** How the source was read. Null before that is known. */
  method: z
    .object({
      reading: z.enum(['index', 'scan']),
      /** Null or absent: none was to be read. */
      replica: auditReplica.nullable().exactOptional(),
      /** What this audit cannot see, or did in another way, in English. */
      remarks: z.array(z.string()),
      /** Temporary files of the database while it ran, in bytes, those of others included. */
      tempBytes: count.nullable(),
    })
    .nullable(),
  /** Everything with a smaller or equal id is verified in this source; null: nothing is. */
  verifiedTo: z.string().nullable(),
  /** SHA-256 of the report, as the journal has it. */
  digest: z.string().nullable(),
  trouble: z.object({ code: errorCode, reason: z.string() }).nullable(),
})
export type Audit = z.infer<typeof audit>

export const chainBlock = z.object({
  id: z.string(),
  prevId: z.string().nullable(),
  /** Null where the row went away while the chain was read. */
  message: z
    .object({
      messageId: z.string(),
      type: z.string().nullable(),
      state: messageState,
      createdAt: time.nullable(),
    })
    .nullable(),
  /** How it follows the block before it: `gap` where a predecessor that does not exist belongs between them. */
  link: z.enum(['head', 'linked', 'gap', 'copy', 'wrong']),
})
export type ChainBlock = z.infer<typeof chainBlock>

export const auditWatch = z.object({ source: name, everySec: z.number().int(), nextRunAt: time.nullable() })

const eventMessage = z.object({ id: z.string(), messageId: z.string(), at: time })

/** Two messages with different ids that tell the same business event, in the order in which they were stored. */
export const sameEvent = z.object({
  first: eventMessage,
  again: eventMessage,
  apartMs: count,
  says: z.string(),
})
export type SameEvent = z.infer<typeof sameEvent>

export const sameEvents = z.object({
  source: name,
  asOf: time,
  windowSec: count,
  messages: count,
  /** `incomplete`: there are more equal messages than were compared. */
  verdict: auditVerdict,
  events: z.array(sameEvent),
})
export type SameEvents = z.infer<typeof sameEvents>

const idFault = z.enum(['duplicate', 'regression', 'clock-back', 'clock-ahead', 'range-unused'])

/** What ids tell of the service that made them; `src-main/domain/id-service.ts` says what each fault means. */
export const idFinding = z.object({
  fault: idFault,
  chain: z.string().nullable(),
  id: z.string(),
  beforeId: z.string().nullable(),
  byMs: z.number().nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  times: count.nullable(),
  says: z.string(),
})
export const idFindings = z.object({
  source: name,
  asOf: time,
  kind: z.enum(['snowflake', 'segment']),
  messages: count,
  verdict: z.enum(['intact', 'broken']),
  findings: z.array(idFinding),
  byFault: z.record(idFault, count),
  /** What was not looked at, because the outbox does not say it. */
  unseen: z.array(z.enum(['order', 'chain', 'worker', 'created'])),
})
export type IdFindings = z.infer<typeof idFindings>

const AUDITS_PAGE_MAX = 100
const WATCH_SEC_MIN = 10
const WATCH_SEC_MAX = 86_400
const one = z.strictObject({ audit: id })

export const audits = {
  /** Begins an audit and answers at once. Reads only, so the source may be locked. One runs at a time in a source. */
  start: procedure
    .input(z.strictObject({ source: name, scope: auditScope, pace: auditPace.exactOptional() }))
    .output(audit),
  get: procedure.input(one).output(audit),
  /** The audit now and whenever it has moved, until it has ended. */
  follow: procedure.input(one).output(eventIterator(audit)),
  /** Ends it as incomplete. One that has ended stays as it is. */
  cancel: procedure.input(one).output(audit),
  /** Newest first; `before` is the last audit of the page before. */
  list: procedure
    .input(
      z.strictObject({
        source: name.exactOptional(),
        before: id.nullable(),
        limit: z.number().int().min(1).max(AUDITS_PAGE_MAX),
      }),
    )
    .output(z.object({ audits: z.array(audit) })),
  findings: procedure
    .input(
      z.strictObject({
        audit: id,
        kinds: z.array(findingKind).exactOptional(),
        chain: chainKey.exactOptional(),
        afterSeq: count,
        limit: z.number().int().min(1).max(FINDINGS_PAGE_MAX),
      }),
    )
    .output(z.object({ findings: z.array(auditFinding) })),
  /** Damaged chains of an audit, the worst first. */
  chains: procedure
    .input(z.strictObject({ audit: id, limit: z.number().int().min(1).max(FINDINGS_PAGE_MAX) }))
    .output(z.object({ chains: z.array(z.object({ chain: z.string(), findings: count })), total: count })),
  /** The blocks around an id in the order of ids; around the end of the chain where `around` is null. */
  chain: procedure
    .input(
      z.strictObject({
        source: name,
        chain: chainKey,
        around: rowId.nullable(),
        before: z.number().int().min(0).max(CHAIN_VIEW_MAX),
        after: z.number().int().min(0).max(CHAIN_VIEW_MAX),
      }),
    )
    .output(
      z.object({ blocks: z.array(chainBlock), moreBefore: z.boolean(), moreAfter: z.boolean(), asOf: time }),
    ),
  /**
   * A plan for what is not sent of the finding's chain from the finding on, in order. `gone`: messages that exist no more
   * and cannot be resent by anybody. No plan where nothing is left to send.
   */
  repair: procedure.input(z.strictObject({ audit: id, seq: z.number().int().min(1) })).output(
    z.object({
      plan: id.nullable(),
      gone: z.object({ from: z.string(), to: z.string() }).nullable(),
      unsent: count,
      says: z.string(),
    }),
  ),
  /** The report: canonical JSON, its digest, and the same as a page. Throws where the audit is still running. */
  report: procedure
    .input(one)
    .output(z.object({ audit: id, json: z.string(), digest: z.string(), html: z.string() })),
  /** Business events that are stored under two message ids, by the fingerprint of the source. Reads only, keeps nothing. */
  events: procedure.input(z.strictObject({ source: name, since: rowId.nullable() })).output(sameEvents),
  /** What the ids tell of the id service that made them. Reads only, keeps nothing. */
  ids: procedure.input(z.strictObject({ source: name, since: rowId.nullable() })).output(idFindings),
  watches: procedure.input(z.strictObject({})).output(z.object({ watches: z.array(auditWatch) })),
  /** Checks what is new again and again; null ends it. On this machine only. */
  watch: procedure
    .input(
      z.strictObject({
        source: name,
        everySec: z.number().int().min(WATCH_SEC_MIN).max(WATCH_SEC_MAX).nullable(),
      }),
    )
    .output(z.object({ watch: auditWatch.nullable() })),
}
