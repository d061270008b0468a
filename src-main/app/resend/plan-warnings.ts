import { createDryRun } from '../../domain/dry-run.ts'
import type { DryRun } from '../../domain/dry-run.ts'
import type { Destination } from '../../domain/message.ts'
import type { PlanDryRun, PlanEvidence, PlanItem, PlanWarning } from '../../domain/plan.ts'
import type { DestinationCheck } from '../../ports/broker.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { destinationKey } from './destinations.ts'

/** Order warnings kept in a plan; more would not be read. */
const ORDER_WARNINGS_MAX = 200

/** An item with what its row says beside it. */
export interface Planned {
  readonly item: PlanItem
  readonly lastError: string | null
}

/** What an operator should know of the items, gathered while they pass by. */
export interface Findings {
  /** One batch, as it was read. */
  add(batch: readonly Planned[], outbox: Outbox, signal: AbortSignal): Promise<void>
  /** The most frequent destinations so far. */
  destinations(): readonly Destination[]
  dryRun(measuredPerSec: number | null): PlanDryRun
  warnings(checks: readonly DestinationCheck[], evidence: PlanEvidence): readonly PlanWarning[]
}

export function gatherFindings(nowMs: number): Findings {
  const counts = createDryRun({ nowMs })
  const broken = new Map<string, PlanWarning>()
  let orderBroken = 0
  let maybeSent = 0
  let oldestCreatedAt: string | null = null
  let newestCreatedAt: string | null = null

  return {
    async add(batch, outbox, signal) {
      for (const { item, lastError } of batch) {
        counts.add({ ...item, lastError })
        // A relay that had it in flight may have published it without writing it down.
        if (item.state === 'in-flight') maybeSent += 1
        if (oldestCreatedAt === null || item.createdAt < oldestCreatedAt) oldestCreatedAt = item.createdAt
        if (newestCreatedAt === null || item.createdAt > newestCreatedAt) newestCreatedAt = item.createdAt
      }
      for (const warning of await brokenOrder(batch, outbox, signal)) {
        orderBroken += 1
        if (broken.size < ORDER_WARNINGS_MAX && !broken.has(warning.chainKey)) {
          broken.set(warning.chainKey, warning)
        }
      }
    },
    destinations: () => counts.result().byDestination.groups.map(({ key }) => key),
    dryRun: (measuredPerSec) => ({
      counts: counts.result(),
      oldestCreatedAt,
      newestCreatedAt,
      measuredPerSec,
      maybeSent,
      orderBroken,
    }),
    warnings(checks, evidence) {
      const doubtful: PlanWarning[] = maybeSent > 0 ? [{ code: 'maybe-sent', count: maybeSent }] : []
      return [
        ...doubtful,
        ...consumption(evidence),
        ...missingDestinations(counts, checks),
        ...broken.values(),
      ]
    },
  }
}

function consumption({ consumed, unknown, problem, included }: PlanEvidence): PlanWarning[] {
  const unasked = unknown.find(({ reason }) => reason === 'unreachable')?.count ?? 0
  return [
    ...(included === null ? [] : [{ code: 'consumed-included' as const, count: consumed }]),
    ...(unasked === 0
      ? []
      : [{ code: 'evidence-unreachable' as const, count: unasked, problem: problem ?? '' }]),
  ]
}

/** Places that do not exist, with how many messages would go there. */
export function missingDestinations(counts: DryRun, checks: readonly DestinationCheck[]): PlanWarning[] {
  const gone = new Set(
    checks.filter(({ exists }) => exists === false).map(({ destination }) => destinationKey(destination)),
  )
  const byName = new Map<string, number>()
  for (const { key, count } of counts.result().byDestination.groups) {
    if (!gone.has(destinationKey(key))) continue
    // On the default exchange it is the queue of the routing key's name that is missing.
    const name = key.exchange === '' ? `(default) ${key.routingKey}` : key.exchange
    byName.set(name, (byName.get(name) ?? 0) + count)
  }
  return [...byName].map(([exchange, count]) => ({ code: 'exchange-missing', exchange, count }))
}

/** Messages of which a later one of the chain is sent already: the receiver may drop or reorder what is resent. */
async function brokenOrder(
  batch: readonly Planned[],
  outbox: Outbox,
  signal: AbortSignal,
): Promise<Extract<PlanWarning, { code: 'order-broken' }>[]> {
  const chained = batch.flatMap(({ item: { id, chainKey } }) => (chainKey === null ? [] : [{ id, chainKey }]))
  if (chained.length === 0) return []
  const later = await outbox.laterSent(
    chained.map(({ id }) => id),
    signal,
  )
  return chained.flatMap(({ id, chainKey }) => {
    const laterSentId = later.get(chainKey)
    return laterSentId === undefined ? [] : [{ code: 'order-broken', chainKey, id, laterSentId }]
  })
}
