import { canonical, sha256, sha256Lines } from './digest.ts'
import type { Json } from './digest.ts'
import type { ErrorCode } from './errors.ts'
import type { Destination, MessageContent, MessageState } from './message.ts'

export const planFormat = 'redrive-plan/1'
/** A plan of this slice is held in memory while it is made; larger selections are split by the operator. */
export const PLAN_ITEMS_MAX = 100_000

/** One message that the job will publish, exactly as it was when the plan was made. */
export interface PlanItem {
  readonly seq: number
  readonly id: string
  readonly version: string
  readonly messageId: string
  readonly state: MessageState
  readonly attempts: number
  readonly type: string | null
  readonly chainKey: string | null
  readonly destination: Destination
  readonly payloadDigest: string
  readonly createdAt: string
}

/** A message that was asked for and will not be sent, with the reason. */
export interface PlanSkip {
  readonly id: string
  readonly messageId: string | null
  readonly code: ErrorCode
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
  readonly skipped: readonly PlanSkip[]
  readonly warnings: readonly PlanWarning[]
}

/** Frozen list of exactly what a job will do; `digest` covers everything else in it. */
export interface Plan extends PlanHeader {
  readonly items: readonly PlanItem[]
  readonly digest: string
}

/** Covers the header as canonical JSON and each item as a line of its values in a fixed order. */
export function planDigest(header: PlanHeader, items: readonly PlanItem[]): string {
  return sha256Lines(lines(header, items))
}

function* lines(header: PlanHeader, items: readonly PlanItem[]): Generator<string> {
  yield canonical({ ...header } as unknown as Json)
  for (const item of items) yield itemLine(item)
}

/** Written out, because plans are long: sorting the keys of every item costs more than hashing it. */
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
    item.createdAt,
  ])
}

export function freezePlan(header: PlanHeader, items: readonly PlanItem[]): Plan {
  return { ...header, items, digest: planDigest(header, items) }
}

export function planIsIntact(plan: Plan): boolean {
  const { items, digest, ...header } = plan
  return planDigest(header, items) === digest
}

/** Digest of what would be published, so that a changed payload is noticed even where the row version is not. */
export function contentDigest(content: MessageContent): string {
  return sha256(`${content.payload}\u0000${content.headers ?? ''}`)
}
