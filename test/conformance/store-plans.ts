import { expect, test } from 'vitest'
import { draft, journalLength, planOf, savePlan, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

export function storeConformanceOfPlans(withStore: WithStore): void {
  test('a plan comes back as it was saved', () =>
    withStore(async ({ jobs, journal }) => {
      const sample = planOf('plan-1', 12_345)
      const saved = await jobs.beginPlan('plan-1')
      for (let from = 0; from < sample.items.length; from += 1_000) {
        await saved.add(sample.items.slice(from, from + 1_000))
      }
      // Nobody sees what is not whole, and nothing is said of it.
      expect(await jobs.plan('plan-1')).toBeNull()
      await expect(jobs.planItems('plan-1', 0, 1)).rejects.toMatchObject({ code: 'plan-not-found' })
      expect(await journal.list(wholeJournal)).toEqual([])
      await saved.finish(sample.plan, draft('plan-created', { subject: 'plan-1', detail: { items: 3 } }))
      expect(await jobs.plan('plan-1')).toEqual(sample.plan)
      expect(await jobs.planItems('plan-1', 0, 20_000)).toEqual(sample.items)
      expect(await jobs.planItems('plan-1', 12_340, 3)).toEqual(sample.items.slice(12_340, 12_343))
      expect(await jobs.planItems('plan-1', 12_345, 3)).toEqual([])
      expect(await jobs.plan('plan-2')).toBeNull()
      await expect(jobs.planItems('plan-2', 0, 1)).rejects.toMatchObject({ code: 'plan-not-found' })
      expect(await journal.list(wholeJournal)).toMatchObject([
        { seq: 1, action: 'plan-created', subject: 'plan-1' },
      ])
    }))

  test('a second plan of the same name changes nothing', () =>
    withStore(async (store) => {
      const late = await store.jobs.beginPlan('plan-1')
      await late.add(planOf('plan-1', 5).items)
      await savePlan(store.jobs, planOf('plan-1', 2), draft('plan-created'))
      await expect(savePlan(store.jobs, planOf('plan-1', 5), draft('plan-created'))).rejects.toMatchObject({
        code: 'name-in-use',
      })
      await expect(late.finish(planOf('plan-1', 5).plan, draft('plan-created'))).rejects.toMatchObject({
        code: 'name-in-use',
      })
      await late.discard()
      expect(await store.jobs.plan('plan-1')).toMatchObject({ items: 2 })
      expect(await store.jobs.planItems('plan-1', 0, 10)).toEqual(planOf('plan-1', 2).items)
      expect(await journalLength(store)).toBe(1)
    }))

  test('a plan that was discarded never was', () =>
    withStore(async (store) => {
      const dropped = await store.jobs.beginPlan('plan-1')
      await dropped.add(planOf('plan-1', 5).items)
      await dropped.discard()
      expect(await store.jobs.plan('plan-1')).toBeNull()
      await savePlan(store.jobs, planOf('plan-1', 2), draft('plan-created'))
      expect(await store.jobs.planItems('plan-1', 0, 10)).toHaveLength(2)
    }))
}
