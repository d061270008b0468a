import type { Destination } from '../../domain/message.ts'
import type { PlanItem, PlanWarning } from '../../domain/plan.ts'
import type { DestinationCheck } from '../../ports/broker.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { destinationKey } from './destinations.ts'

/** Order warnings kept in a plan; more would not be read. */
const ORDER_WARNINGS_MAX = 200
/** Destinations that a plan looks up; more than these are a mistake in the data. */
export const DESTINATIONS_MAX = 1_000

type Item = Omit<PlanItem, 'seq'>

/** What an operator should know of the items, gathered while they pass by. */
export interface Warnings {
  /** One batch, as it was read. */
  add(items: readonly Item[], outbox: Outbox, signal: AbortSignal): Promise<void>
  /** The distinct destinations so far, at most DESTINATIONS_MAX. */
  destinations(): readonly Destination[]
  result(checks: readonly DestinationCheck[]): readonly PlanWarning[]
}

export function gatherWarnings(): Warnings {
  let inFlight = 0
  const destinations = new Map<string, { readonly destination: Destination; count: number }>()
  const broken = new Map<string, PlanWarning>()

  return {
    async add(items, outbox, signal) {
      for (const { state, destination } of items) {
        // A relay that had it in flight may have published it without writing it down.
        if (state === 'in-flight') inFlight += 1
        const key = destinationKey(destination)
        const known = destinations.get(key)
        if (known) known.count += 1
        else if (destinations.size < DESTINATIONS_MAX) destinations.set(key, { destination, count: 1 })
      }
      if (broken.size < ORDER_WARNINGS_MAX) await addBrokenOrder(broken, items, { outbox, signal })
    },
    destinations: () => [...destinations.values()].map(({ destination }) => destination),
    result(checks) {
      const maybeSent: PlanWarning[] = inFlight > 0 ? [{ code: 'maybe-sent', count: inFlight }] : []
      const missing = new Map<string, number>()
      for (const { destination, exists } of checks) {
        if (exists !== false) continue
        const { count } = destinations.get(destinationKey(destination)) ?? { count: 0 }
        const name = missingName(destination)
        missing.set(name, (missing.get(name) ?? 0) + count)
      }
      const exchanges = [...missing].map(([exchange, count]): PlanWarning => ({
        code: 'exchange-missing',
        exchange,
        count,
      }))
      return [...maybeSent, ...exchanges, ...[...broken.values()].slice(0, ORDER_WARNINGS_MAX)]
    },
  }
}

/** On the default exchange it is the queue of the routing key's name that is missing. */
function missingName({ exchange, routingKey }: Destination): string {
  return exchange === '' ? `(default) ${routingKey}` : exchange
}

/** Chains of which a later message is sent already: the receiver may drop or reorder what is resent. */
async function addBrokenOrder(
  broken: Map<string, PlanWarning>,
  items: readonly Item[],
  { outbox, signal }: { readonly outbox: Outbox; readonly signal: AbortSignal },
): Promise<void> {
  const chained = items.filter((item) => item.chainKey !== null)
  if (chained.length === 0) return
  const ids = chained.map((item) => item.id)
  const later = await outbox.laterSent(ids, signal)
  for (const { id, chainKey } of chained) {
    const laterSentId = chainKey === null ? undefined : later.get(chainKey)
    if (chainKey === null || laterSentId === undefined || broken.has(chainKey)) continue
    broken.set(chainKey, { code: 'order-broken', chainKey, id, laterSentId })
  }
}
