import { actingAs } from '../../src-main/adapters/system/acting.ts'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { randomIds } from '../../src-main/adapters/system/ids.ts'
import { Connections } from '../../src-main/app/connections/connections.ts'
import { createHealthBoard } from '../../src-main/app/connections/health.ts'
import { createChanges } from '../../src-main/app/changes.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { createPlanImports } from '../../src-main/app/resend/import-plan.ts'
import { planIsIntact } from '../../src-main/app/resend/plan-intact.ts'
import { PLAN_ITEMS_MAX, freezePlan } from '../../src-main/domain/plan.ts'
import type { Plan, PlanItem } from '../../src-main/domain/plan.ts'
import { planOf, wholeJournal } from '../support/store-samples.ts'
import type { SamplePlan } from '../support/store-samples.ts'

/** The real store and no connection at all: an import reads nothing but the workspace. */
function open() {
  const clock = systemClock()
  const store = openStore({ path: join(mkdtempSync(join(tmpdir(), 'redrive-import-')), 'redrive.db'), clock })
  onTestFinished(() => store.close())
  const orders = { driver: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none', environment: 'staging' }
  const ports = {
    jobStore: store.jobs,
    clock,
    ids: randomIds(clock),
    ...actingAs('ann'),
    workspace: { load: () => Promise.resolve({ sources: { orders }, brokers: {} }) },
  } as unknown as EnginePorts
  const connections = new Connections(ports, createHealthBoard(clock, createChanges()))
  return { store, imports: createPlanImports(ports, connections) }
}

type Imports = ReturnType<typeof open>['imports']

async function take(imports: Imports, { plan, items }: SamplePlan, pieces = 1): Promise<Plan> {
  const token = await imports.begin(plan)
  const size = Math.ceil(items.length / pieces)
  for (let from = 0; from < items.length; from += size)
    await imports.add(token, items.slice(from, from + size))
  return imports.finish(token)
}

test('a plan from a file is the plan that was written, and is journalled once', async () => {
  const { store, imports } = open()
  const sample = planOf('plan-1', 1_000)
  expect(await take(imports, sample, 7)).toEqual(sample.plan)
  expect(await store.jobs.plan('plan-1')).toEqual(sample.plan)
  expect(await store.jobs.planItems('plan-1', 0, 2_000)).toEqual(sample.items)
  expect(await planIsIntact(store.jobs, sample.plan)).toBe(true)
  // Known by now: its file is checked once more and nothing is written.
  expect(await take(imports, sample)).toEqual(sample.plan)
  expect(await store.journal.list(wholeJournal)).toMatchObject([
    {
      action: 'plan-created',
      subject: 'plan-1',
      operator: 'ann',
      detail: { items: 1_000, environment: 'staging' },
    },
  ])
})

test('a header that does not fit its digest is not even begun', async () => {
  const { imports } = open()
  const { plan } = planOf('plan-1', 3)
  for (const bad of [
    { ...plan, items: 2 },
    { ...plan, source: 'payments' },
    { ...plan, itemsDigest: 'x' },
  ]) {
    await expect(imports.begin(bad)).rejects.toMatchObject({ code: 'plan-digest-mismatch' })
  }
  const { digest, ...header } = plan
  expect(digest).not.toBe('')
  const large = freezePlan(header, { items: PLAN_ITEMS_MAX + 1, itemsDigest: plan.itemsDigest })
  await expect(imports.begin(large)).rejects.toMatchObject({ code: 'plan-too-large' })
  const elsewhere = planOf('plan-2', 1, 'nowhere').plan
  await expect(imports.begin(elsewhere)).rejects.toMatchObject({ code: 'source-unknown' })
})

test('another plan under a name that is taken is refused', async () => {
  const { imports } = open()
  await take(imports, planOf('plan-1', 3))
  await expect(imports.begin(planOf('plan-1', 4).plan)).rejects.toMatchObject({
    code: 'plan-digest-mismatch',
  })
})

const wrong: readonly (readonly [string, (items: readonly PlanItem[]) => readonly PlanItem[]])[] = [
  ['too few', (items) => items.slice(0, -1)],
  ['too many', (items) => [...items, { ...items[0]!, seq: items.length + 1 }]],
  ['one left out', (items) => items.filter(({ seq }) => seq !== 3)],
  ['two swapped', (items) => [items[1]!, items[0]!, ...items.slice(2)]],
  ['one twice', (items) => [items[0]!, ...items]],
  ['another payload', (items) => items.map((item) => (item.seq === 4 ? { ...item, payload: '{}' } : item))],
  [
    'another queue',
    (items) =>
      items.map((item) =>
        item.seq === 4 ? { ...item, destination: { exchange: 'shop', routingKey: 'x' } } : item,
      ),
  ],
  ['none', () => []],
]

test.for(wrong)('items that are not those of the digest leave nothing behind: %s', async ([, change]) => {
  const { store, imports } = open()
  const sample = planOf('plan-1', 5)
  const token = await imports.begin(sample.plan)
  const pieces = async (): Promise<Plan> => {
    for (const item of change(sample.items)) await imports.add(token, [item])
    return imports.finish(token)
  }
  await expect(pieces()).rejects.toMatchObject({ code: 'plan-digest-mismatch' })
  expect(await store.jobs.plan('plan-1')).toBeNull()
  expect(await store.journal.list(wholeJournal)).toEqual([])
  // The import is over, and the right file is taken.
  await expect(imports.finish(token)).rejects.toMatchObject({ code: 'plan-import-unknown' })
  await expect(imports.add(token, sample.items)).rejects.toMatchObject({ code: 'plan-import-unknown' })
  expect(await take(imports, sample)).toEqual(sample.plan)
})

test('imports that somebody left behind make room, the oldest first', async () => {
  const { store, imports } = open()
  const samples = Array.from({ length: 9 }, (_, index) => planOf(`plan-${index}`, 2))
  const tokens: string[] = []
  for (const { plan } of samples) tokens.push(await imports.begin(plan))
  await expect(imports.add(tokens[0]!, samples[0]!.items)).rejects.toMatchObject({
    code: 'plan-import-unknown',
  })
  for (const [index, token] of tokens.entries()) {
    if (index === 0) continue
    await imports.add(token, samples[index]!.items)
    expect(await imports.finish(token)).toEqual(samples[index]!.plan)
  }
  expect(await store.journal.list(wholeJournal)).toHaveLength(8)
})

test('the same file taken twice at the same time is one plan', async () => {
  const { store, imports } = open()
  const sample = planOf('plan-1', 4)
  const one = await imports.begin(sample.plan)
  const two = await imports.begin(sample.plan)
  await imports.add(one, sample.items)
  await imports.add(two, sample.items)
  await imports.finish(one)
  await expect(imports.finish(two)).rejects.toMatchObject({ code: 'name-in-use' })
  expect(await planIsIntact(store.jobs, sample.plan)).toBe(true)
  expect(await store.journal.list(wholeJournal)).toHaveLength(1)
})
