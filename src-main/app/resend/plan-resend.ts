import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import { actionableStates } from '../../domain/message.ts'
import type { Destination, MessageContent, MessageWithContent } from '../../domain/message.ts'
import { mappingDigest } from '../../domain/mapping.ts'
import { PLAN_ITEMS_MAX, contentDigest, freezePlan, planFormat } from '../../domain/plan.ts'
import type { Plan, PlanHeader, PlanItem, PlanSkip, PlanWarning } from '../../domain/plan.ts'
import type { Broker, DestinationCheck } from '../../ports/broker.ts'
import { LIST_LIMIT_MAX } from '../../ports/outbox.ts'
import type { MessageFilter, Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'

export type Selection =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'filter'; readonly filter: MessageFilter }

/** Rows read with their content at a time: bounds memory, payloads can be large. */
const READ_BATCH = 500
/** Time for one page of the selection, and pages without a single new row before the plan gives up. */
const COLLECT_PAGE_BUDGET_MS = 5_000
const EMPTY_PAGES_MAX = 60
/** Order warnings kept in a plan; more would not be read. */
const WARNINGS_MAX = 200

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
      const { items, skipped } = await itemsOf(ports, outbox, source, ids, signal)
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

/** What the broker says of these destinations; `exists` null for all where it cannot be asked now. */
export async function look(
  broker: Broker,
  destinations: readonly Destination[],
  signal: AbortSignal,
): Promise<readonly DestinationCheck[]> {
  try {
    return await broker.checkDestinations(destinations, signal)
  } catch (error) {
    if (signal.aborted) throw error
    return destinations.map((destination) => ({ destination, exists: null }))
  }
}

export function destinationsOf(items: readonly PlanItem[]): Destination[] {
  const distinct = new Map(items.map(({ destination }) => [destinationKey(destination), destination]))
  return [...distinct.values()]
}

export function destinationKey({ exchange, routingKey }: Destination): string {
  return JSON.stringify([exchange, routingKey])
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

async function itemsOf(
  ports: EnginePorts,
  outbox: Outbox,
  source: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<{ items: PlanItem[]; skipped: PlanSkip[] }> {
  const items: PlanItem[] = []
  const skipped: PlanSkip[] = []
  for (let from = 0; from < ids.length; from += READ_BATCH) {
    const batch = ids.slice(from, from + READ_BATCH)
    const rows = await outbox.read(batch, signal)
    const held = await ports.jobReader.held(source, batch)
    const found = new Set(rows.map((row) => row.id))
    for (const id of batch) {
      if (!found.has(id)) skipped.push({ id, messageId: null, code: 'message-not-found' })
    }
    for (const row of rows) {
      const code = held.has(row.id) ? 'outcome-unsettled' : whyNot(row)
      if (code) skipped.push({ id: row.id, messageId: row.messageId, code })
      else items.push(toItem(row))
    }
  }
  items.sort(byIdThenAge)
  return { items: items.map((item, index) => ({ ...item, seq: index + 1 })), skipped }
}

/** Why a row is not sent; null where it may be. */
function whyNot(row: MessageWithContent): ErrorCode | null {
  if (!actionableStates.has(row.state)) return 'state-forbids'
  // A relay that took the row a moment ago is still at it: only one that has been silent for long is stuck.
  if (row.state === 'in-flight' && row.trouble === null) return 'state-forbids'
  return contentProblem(row.content)
}

function contentProblem({ payload, headers }: MessageContent): ErrorCode | null {
  if (!isJson(payload)) return 'payload-not-json'
  if (headers !== null && !isJsonObject(headers)) return 'headers-not-json'
  return null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isJsonObject(text: string): boolean {
  return isJson(text) && (text.trimStart().startsWith('{') || text.trim() === 'null')
}

function toItem(row: MessageWithContent): PlanItem {
  return {
    seq: 0,
    id: row.id,
    version: row.version,
    messageId: row.messageId,
    state: row.state,
    attempts: row.attempts,
    type: row.type,
    chainKey: row.chain?.key ?? null,
    destination: row.destination,
    payloadDigest: contentDigest(row.content),
    createdAt: row.createdAt,
  }
}

const digits = /^\d{1,19}$/

/** In the order in which they were stored, so that a chain goes out in sequence. */
function byIdThenAge(a: PlanItem, b: PlanItem): number {
  if (digits.test(a.id) && digits.test(b.id)) {
    const difference = BigInt(a.id) - BigInt(b.id)
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  return a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id)
}

function maybeSent(items: readonly PlanItem[]): PlanWarning[] {
  const count = items.filter((item) => item.state === 'in-flight').length
  return count > 0 ? [{ code: 'maybe-sent', count }] : []
}

function missingExchanges(items: readonly PlanItem[], checks: readonly DestinationCheck[]): PlanWarning[] {
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

async function brokenOrder(
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

function describe(selection: Selection): string {
  if (selection.kind === 'ids') return `${selection.ids.length} chosen by id`
  return `all that match ${JSON.stringify(selection.filter)}`
}

function emptyDetail(skipped: readonly PlanSkip[]): Record<string, string | number> {
  const codes = [...new Set(skipped.map((skip) => skip.code))]
  return { skipped: skipped.length, codes: codes.join(', ') }
}
