import type { PlanView } from '../../src-preload/contract/plans.ts'
import type { Engine } from '../app/engine.ts'
import { look } from '../app/resend/destinations.ts'
import type { Plan } from '../domain/plan.ts'
import { maskedEdit } from './masked-plan.ts'
import { planView } from './plan-view.ts'

/** Asking the broker about the destinations must not keep a plan from being shown. */
const LOOK_TIMEOUT_MS = 3_000
/** Items shown with the plan itself. */
const SAMPLE_ITEMS = 50

/** A plan with how things stand now. */
export async function planNow(
  { ports, connections, guards, masking }: Engine,
  plan: Plan,
  signal: AbortSignal,
): Promise<PlanView> {
  const environment = await connections.environment(plan.source)
  const { broker } = await connections.brokerOf(plan.source)
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)])
  // What is discarded goes nowhere.
  const goes = plan.deadLetters?.action !== 'discard'
  const destinations = goes ? plan.dryRun.counts.byDestination.groups.map(({ key }) => key) : []
  const unknown = () => destinations.map((destination) => ({ destination, exists: null }))
  const checks = await look(broker, destinations, limited).catch(unknown)
  const job = await ports.jobReader.jobOfPlan(plan.plan)
  const sample = await ports.jobStore.planItems(plan.plan, 0, SAMPLE_ITEMS)
  const edit = maskedEdit(await masking.rules(plan.source), plan.edit)
  const standing = await guards.standing(plan, job)
  return planView(plan, { environment, job: job?.job ?? null, checks, sample, edit, standing })
}
