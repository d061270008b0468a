import { headerIsIntact, newItemsDigest } from '../../domain/plan.ts'
import type { Plan, PlanItem } from '../../domain/plan.ts'
import type { JobStore } from '../../ports/job-store.ts'

/** Items read at a time: few enough to be garbage at once. Between two reads other work of the process gets its turn. */
export const PLAN_PAGE = 1_000

/** The items of a stored plan, page by page. */
export async function* planPages(
  store: Pick<JobStore, 'planItems'>,
  plan: string,
): AsyncGenerator<readonly PlanItem[]> {
  for (let afterSeq = 0; ;) {
    const items = await store.planItems(plan, afterSeq, PLAN_PAGE)
    if (items.length > 0) yield items
    if (items.length < PLAN_PAGE) return
    afterSeq = items.at(-1)?.seq ?? afterSeq
  }
}

/** Nothing of a stored plan has changed since it was frozen. */
export async function planIsIntact(store: Pick<JobStore, 'planItems'>, plan: Plan): Promise<boolean> {
  if (!headerIsIntact(plan)) return false
  const digest = newItemsDigest()
  let items = 0
  for await (const page of planPages(store, plan.plan)) {
    for (const item of page) digest.add(item)
    items += page.length
  }
  return items === plan.items && digest.finish() === plan.itemsDigest
}
