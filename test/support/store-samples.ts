import type { ItemMove } from '../../src-main/domain/job.ts'
import type { JournalDraft } from '../../src-main/domain/journal.ts'
import { gatherFindings } from '../../src-main/app/resend/plan-warnings.ts'
import { freezePlan, newItemsDigest, planFormat } from '../../src-main/domain/plan.ts'
import type { Plan, PlanItem } from '../../src-main/domain/plan.ts'
import type { JobStore, Owner } from '../../src-main/ports/job-store.ts'
import type { Store } from '../../src-main/ports/store.ts'

/** A store of some kind. */
export type StoreUnderTest = Store

export const owner: Owner = { host: 'here', pid: 1, instance: 'one' }
export const other: Owner = { host: 'here', pid: 1, instance: 'two' }

export function draft(action: JournalDraft['action'], more: Partial<JournalDraft> = {}): JournalDraft {
  return { action, operator: 'ann', source: 'orders', subject: null, detail: {}, ...more }
}

/** One step of a job's items; its journal entry matters only where one is given. */
export function moveItems(
  jobs: JobStore,
  job: string,
  by: Owner,
  moves: readonly ItemMove[],
  entry: JournalDraft | null = null,
): Promise<void> {
  return jobs.moveItems(job, by, [{ moves, entry: entry ?? draft('job-claiming', { subject: job }) }])
}

export interface SamplePlan {
  readonly plan: Plan
  readonly items: readonly PlanItem[]
}

export async function savePlan(
  jobs: JobStore,
  { plan, items }: SamplePlan,
  entry: JournalDraft,
): Promise<void> {
  const saved = await jobs.beginPlan(plan.plan)
  await saved.add(items)
  await saved.finish(plan, entry)
}

export const runOptions = { rate: null, ramp: false, brake: null } as const

export function planOf(plan: string, count: number, source = 'orders', firstId = 1): SamplePlan {
  const header = {
    format: planFormat,
    plan,
    source,
    broker: 'rabbit',
    table: 'public.outbox_message',
    profile: 'redrive-reference',
    mappingDigest: 'm',
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'ann',
    selection: 'failed',
    edit: null,
    redirect: null,
    dryRun: gatherFindings(0).dryRun(null),
    skipped: {
      count: 1,
      byCode: { 'row-changed': 1 },
      named: [{ id: '999', messageId: null, code: 'row-changed' as const }],
    },
    warnings: [{ code: 'maybe-sent' as const, count: 2 }],
  } as const
  const items = Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    id: String(firstId + index),
    version: `v${index}`,
    messageId: `m-${firstId + index}`,
    state: 'failed' as const,
    attempts: 3,
    type: index % 2 === 0 ? 'order.paid' : null,
    chainKey: index % 3 === 0 ? 'c1' : null,
    destination: { exchange: 'shop', routingKey: 'order.paid' },
    payloadDigest: 'd'.repeat(64),
    payload: index % 5 === 0 ? '{"edited": true}' : null,
    createdAt: '2026-01-01T00:00:00.123456Z',
  }))
  const digest = newItemsDigest()
  for (const item of items) digest.add(item)
  return { plan: freezePlan(header, { items: count, itemsDigest: digest.finish() }), items }
}

export async function begin(store: StoreUnderTest, name: string, count: number, source?: string) {
  const sample = planOf(`plan-${name}`, count, source)
  const { plan } = sample
  await savePlan(store.jobs, sample, draft('plan-created', { subject: plan.plan }))
  const job = await store.jobs.startJob(
    { job: `job-${name}`, kind: 'resend', plan: plan.plan, options: runOptions, operator: 'ann', owner },
    draft('job-started', { subject: `job-${name}` }),
  )
  return { plan, job }
}

const path: Readonly<Record<string, readonly ItemMove['to'][]>> = {
  claiming: ['claiming'],
  publishing: ['claiming', 'publishing'],
  settling: ['claiming', 'publishing', 'settling'],
}

/** Steps from planned to where the item should stand; `done` takes a result. */
export function steps(seq: number, to: 'claiming' | 'publishing' | 'settling'): ItemMove[] {
  let from: ItemMove['from'] = 'planned'
  return (path[to] ?? []).map((next) => {
    const move = { seq, from, to: next }
    from = next
    return move
  })
}

/** Gives `work` an empty store, whose journal must be intact afterwards. */
export type WithStore = (work: (store: StoreUnderTest) => Promise<void>) => Promise<void>

export const wholeJournal = { order: 'oldest', cursor: null, limit: 1_000 } as const

export async function journalLength(store: StoreUnderTest): Promise<number> {
  return (await store.journal.list(wholeJournal)).length
}
