import { RedriveError } from '../../domain/errors.ts'
import type { MessageState } from '../../domain/message.ts'
import type { Plan, PlanHeader, PlanItem } from '../../domain/plan.ts'

/** A plan that was still incomplete after this long belongs to a process that died. */
export const INCOMPLETE_AGE_MS_MAX = 24 * 60 * 60 * 1_000

export interface PlanItemRow {
  readonly seq: number
  readonly id: string
  readonly version: string
  readonly messageId: string
  readonly state: MessageState
  readonly attempts: number
  readonly type: string | null
  readonly chainKey: string | null
  readonly exchange: string
  readonly routingKey: string
  readonly payloadDigest: string
  readonly payload: string | null
  readonly createdAt: string
}

/** Written out, as a job of a million makes a million of them: spreading costs three times as much. */
export function planItemOf(row: PlanItemRow): PlanItem {
  return {
    seq: row.seq,
    id: row.id,
    version: row.version,
    messageId: row.messageId,
    state: row.state,
    attempts: row.attempts,
    type: row.type,
    chainKey: row.chainKey,
    destination: { exchange: row.exchange, routingKey: row.routingKey },
    payloadDigest: row.payloadDigest,
    payload: row.payload,
    createdAt: row.createdAt,
  }
}

export interface PlanRow {
  readonly planKey: number
  readonly digest: string
  readonly itemsDigest: string
  readonly header: string
  readonly items: number
}

export function planOf({ digest, itemsDigest, header, items }: PlanRow): Plan {
  return { ...(JSON.parse(header) as PlanHeader), items, itemsDigest, digest }
}

export function nameTaken(name: string): RedriveError {
  return new RedriveError('name-in-use', 'never', { name })
}
