import type { ErrorCode } from './errors.ts'
import type { Outcome } from './outcome.ts'
import type { PlanItem } from './plan.ts'

/**
 * A job carries out one plan.
 *
 *   running ──▶ done         every item has ended
 *      │  └───▶ cancelled    the operator stopped it; items not begun stay unsent
 *      ▼
 *   interrupted ──▶ running  (continue)   the process died, or the source or the broker went away
 *      └──────────▶ cancelled
 */
export const jobStates = ['running', 'interrupted', 'done', 'cancelled'] as const
export type JobState = (typeof jobStates)[number]

const jobMoves: Readonly<Record<JobState, readonly JobState[]>> = {
  running: ['done', 'cancelled', 'interrupted'],
  interrupted: ['running', 'cancelled'],
  done: [],
  cancelled: [],
}

export function jobMayMove(from: JobState, to: JobState): boolean {
  return jobMoves[from].includes(to)
}

/**
 * An item is one message of a job. Each arrow is written durably before the effect behind it begins.
 *
 *   planned ──▶ claiming ──▶ publishing ──▶ settling ──▶ done
 *      ▲            │  │        │ │ outcome    the source row is being marked
 *      ├────────────┘  │        │ └──▶ done (unknown): nobody may mark the row, a person settles it
 *      │ claim undone  └──▶ done (skipped): the row is not what the plan saw
 *      └────────────────────────┘ claim undone: the connection was gone before the first byte
 *
 * After a crash: `claiming` was never published, the claim is undone and the item is planned again;
 * `publishing` becomes done with outcome unknown; `settling` is marked again by compare-and-set.
 */
export const itemStates = ['planned', 'claiming', 'publishing', 'settling', 'done'] as const
export type ItemState = (typeof itemStates)[number]

export const itemResults = ['confirmed', 'returned', 'refused', 'unknown', 'skipped'] as const
export type ItemResult = Outcome | 'skipped'

const itemMoves: Readonly<Record<ItemState, readonly ItemState[]>> = {
  planned: ['claiming', 'done'],
  claiming: ['publishing', 'planned', 'done'],
  publishing: ['settling', 'planned', 'done'],
  settling: ['done'],
  done: [],
}

export function itemMayMove(from: ItemState, to: ItemState): boolean {
  return itemMoves[from].includes(to)
}

/** The operator's decision on an unknown outcome. */
export const settlements = ['sent', 'not-sent'] as const
export type Settlement = (typeof settlements)[number]

export interface Tally {
  readonly confirmed: number
  readonly returned: number
  readonly refused: number
  readonly unknown: number
  readonly skipped: number
  /** Unknown outcomes that a person has not settled yet. */
  readonly unsettled: number
  /** Confirmed, returned or refused, but the row had changed and was left as it is. */
  readonly unmarked: number
}

export interface Job {
  readonly job: string
  readonly plan: string
  readonly digest: string
  readonly source: string
  readonly broker: string
  readonly state: JobState
  readonly operator: string
  /** Messages a second; null: as fast as source and broker allow. */
  readonly rate: number | null
  readonly createdAt: string
  readonly endedAt: string | null
  /** Why it was interrupted; null otherwise. */
  readonly interruption: { readonly code: ErrorCode; readonly reason: string } | null
  readonly items: number
  /** Items in state done. */
  readonly ended: number
  readonly tally: Tally
}

export interface JobItem extends PlanItem {
  readonly itemState: ItemState
  readonly result: ItemResult | null
  readonly code: ErrorCode | null
  readonly reason: string | null
  /** False where the outcome is known but the row had changed and was not marked. */
  readonly marked: boolean | null
  readonly settledAs: Settlement | null
  readonly updatedAt: string
}

/** One step of one item; `from` is compared before it is set. */
export interface ItemMove {
  readonly seq: number
  readonly from: ItemState
  readonly to: ItemState
  /** Set on planned (again): the row version to expect at the next claim. */
  readonly version?: string
  readonly result?: ItemResult
  readonly code?: ErrorCode
  readonly reason?: string
  readonly marked?: boolean
}
