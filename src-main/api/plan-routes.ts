import { plans as contract } from '../../src-preload/contract/plans.ts'
import type { PlanView } from '../../src-preload/contract/plans.ts'
import type { Engine } from '../app/engine.ts'
import { itemDiff } from '../app/resend/plan-diff.ts'
import { planResend } from '../app/resend/plan-resend.ts'
import { RedriveError } from '../domain/errors.ts'
import type { Plan } from '../domain/plan.ts'
import { implementer } from './implementer.ts'
import { maskedDiff } from './masked-plan.ts'
import { headerLine, itemFileLine, readHeaderLine, readItemLine } from './plan-file.ts'
import { planNow } from './plan-now.ts'
import { planItemView } from './plan-view.ts'
import { required } from './signal.ts'

export function planRoutes(engine: Engine) {
  const os = implementer(engine, { plans: contract })
  const { ports, connections, masking } = engine

  const find = async (id: string): Promise<Plan> => {
    const plan = await ports.jobStore.plan(id)
    if (!plan) throw new RedriveError('plan-not-found', 'never', { plan: id })
    return plan
  }
  const view = (plan: Plan, signal: AbortSignal): Promise<PlanView> => planNow(engine, plan, signal)

  return {
    resend: os.plans.resend.handler(async ({ input, signal }) => {
      const { source, edit } = input
      if (edit !== null) await masking.requireWhole(source, edit.kind === 'patch' ? edit.patch : edit.payload)
      const plan = await planResend(ports, connections, input, required(signal))
      return view(plan, required(signal))
    }),
    get: os.plans.get.handler(async ({ input, signal }) => view(await find(input.plan), required(signal))),
    items: os.plans.items.handler(async ({ input: { plan, afterSeq, limit } }) => {
      const items = await ports.jobStore.planItems(plan, afterSeq, limit)
      return { items: items.map(planItemView) }
    }),
    diff: os.plans.diff.handler(async ({ input, signal }) => {
      const diff = await itemDiff(ports, connections, input, required(signal))
      const { source: place, item } = diff
      await masking.viewed({ place, what: 'plan-item', ...item, plan: input.plan })
      return maskedDiff(await masking.rules(place), diff)
    }),
    exportLines: os.plans.exportLines.handler(async ({ input: { plan: id, afterSeq, limit, unmask } }) => {
      const plan = await find(id)
      if (plan.edit !== null) await masking.requireFile(plan.source, id, unmask ?? null)
      const items = await ports.jobStore.planItems(id, afterSeq, limit)
      const last = items.at(-1)?.seq ?? plan.items
      return {
        header: afterSeq === 0 ? headerLine(plan) : null,
        lines: items.map(itemFileLine),
        nextAfterSeq: last < plan.items ? last : null,
      }
    }),
    importBegin: os.plans.importBegin.handler(async ({ input }) => {
      const plan = readHeaderLine(input.header)
      return { token: await engine.planImports.begin(plan), items: plan.items }
    }),
    importItems: os.plans.importItems.handler(async ({ input: { token, lines } }) => {
      const before = engine.planImports.received(token)
      const items = lines.map((line, index) => readItemLine(line, before + index + 2))
      await engine.planImports.add(token, items)
      return { received: before + items.length }
    }),
    importEnd: os.plans.importEnd.handler(async ({ input, signal }) =>
      view(await engine.planImports.finish(input.token), required(signal)),
    ),
    approve: os.plans.approve.handler(async ({ input, signal }) => {
      const plan = await find(input.plan)
      await engine.guards.take(plan, input.approval)
      return view(plan, required(signal))
    }),
  }
}
