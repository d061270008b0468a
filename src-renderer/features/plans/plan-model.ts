import type { ErrorCode } from '../../../src-preload/contract/errors.ts'
import type { PlanView, PlanWarning } from '../../../src-preload/contract/plans.ts'

/** Messages that were asked for and will not be sent, by reason. */
export interface SkipGroup {
  readonly code: ErrorCode
  readonly count: number
  /** The first of them. */
  readonly ids: readonly string[]
}

type OrderWarning = Extract<PlanWarning, { code: 'order-broken' }>

/** What an operator should know before saying yes, one row for each kind. */
export type RiskRow =
  | { readonly kind: 'exchange-missing'; readonly exchange: string; readonly count: number }
  | { readonly kind: 'queue-missing'; readonly queue: string; readonly count: number }
  | { readonly kind: 'order-broken'; readonly count: number; readonly examples: readonly OrderWarning[] }
  | { readonly kind: 'evidence-unreachable'; readonly count: number; readonly problem: string }
  | { readonly kind: 'maybe-sent' | 'probably-consumed' | 'untold'; readonly count: number }

/** Chains named in full before the rest is only counted. */
export const ORDER_EXAMPLES_MAX = 5

export function skipGroups({
  skipped,
  skippedByCode,
}: Pick<PlanView, 'skipped' | 'skippedByCode'>): SkipGroup[] {
  return skippedByCode
    .map(({ code, count }) => ({
      code,
      count,
      ids: skipped.filter((skip) => skip.code === code).map(({ id }) => id),
    }))
    .sort((left, right) => right.count - left.count)
}

/** What cannot arrive first, then what would break the order, then what may be doubled, then what nobody could tell. */
export function riskRows({ warnings, dryRun }: Pick<PlanView, 'warnings' | 'dryRun'>): RiskRow[] {
  const rows: RiskRow[] = missingPlaces({ warnings, dryRun })
  if (dryRun.orderBroken > 0) {
    const examples = warnings.filter((warning) => warning.code === 'order-broken')
    rows.push({
      kind: 'order-broken',
      count: dryRun.orderBroken,
      examples: examples.slice(0, ORDER_EXAMPLES_MAX),
    })
  }
  if (dryRun.maybeSent > 0) rows.push({ kind: 'maybe-sent', count: dryRun.maybeSent })
  for (const warning of warnings) {
    if (warning.code === 'consumed-included') rows.push({ kind: 'probably-consumed', count: warning.count })
    else if (warning.code === 'evidence-unreachable')
      rows.push({ kind: warning.code, count: warning.count, problem: warning.problem })
  }
  const untold = dryRun.byDestination.groups.filter(({ exists }) => exists === null)
  if (untold.length > 0)
    rows.push({ kind: 'untold', count: untold.reduce((sum, { count }) => sum + count, 0) })
  return rows
}

/** The engine's own count of an exchange speaks for all messages, the listed destinations only for themselves. */
function missingPlaces({ warnings, dryRun }: Pick<PlanView, 'warnings' | 'dryRun'>): RiskRow[] {
  const exchanges = new Map<string, number>()
  const queues: RiskRow[] = []
  for (const { key, count, exists } of dryRun.byDestination.groups) {
    if (exists !== false) continue
    if (key.exchange === '') queues.push({ kind: 'queue-missing', queue: key.routingKey, count })
    else exchanges.set(key.exchange, (exchanges.get(key.exchange) ?? 0) + count)
  }
  for (const warning of warnings)
    if (warning.code === 'exchange-missing' && warning.exchange !== '')
      exchanges.set(warning.exchange, warning.count)
  const missing: RiskRow[] = [...exchanges].map(([exchange, count]) => ({
    kind: 'exchange-missing',
    exchange,
    count,
  }))
  return [...missing, ...queues].sort((a, b) => b.count - a.count)
}

/** How long it takes, as far as anybody can tell; `atLeast`: only the chosen speed is known. Null: nothing is. */
export function estimate(
  plan: Pick<PlanView, 'items' | 'dryRun'>,
  rate: number | null,
): { readonly seconds: number; readonly atLeast: boolean } | null {
  const measured = plan.dryRun.estimateSec
  if (rate === null) return measured === null ? null : { seconds: measured, atLeast: false }
  const bySpeed = plan.items / rate
  return { seconds: Math.max(measured ?? 0, bySpeed), atLeast: measured === null }
}

/** The number as typed, or null where it is no number: never guessed from other characters. */
export function readCount(text: string): number | null {
  const trimmed = text.trim()
  return /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : null
}
