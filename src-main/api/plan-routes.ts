import type { PlanView } from '../../src-preload/contract/plans.ts'
import type { Engine } from '../app/engine.ts'
import { destinationsOf, look } from '../app/resend/destinations.ts'
import { importPlan, planResend } from '../app/resend/plan-resend.ts'
import { RedriveError } from '../domain/errors.ts'
import { planIsIntact } from '../domain/plan.ts'
import type { Plan } from '../domain/plan.ts'
import { planView } from './plan-view.ts'
import type { Implementer } from './implementer.ts'
import { required } from './signal.ts'

/** Asking the broker about the destinations must not keep a plan from being shown. */
const LOOK_TIMEOUT_MS = 3_000

export function planRoutes(os: Implementer, engine: Engine) {
  const { ports, connections } = engine

  const find = async (id: string): Promise<Plan> => {
    const plan = await ports.jobStore.plan(id)
    if (!plan) throw new RedriveError('plan-not-found', 'never', { plan: id })
    return plan
  }
  const view = async (plan: Plan, signal: AbortSignal): Promise<PlanView> => {
    const { environment } = await connections.source(plan.source)
    const { broker } = await connections.brokerOf(plan.source)
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)])
    const unknown = () => destinationsOf(plan.items).map((destination) => ({ destination, exists: null }))
    const checks = await look(broker, destinationsOf(plan.items), limited).catch(unknown)
    const job = await ports.jobReader.jobOfPlan(plan.plan)
    return planView(plan, { environment, job: job?.job ?? null, checks })
  }

  return {
    resend: os.plans.resend.handler(async ({ input, signal }) => {
      const plan = await planResend(ports, connections, input, required(signal))
      return view(plan, required(signal))
    }),
    get: os.plans.get.handler(async ({ input, signal }) => view(await find(input.plan), required(signal))),
    items: os.plans.items.handler(async ({ input }) => {
      const { items } = await find(input.plan)
      // Sequence numbers are 1, 2, 3 …: the item after `afterSeq` stands at that index.
      return { items: items.slice(input.afterSeq, input.afterSeq + input.limit) }
    }),
    export: os.plans.export.handler(async ({ input }) => {
      const plan = await find(input.plan)
      return { ...plan, items: [...plan.items], skipped: [...plan.skipped], warnings: [...plan.warnings] }
    }),
    import: os.plans.import.handler(async ({ input, signal }) => {
      if (!planIsIntact(input.file))
        throw new RedriveError('plan-digest-mismatch', 'never', { plan: input.file.plan })
      return view(await importPlan(ports, connections, input.file), required(signal))
    }),
  }
}
