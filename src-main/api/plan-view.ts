import type { PlanView } from '../../src-preload/contract/plans.ts'
import type { Plan, PlanItem } from '../domain/plan.ts'
import type { DestinationCheck } from '../ports/broker.ts'
import type { Environment } from '../domain/workspace.ts'
import { destinationKey } from '../app/resend/destinations.ts'

/** Items shown with the plan itself. */
const SAMPLE_ITEMS = 50

/** A plan as an operator reads it, with what the broker says of its destinations now. */
export function planView(
  plan: Plan,
  now: {
    readonly environment: Environment
    readonly job: string | null
    readonly checks: readonly DestinationCheck[]
  },
): PlanView {
  const { environment, job, checks } = now
  const { items, ...rest } = plan
  const created = items.map((item) => item.createdAt).sort()
  return {
    plan: rest.plan,
    digest: rest.digest,
    source: rest.source,
    environment,
    broker: rest.broker,
    createdAt: rest.createdAt,
    createdBy: rest.createdBy,
    selection: rest.selection,
    items: items.length,
    oldestCreatedAt: created[0] ?? null,
    newestCreatedAt: created.at(-1) ?? null,
    byType: countBy(items, (item) => item.type ?? '').map(([first, count]) => ({ type: first.type, count })),
    byDestination: byDestination(plan, checks),
    skipped: [...rest.skipped],
    warnings: [...rest.warnings],
    sample: items.slice(0, SAMPLE_ITEMS),
    job,
  }
}

function byDestination(plan: Plan, checks: readonly DestinationCheck[]): PlanView['byDestination'] {
  const exists = new Map(checks.map((check) => [destinationKey(check.destination), check.exists]))
  return countBy(plan.items, (item) => destinationKey(item.destination)).map(([{ destination }, count]) => ({
    destination,
    count,
    exists: exists.get(destinationKey(destination)) ?? null,
  }))
}

/** Largest group first, each with its first item. */
function countBy(items: readonly PlanItem[], key: (item: PlanItem) => string): [PlanItem, number][] {
  const groups = new Map<string, [PlanItem, number]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group[1] += 1
    else groups.set(key(item), [item, 1])
  }
  return [...groups.values()].sort((a, b) => b[1] - a[1])
}
