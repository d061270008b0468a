import type { PlanItem, PlanWarning } from '../../domain/plan.ts'
import type { DestinationCheck } from '../../ports/broker.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { destinationKey } from './destinations.ts'
import { READ_BATCH } from './plan-items.ts'

/** Order warnings kept in a plan; more would not be read. */
const WARNINGS_MAX = 200

/** Rows that a relay had in flight may have been published already. */
export function maybeSent(items: readonly PlanItem[]): PlanWarning[] {
  const count = items.filter((item) => item.state === 'in-flight').length
  return count > 0 ? [{ code: 'maybe-sent', count }] : []
}

export function missingExchanges(
  items: readonly PlanItem[],
  checks: readonly DestinationCheck[],
): PlanWarning[] {
  const missing = new Set(
    checks.filter((check) => check.exists === false).map((check) => destinationKey(check.destination)),
  )
  const counts = new Map<string, number>()
  for (const { destination } of items) {
    if (!missing.has(destinationKey(destination))) continue
    counts.set(destination.exchange, (counts.get(destination.exchange) ?? 0) + 1)
  }
  return [...counts].map(([exchange, count]) => ({ code: 'exchange-missing', exchange, count }))
}

/** Chains of which a later message is sent already: the receiver may drop or reorder what is resent. */
export async function brokenOrder(
  outbox: Outbox,
  items: readonly PlanItem[],
  signal: AbortSignal,
): Promise<PlanWarning[]> {
  const chained = items.filter((item) => item.chainKey !== null)
  const warned = new Map<string, PlanWarning>()
  for (let from = 0; from < chained.length && warned.size < WARNINGS_MAX; from += READ_BATCH) {
    const batch = chained.slice(from, from + READ_BATCH)
    const later = await outbox.laterSent(
      batch.map((item) => item.id),
      signal,
    )
    for (const { id, chainKey } of batch) {
      const laterSentId = chainKey === null ? undefined : later.get(chainKey)
      if (chainKey === null || laterSentId === undefined || warned.has(chainKey)) continue
      warned.set(chainKey, { code: 'order-broken', chainKey, id, laterSentId })
    }
  }
  return [...warned.values()].slice(0, WARNINGS_MAX)
}
