import type { ErrorCode } from '../../../src-preload/contract/errors.ts'
import type { PlanView, PlanWarning } from '../../../src-preload/contract/plans.ts'
import { RATE_MAX } from '../../../src-preload/contract/jobs.ts'

/** Messages that were asked for and will not be sent, by reason. */
export interface SkipGroup {
  readonly code: ErrorCode
  readonly count: number
  readonly ids: readonly string[]
}

type OrderWarning = Extract<PlanWarning, { code: 'order-broken' }>

/** What an operator should know before saying yes, one row for each kind. */
export type WarningRow =
  | { readonly code: 'order-broken'; readonly chains: number; readonly examples: readonly OrderWarning[] }
  | { readonly code: 'maybe-sent'; readonly count: number }
  | { readonly code: 'exchange-missing'; readonly exchange: string; readonly count: number }

/** Chains named in full before the rest is only counted. */
export const ORDER_EXAMPLES_MAX = 5

export function groupSkips(skipped: PlanView['skipped']): SkipGroup[] {
  const groups = new Map<ErrorCode, string[]>()
  for (const { code, id } of skipped) {
    const ids = groups.get(code)
    if (ids === undefined) groups.set(code, [id])
    else ids.push(id)
  }
  return [...groups]
    .map(([code, ids]) => ({ code, count: ids.length, ids }))
    .sort((left, right) => right.count - left.count)
}

/** Order first, then what may be doubled, then what cannot arrive: the order in which an operator decides. */
export function warningRows(warnings: PlanView['warnings']): WarningRow[] {
  const order = warnings.filter((warning) => warning.code === 'order-broken')
  const rows: WarningRow[] = []
  if (order.length > 0) {
    const chains = new Set(order.map((warning) => warning.chainKey)).size
    rows.push({ code: 'order-broken', chains, examples: order.slice(0, ORDER_EXAMPLES_MAX) })
  }
  rows.push(...warnings.filter((warning) => warning.code === 'maybe-sent'))
  rows.push(...warnings.filter((warning) => warning.code === 'exchange-missing'))
  return rows
}

export type RateInput = { readonly valid: true; readonly rate: number | null } | { readonly valid: false }

/** The speed as typed; nothing means as fast as source and broker allow. */
export function readRate(text: string): RateInput {
  const trimmed = text.trim()
  if (trimmed === '') return { valid: true, rate: null }
  if (!/^\d+(\.\d+)?$/.test(trimmed)) return { valid: false }
  const rate = Number(trimmed)
  return rate > 0 && rate <= RATE_MAX ? { valid: true, rate } : { valid: false }
}

/** The number as typed, or null where it is no number: never guessed from other characters. */
export function readCount(text: string): number | null {
  const trimmed = text.trim()
  return /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : null
}
