import { RedriveError } from '../../domain/errors.ts'
import { mappingDigest } from '../../domain/mapping.ts'
import { PLAN_ITEMS_MAX, freezePlan, planFormat } from '../../domain/plan.ts'
import type { Plan, PlanHeader, PlanSkip } from '../../domain/plan.ts'
import { LIST_LIMIT_MAX } from '../../ports/outbox.ts'
import type { MessageFilter, Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { destinationsOf, look } from './destinations.ts'
import { planItems } from './plan-items.ts'
import { brokenOrder, maybeSent, missingExchanges } from './plan-warnings.ts'

export type Selection =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'filter'; readonly filter: MessageFilter }

/** Time for one page of the selection, and pages without a single new row before the plan gives up. */
const COLLECT_PAGE_BUDGET_MS = 5_000
const EMPTY_PAGES_MAX = 60

/**
 * Compiles a selection to a frozen plan and stores it. Reads the source, looks at the broker, changes neither.
 * Throws `plan-empty`, `plan-too-large`, or what source and store throw.
 */
export async function planResend(
  ports: EnginePorts,
  connections: Connections,
  request: { readonly source: string; readonly selection: Selection },
  signal: AbortSignal,
): Promise<Plan> {
  const { source, selection } = request
  const config = await connections.source(source)
  const { name: brokerName, broker } = await connections.brokerOf(source)
  return connections.withOutbox(
    source,
    async (outbox) => {
      const { report, ids } = await chosen(outbox, selection, signal)
      const { items, skipped } = await planItems({ outbox, source, jobReader: ports.jobReader }, ids, signal)
      if (items.length === 0) throw new RedriveError('plan-empty', 'never', emptyDetail(skipped))
      const warnings = [
        ...maybeSent(items),
        ...missingExchanges(items, await look(broker, destinationsOf(items), signal)),
        ...(await brokenOrder(outbox, items, signal)),
      ]
      const header: PlanHeader = {
        format: planFormat,
        plan: ports.ids.next('plan'),
        source,
        broker: brokerName,
        table: report.table,
        profile: outbox.mapping.profile,
        mappingDigest: mappingDigest(outbox.mapping),
        createdAt: ports.clock.now().toISOString(),
        createdBy: ports.operator,
        selection: describe(selection),
        skipped,
        warnings,
      }
      const plan = freezePlan(header, items)
      await ports.jobStore.savePlan(plan, planEntry(ports, plan, config.environment))
      return plan
    },
    signal,
  )
}

function planEntry(ports: EnginePorts, plan: Plan, environment: string) {
  return {
    action: 'plan-created' as const,
    operator: ports.operator,
    source: plan.source,
    subject: plan.plan,
    detail: {
      digest: plan.digest,
      items: plan.items.length,
      skipped: plan.skipped.length,
      selection: plan.selection,
      environment,
    },
  }
}

/** Takes a plan from a file into the store. One that is known already stays as it is. */
export async function importPlan(ports: EnginePorts, connections: Connections, plan: Plan): Promise<Plan> {
  const known = await ports.jobStore.plan(plan.plan)
  if (known) {
    if (known.digest !== plan.digest)
      throw new RedriveError('plan-digest-mismatch', 'never', { plan: plan.plan })
    return known
  }
  const config = await connections.source(plan.source)
  await ports.jobStore.savePlan(plan, planEntry(ports, plan, config.environment))
  return plan
}

async function chosen(outbox: Outbox, selection: Selection, signal: AbortSignal) {
  const report = await outbox.report(signal)
  if (selection.kind === 'ids') return { report, ids: [...new Set(selection.ids)] }
  const ids: string[] = []
  let cursor: string | null = null
  let emptyPages = 0
  do {
    const query = { filter: selection.filter, order: 'oldest' as const, cursor, limit: LIST_LIMIT_MAX }
    const page = await outbox.list({ ...query, budgetMs: COLLECT_PAGE_BUDGET_MS }, signal)
    ids.push(...page.messages.map((message) => message.id))
    if (ids.length > PLAN_ITEMS_MAX)
      throw new RedriveError('plan-too-large', 'never', { limit: PLAN_ITEMS_MAX })
    emptyPages = page.messages.length === 0 ? emptyPages + 1 : 0
    // A plan of half a selection would look like the whole: without the end there is no plan.
    if (emptyPages > EMPTY_PAGES_MAX || (!page.scope.complete && page.nextCursor === null)) {
      throw new RedriveError('query-timeout', 'later', { limitMs: COLLECT_PAGE_BUDGET_MS * EMPTY_PAGES_MAX })
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return { report, ids }
}

function describe(selection: Selection): string {
  if (selection.kind === 'ids') return `${selection.ids.length} chosen by id`
  return `all that match ${JSON.stringify(selection.filter)}`
}

function emptyDetail(skipped: readonly PlanSkip[]): Record<string, string | number> {
  const codes = [...new Set(skipped.map((skip) => skip.code))]
  return { skipped: skipped.length, codes: codes.join(', ') }
}
