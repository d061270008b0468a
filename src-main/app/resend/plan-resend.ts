import type { Json } from '../../domain/digest.ts'
import { RedriveError } from '../../domain/errors.ts'
import { requireAction } from '../../domain/mapping/refusals.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import {
  PLAN_ITEMS_MAX,
  SKIPPED_NAMED_MAX,
  freezePlan,
  newItemsDigest,
  planFormat,
} from '../../domain/plan.ts'
import type { Plan, PlanHeader, PlanSkip } from '../../domain/plan.ts'
import type { Redirect } from '../../domain/redirect.ts'
import type { Environment } from '../../domain/workspace.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { PlanDraft } from '../../ports/job-store.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { beginAsking } from '../evidence/asking.ts'
import { look } from './destinations.ts'
import { judge } from './plan-items.ts'
import { planChanges } from './plan-changes.ts'
import type { EditWish, PlanChanges } from './plan-changes.ts'
import { createPlanSifter } from './plan-evidence.ts'
import type { PlanSifter } from './plan-evidence.ts'
import { gatherFindings } from './plan-warnings.ts'
import type { Findings, Planned } from './plan-warnings.ts'
import { selectedIds } from './selected-ids.ts'
import type { Selection } from './selected-ids.ts'

/** Jobs that are looked through for a rate, and messages that make one worth believing. */
const MEASURED_JOBS_MAX = 20
const MEASURED_ITEMS_MIN = 100

export interface PlanRequest {
  readonly source: string
  readonly selection: Selection
  readonly edit: EditWish | null
  readonly redirect: Redirect | null
  /** Why messages that were consumed already are sent again. Absent or null: they are left out. */
  readonly includeConsumed?: string | null
}

/**
 * Compiles a selection to a frozen plan and stores it, batch by batch. Reads the source, looks at the broker, changes
 * neither. Throws `plan-empty`, `plan-too-large`, or what source and store throw.
 */
export async function planResend(
  ports: EnginePorts,
  connections: Connections,
  request: PlanRequest,
  signal: AbortSignal,
): Promise<Plan> {
  const { source, selection } = request
  const config = await connections.source(source)
  const changes = planChanges(ports, config, request)
  const { name: brokerName, broker } = await connections.brokerOf(source)
  const id = ports.ids.next('plan')
  const asking = await beginAsking(connections, source, signal)
  return connections.withOutbox(
    source,
    async (outbox) => {
      requireAction(outbox.mapping, 'resend')
      if (changes.edit !== null) requireAction(outbox.mapping, 'edit')
      const report = await outbox.report(signal)
      const draft = await ports.jobStore.beginPlan(id)
      try {
        const sifter = createPlanSifter(asking, request.includeConsumed ?? null)
        const gathered = await gather({ ports, outbox, draft, request, changes, sifter }, signal)
        const { skips, findings, items, itemsDigest } = gathered
        const checks = await look(broker, findings.destinations(), signal)
        const evidence = sifter.result()
        const header: PlanHeader = {
          format: planFormat,
          plan: id,
          source,
          broker: brokerName,
          table: report.table,
          profile: outbox.mapping.profile,
          mappingDigest: mappingDigest(outbox.mapping),
          createdAt: ports.clock.now().toISOString(),
          createdBy: ports.operator(),
          selection: describe(selection),
          edit: changes.edit,
          redirect: changes.redirect,
          skipped: skips.result(),
          warnings: findings.warnings(checks, evidence),
          dryRun: findings.dryRun(await lastRate(ports, source)),
          evidence,
        }
        const plan = freezePlan(header, { items, itemsDigest })
        await draft.finish(plan, planEntry(ports, plan, config.environment))
        return plan
      } catch (error) {
        await draft.discard()
        throw error
      }
    },
    signal,
  )
}

/** Messages a second of the last job of this source that was long enough to tell. */
async function lastRate({ jobReader }: EnginePorts, source: string): Promise<number | null> {
  for (const job of await jobReader.jobs({ source, before: null, limit: MEASURED_JOBS_MAX })) {
    if (job.state !== 'done' || job.endedAt === null || job.ended < MEASURED_ITEMS_MIN) continue
    const seconds = (Date.parse(job.endedAt) - Date.parse(job.createdAt)) / 1_000
    // A limit that the operator set says nothing of source and broker.
    if (seconds > 0 && job.options.rate === null) return job.ended / seconds
  }
  return null
}

interface Gathered {
  readonly skips: Skips
  readonly findings: Findings
  readonly items: number
  readonly itemsDigest: string
}

/** Writes the items to the draft while they are read: at no time are more than one batch in memory. */
async function gather(
  {
    ports,
    outbox,
    draft,
    request: { source, selection },
    changes,
    sifter,
  }: {
    readonly ports: EnginePorts
    readonly outbox: Outbox
    readonly draft: PlanDraft
    readonly request: PlanRequest
    readonly changes: PlanChanges
    readonly sifter: PlanSifter
  },
  signal: AbortSignal,
): Promise<Gathered> {
  const { jobReader } = ports
  const digest = newItemsDigest()
  const findings = gatherFindings(ports.clock.now().getTime())
  const skips = countSkips()
  let seq = 0
  for await (const ids of selectedIds({ outbox, jobReader }, selection, signal)) {
    const batch: Planned[] = []
    const sifted = await sifter.sift(await judge({ outbox, source, jobReader }, ids, signal), signal)
    for (const judged of await changes.apply(sifted)) {
      if ('skip' in judged) skips.add(judged.skip)
      else batch.push({ item: { seq: (seq += 1), ...judged.item }, lastError: judged.row.lastError })
    }
    if (seq > PLAN_ITEMS_MAX) throw new RedriveError('plan-too-large', 'never', { limit: PLAN_ITEMS_MAX })
    for (const { item } of batch) digest.add(item)
    await findings.add(batch, outbox, signal)
    await draft.add(batch.map(({ item }) => item))
  }
  if (seq === 0) throw new RedriveError('plan-empty', 'never', skips.detail())
  return { skips, findings, items: seq, itemsDigest: digest.finish() }
}

interface Skips {
  add(skip: PlanSkip): void
  result(): PlanHeader['skipped']
  detail(): Record<string, string | number>
}

function countSkips(): Skips {
  const named: PlanSkip[] = []
  const byCode: Record<string, number> = {}
  let count = 0
  return {
    add(skip) {
      count += 1
      byCode[skip.code] = (byCode[skip.code] ?? 0) + 1
      if (named.length < SKIPPED_NAMED_MAX) named.push(skip)
    },
    result: () => ({ count, byCode, named }),
    detail: () => ({ skipped: count, codes: Object.keys(byCode).join(', ') }),
  }
}

export function planEntry(ports: EnginePorts, plan: Plan, environment: Environment) {
  const { digest, items, skipped, selection, source, evidence } = plan
  const again = evidence?.included ?? null
  const sentAgain = again === null ? {} : { consumedIncluded: evidence?.consumed ?? 0, reason: again }
  const detail: Json = { digest, items, skipped: skipped.count, selection, environment, ...sentAgain }
  return { action: 'plan-created' as const, operator: ports.operator(), source, subject: plan.plan, detail }
}

function describe(selection: Selection): string {
  if (selection.kind === 'ids') return `${selection.ids.length} chosen by id`
  if (selection.kind === 'job') return `what ended as ${selection.results.join(' or ')} in ${selection.job}`
  return `all that match ${JSON.stringify(selection.filter)}`
}
