import { implement } from '@orpc/server'
import { plans } from '../../../src-preload/contract/plans.ts'
import { diffItem, endImport, makePlan, planOf, viewPlan } from './fake-plans.ts'
import { iso, meet, refuse, type World } from './fake-world.ts'
import { without } from '../../../src-renderer/ui/without.ts'

export function fakePlans(world: World) {
  const os = implement(plans)
  const importOf = (token: string) => world.imports.get(token) ?? refuse('plan-import-unknown')
  return {
    resend: os.resend.handler(async ({ input }) => {
      await meet(world, 'plans.resend', input.source)
      return makePlan(world, input)
    }),
    get: os.get.handler(async ({ input }) => viewPlan(world, input.plan)),
    items: os.items.handler(async ({ input }) => ({
      items: planOf(world, input.plan)
        .items.filter(({ seq }) => seq > input.afterSeq)
        .slice(0, input.limit)
        .map((item) => without(item, 'payload')),
    })),
    diff: os.diff.handler(async ({ input }) => {
      await meet(world, 'plans.diff', null)
      return diffItem(world, input)
    }),
    exportLines: os.exportLines.handler(async ({ input }) => {
      await meet(world, 'plans.exportLines', null)
      const { items, ...header } = planOf(world, input.plan)
      const page = items.filter(({ seq }) => seq > input.afterSeq).slice(0, input.limit)
      const last = page.at(-1)?.seq ?? items.length
      return {
        header: input.afterSeq === 0 ? JSON.stringify({ ...header, items: items.length }) : null,
        lines: page.map((item) => JSON.stringify(item)),
        nextAfterSeq: last < items.length ? last : null,
      }
    }),
    approve: os.approve.handler(async ({ input }) => {
      const { approval } = world.switches
      const approver = approval?.approvers.find((name) => input.approval.includes(name))
      if (approval === null || approver === undefined) {
        return refuse('approval-invalid', { reason: 'it is no approval' })
      }
      const signed = { approver, approvedAt: iso(world.now()), validUntil: iso(world.now() + 3_600_000) }
      world.switches.approval = { ...approval, given: [{ ...signed, problem: null }] }
      return viewPlan(world, input.plan)
    }),
    importBegin: os.importBegin.handler(async ({ input }) => {
      const token = `import-${world.imports.size + 1}`
      world.imports.set(token, { header: input.header, lines: [] })
      const { items } = JSON.parse(input.header) as { items: number }
      return { token, items }
    }),
    importItems: os.importItems.handler(async ({ input }) => {
      const { lines } = importOf(input.token)
      lines.push(...input.lines)
      return { received: lines.length }
    }),
    importEnd: os.importEnd.handler(async ({ input }) => {
      const plan = endImport(world, importOf(input.token))
      world.imports.delete(input.token)
      return viewPlan(world, plan)
    }),
  }
}
