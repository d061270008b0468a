import { canonical, newLinesDigest, sha256 } from './digest.ts'
import type { Json } from './digest.ts'
import type { DryRunCounts } from './dry-run.ts'
import type { ErrorCode } from './errors.ts'
import type { EvidenceReason } from './evidence.ts'
import type { Destination, MessageContent, MessageState } from './message.ts'
import type { RedriveTo } from './dead-letter/redriven.ts'
import type { Redirect } from './redirect.ts'

export const planFormat = 'redrive-plan/2'
/** Items are streamed, so this is a limit of patience and of disk, not of memory. */
export const PLAN_ITEMS_MAX = 1_000_000
/** Messages left out that a plan names; more are only counted. */
export const SKIPPED_NAMED_MAX = 200

/** One message that the job will publish, exactly as it was when the plan was made. */
export interface PlanItem {
  /** 1, 2, 3 … without holes, in the order of sending. */
  readonly seq: number
  readonly id: string
  readonly version: string
  readonly messageId: string
  readonly state: MessageState
  readonly attempts: number
  readonly type: string | null
  readonly chainKey: string | null
  readonly destination: Destination
  /** Of the content as it is stored, also where another text is sent. */
  readonly payloadDigest: string
  /** Exact text to send in the place of the stored payload; null: as stored. */
  readonly payload: string | null
  readonly createdAt: string
}

/** A message that was asked for and will not be sent, with the reason. */
export interface PlanSkip {
  readonly id: string
  readonly messageId: string | null
  readonly code: ErrorCode
}

export interface PlanSkips {
  readonly count: number
  readonly byCode: Readonly<Record<string, number>>
  /** The first SKIPPED_NAMED_MAX. */
  readonly named: readonly PlanSkip[]
}

/** Something an operator should know before saying yes; it does not stop the plan. */
export type PlanWarning =
  | {
      readonly code: 'order-broken'
      readonly chainKey: string
      readonly id: string
      readonly laterSentId: string
    }
  | { readonly code: 'exchange-missing'; readonly exchange: string; readonly count: number }
  /** Rows that a relay had in flight: it may have published them without writing it down. */
  | { readonly code: 'maybe-sent'; readonly count: number }
  /** They are sent again although the receiver has consumed them, as the operator wanted. */
  | { readonly code: 'consumed-included'; readonly count: number }
  /** Where consumption is proved could not be asked: these may have been consumed. */
  | { readonly code: 'evidence-unreachable'; readonly count: number; readonly problem: string }

export interface PlanHeader {
  readonly format: typeof planFormat
  readonly plan: string
  readonly source: string
  readonly broker: string
  readonly table: string
  readonly profile: string
  readonly mappingDigest: string
  readonly createdAt: string
  readonly createdBy: string
  /** How the messages were chosen, for the reader of the plan. */
  readonly selection: string
  /** What is sent in the place of the stored payloads; null: as stored. */
  readonly edit: PlanEdit | null
  /** Where it is sent in the place of each row's own destination; null: there. */
  readonly redirect: Redirect | null
  readonly skipped: PlanSkips
  readonly warnings: readonly PlanWarning[]
  readonly dryRun: PlanDryRun
  /** Absent in plans of before Redrive looked for it. */
  readonly evidence?: PlanEvidence
  /** Only of a plan over dead letters; `source` then names their queue, and `mappingDigest` is empty. */
  readonly deadLetters?: PlanDeadLetters
}

/** What was known of the consumption of the messages when the plan was made. */
export interface PlanEvidence {
  /** Where it was looked; null: nothing is mapped, so nothing is known. */
  readonly where: string | null
  /** Left out, but where `included` says why not. */
  readonly consumed: number
  readonly notSeen: number
  readonly unknown: readonly { readonly reason: EvidenceReason; readonly count: number }[]
  /** Why it could not be asked; null: it could. */
  readonly problem: string | null
  /** The operator's reason for sending consumed ones again; null: they are left out. */
  readonly included: string | null
}

export interface PlanDeadLetters {
  readonly queue: string
  readonly action: 'redrive' | 'discard'
  /** Null: they are discarded. */
  readonly to: RedriveTo | null
  /** Why they are discarded; null: they are redriven. */
  readonly reason: string | null
  /** Messages that were redriven this often, or more, are left out. Null: they are in it, because a person said so. */
  readonly heldAfter: number | null
  /** Why records of a topic that were redriven before are in it. Absent: they are left out. */
  readonly again?: string
}

/** `patch`: a JSON Patch as exact text. `payload`: the new text of the one message stands in its item. */
export type PlanEdit =
  { readonly kind: 'patch'; readonly patch: string } | { readonly kind: 'payload'; readonly id: string }

/** What the plan would do, counted while it was made. */
export interface PlanDryRun {
  readonly counts: DryRunCounts
  readonly oldestCreatedAt: string | null
  readonly newestCreatedAt: string | null
  /** Messages a second of the last job of this source; null: none was measured. */
  readonly measuredPerSec: number | null
  /** In flight when the plan was made: the relay may have published them already. */
  readonly maybeSent: number
  /** Messages with later ones of the same chain sent already. */
  readonly orderBroken: number
}

/**
 * Frozen list of exactly what a job will do. Its items may be a million and stand in the store or in a file; `itemsDigest`
 * covers them in their order, and `digest` everything.
 */
export interface Plan extends PlanHeader {
  readonly items: number
  readonly itemsDigest: string
  readonly digest: string
}

/** Each item as a line of its values in a fixed order: sorting the keys of every item costs more than hashing it. */
export interface ItemsDigest {
  add(item: PlanItem): void
  finish(): string
}

export function newItemsDigest(): ItemsDigest {
  const lines = newLinesDigest()
  return { add: (item) => lines.add(itemLine(item)), finish: () => lines.finish() }
}

function itemLine(item: PlanItem): string {
  const { exchange, routingKey } = item.destination
  return JSON.stringify([
    item.seq,
    item.id,
    item.version,
    item.messageId,
    item.state,
    item.attempts,
    item.type,
    item.chainKey,
    exchange,
    routingKey,
    item.payloadDigest,
    item.payload,
    item.createdAt,
  ])
}

export function freezePlan(
  header: PlanHeader,
  { items, itemsDigest }: { readonly items: number; readonly itemsDigest: string },
): Plan {
  const whole = { ...header, items, itemsDigest }
  return { ...whole, digest: sha256(canonical(whole as unknown as Json)) }
}

/** The header fits the digest. Whether the items do, is said by their own digest. */
export function headerIsIntact({ digest, ...whole }: Plan): boolean {
  return sha256(canonical(whole as unknown as Json)) === digest
}

/** Digest of what would be published, so that a changed payload is noticed even where the row version is not. */
export function contentDigest(content: MessageContent): string {
  return sha256(`${content.payload}\u0000${content.headers ?? ''}`)
}
