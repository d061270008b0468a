import type { ErrorCode } from './errors.ts'
import type { Outcome } from './outcome.ts'
import type { PlanItem } from './plan.ts'

/**
 * A job carries out one plan, or one run of a sweep.
 *
 *   running ──▶ done         every item has ended
 *      │  └───▶ cancelled    the operator stopped it; items not begun stay unsent
 *      ├──▶ paused           by the operator, or by the brake (see `interruption`)
 *      └──▶ interrupted      the process died, or source or broker stayed away
 *   paused, interrupted ──▶ running (continue), cancelled
 */
export const jobStates = ['running', 'paused', 'interrupted', 'done', 'cancelled'] as const
export type JobState = (typeof jobStates)[number]

const jobMoves: Readonly<Record<JobState, readonly JobState[]>> = {
  running: ['done', 'cancelled', 'paused', 'interrupted'],
  paused: ['running', 'cancelled'],
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
 *      │            │ ▲│        │ └──▶ done (unknown): nobody may mark the row, a person settles it
 *      │            │ │└──▶ done (skipped, parked): the row is not what the plan saw, or its chain is held up
 *      │            │ └─────────┘ not a byte went out
 *      └────────────┘ claim undone in the source
 *
 * After a crash: `claiming` was never published, the claim is undone and the item is planned again;
 * `publishing` becomes done with outcome unknown; `settling` is marked again by compare-and-set.
 */
export const itemStates = ['planned', 'claiming', 'publishing', 'settling', 'done'] as const
export type ItemState = (typeof itemStates)[number]

/**
 * `skipped`: the row is not what the plan saw. `parked`: an earlier message of its chain failed, so it was not sent.
 */
export const itemResults = ['confirmed', 'returned', 'refused', 'unknown', 'skipped', 'parked'] as const
export type ItemResult = Outcome | 'skipped' | 'parked'

const itemMoves: Readonly<Record<ItemState, readonly ItemState[]>> = {
  planned: ['claiming', 'done'],
  claiming: ['publishing', 'planned', 'done'],
  publishing: ['settling', 'claiming', 'done'],
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
  readonly parked: number
  /** Unknown outcomes that a person has not settled yet. */
  readonly unsettled: number
  /** Confirmed, returned or refused, but the row had changed and was left as it is. */
  readonly unmarked: number
}

/** `resend`: a plan that an operator confirmed. `sweep`: one run of a sweep; its items are those that it claimed. */
export const jobKinds = ['resend', 'sweep'] as const
export type JobKind = (typeof jobKinds)[number]

/** Limits that make a job stop by itself; null: not watched. */
export interface Brake {
  /** Share of the last answers that were no confirm, 0 to 1. */
  readonly failureRatio: number | null
  /** Messages returned as unroutable, in the whole run. */
  readonly returnedMax: number | null
  /** A queue that must not grow beyond so many messages. */
  readonly queue: { readonly name: string; readonly depthMax: number } | null
}

/** The limit that pulled the brake: what was seen, and what was allowed (a ratio, or messages). */
export interface BrakePull {
  readonly limit: 'failure-ratio' | 'returned' | 'queue-depth'
  readonly seen: number
  readonly allowed: number
  /** Name of the queue, for `queue-depth`. */
  readonly queue: string | null
}

export interface RunOptions {
  /** Messages a second; null: as fast as source and broker allow. */
  readonly rate: number | null
  /** Begins with 1, 5, 20, 100 … messages, each step only when all answers of the one before are good. */
  readonly ramp: boolean
  /** Null: never stops by itself while source and broker answer. */
  readonly brake: Brake | null
}

export interface Job {
  readonly job: string
  readonly kind: JobKind
  readonly plan: string
  readonly digest: string
  readonly source: string
  readonly broker: string
  readonly state: JobState
  readonly operator: string
  readonly options: RunOptions
  readonly createdAt: string
  readonly endedAt: string | null
  /** Why it was interrupted, or why the brake paused it; null otherwise. */
  readonly interruption: {
    readonly code: ErrorCode
    readonly reason: string
    readonly pulled: BrakePull | null
  } | null
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
