import { describe, expect, test } from 'vitest'
import type { Decision } from '../../src-main/domain/decision.ts'
import type { ItemMove } from '../../src-main/domain/job.ts'
import type { Journal } from '../../src-main/ports/journal.ts'
import { begin, draft, other, owner, planOf, steps, moveItems } from '../support/store-samples.ts'
import type { StoreUnderTest } from '../support/store-samples.ts'

/** Opens an empty store of its own. */
export type OpenEmptyStore = () => Promise<StoreUnderTest>

function decision(id: string, more: Partial<Decision> = {}): Decision {
  return {
    decision: id,
    source: 'orders',
    id: '1',
    messageId: 'm-1',
    operator: 'ann',
    reason: 'paid by hand',
    at: '2026-01-01T00:00:00.000Z',
    state: 'intended',
    stateBefore: 'failed',
    version: 'v1',
    appliedVersion: null,
    before: null,
    ...more,
  }
}

const all = { order: 'oldest', cursor: null, limit: 1_000 } as const
const signal = new AbortController().signal

export function storeConformance(name: string, openEmpty: OpenEmptyStore): void {
  async function withStore(work: (store: StoreUnderTest) => Promise<void>): Promise<void> {
    const store = await openEmpty()
    try {
      await work(store)
      expect(await store.journal.verify(signal)).toMatchObject({ intact: true })
    } finally {
      await store.close()
    }
  }
  const length = async (store: StoreUnderTest): Promise<number> => (await store.journal.list(all)).length

  describe(`store conformance: ${name}`, () => {
    test('a plan comes back as it was saved', () =>
      withStore(async ({ jobs, journal }) => {
        const plan = planOf('plan-1', 12_345)
        await jobs.savePlan(plan, draft('plan-created', { subject: 'plan-1', detail: { items: 3 } }))
        expect(await jobs.plan('plan-1')).toEqual(plan)
        expect(await jobs.plan('plan-2')).toBeNull()
        expect(await journal.list(all)).toMatchObject([{ seq: 1, action: 'plan-created', subject: 'plan-1' }])
      }))

    test('a second plan of the same name changes nothing', () =>
      withStore(async (store) => {
        await store.jobs.savePlan(planOf('plan-1', 2), draft('plan-created'))
        await expect(store.jobs.savePlan(planOf('plan-1', 5), draft('plan-created'))).rejects.toMatchObject({
          code: 'name-in-use',
        })
        expect((await store.jobs.plan('plan-1'))?.items).toHaveLength(2)
        expect(await length(store)).toBe(1)
      }))

    test('a plan runs once', () =>
      withStore(async (store) => {
        const { plan, job } = await begin(store, 'a', 3)
        expect(job).toMatchObject({
          state: 'running',
          items: 3,
          ended: 0,
          digest: plan.digest,
          broker: 'rabbit',
        })
        const again = { job: 'job-b', plan: plan.plan, rate: null, operator: 'bob', owner }
        await expect(store.jobs.startJob(again, draft('job-started'))).rejects.toMatchObject({
          code: 'plan-already-run',
        })
        await expect(
          store.jobs.startJob({ ...again, plan: 'plan-none' }, draft('job-started')),
        ).rejects.toMatchObject({ code: 'plan-not-found' })
        expect(await store.jobReader.jobOfPlan(plan.plan)).toEqual(job)
        expect(await store.jobReader.job('job-b')).toBeNull()
        expect(await length(store)).toBe(2)
      }))

    test('items go through every state; the tally follows', () =>
      withStore(async (store) => {
        await begin(store, 'a', 6)
        const { jobs, jobReader } = store
        const read = { afterSeq: 0, limit: 100 }
        expect(await jobReader.items('job-a', read)).toMatchObject(
          Array.from({ length: 6 }, (_, index) => ({ seq: index + 1, itemState: 'planned', result: null })),
        )
        await moveItems(
          jobs,
          'job-a',
          owner,
          [
            ...steps(1, 'settling').map((move) =>
              move.to === 'settling' ? { ...move, result: 'confirmed' as const } : { ...move },
            ),
            { seq: 1, from: 'settling', to: 'done', marked: true },
            ...steps(2, 'publishing'),
            {
              seq: 2,
              from: 'publishing',
              to: 'settling',
              result: 'returned',
              code: 'unroutable',
              reason: 'no queue',
            },
            { seq: 2, from: 'settling', to: 'done', marked: false },
            ...steps(3, 'publishing'),
            {
              seq: 3,
              from: 'publishing',
              to: 'done',
              result: 'unknown',
              code: 'confirm-timeout',
              reason: 'silence',
            },
            { seq: 4, from: 'planned', to: 'done', result: 'skipped', code: 'row-changed' },
            ...steps(5, 'claiming'),
          ],
          draft('job-outcomes', { subject: 'job-a', detail: { items: [1, 2, 3, 4, 5] } }),
        )
        expect(await jobReader.job('job-a')).toMatchObject({
          ended: 4,
          tally: { confirmed: 1, returned: 1, refused: 0, unknown: 1, skipped: 1, unsettled: 1, unmarked: 1 },
        })
        expect(await jobReader.items('job-a', read)).toMatchObject([
          { seq: 1, itemState: 'done', result: 'confirmed', marked: true, code: null },
          {
            seq: 2,
            itemState: 'done',
            result: 'returned',
            code: 'unroutable',
            reason: 'no queue',
            marked: false,
          },
          { seq: 3, itemState: 'done', result: 'unknown', code: 'confirm-timeout', settledAs: null },
          { seq: 4, itemState: 'done', result: 'skipped', code: 'row-changed', marked: null },
          { seq: 5, itemState: 'claiming' },
          { seq: 6, itemState: 'planned' },
        ])
        const seqs = async (more: object): Promise<number[]> =>
          (await jobReader.items('job-a', { ...read, ...more })).map((item) => item.seq)
        expect(await seqs({ states: ['planned'] })).toEqual([6])
        expect(await seqs({ states: ['planned', 'claiming'] })).toEqual([5, 6])
        expect(await seqs({ states: ['claiming', 'publishing', 'settling'] })).toEqual([5])
        expect(await seqs({ states: ['done'], afterSeq: 1, limit: 2 })).toEqual([2, 3])
        expect(await seqs({ results: ['returned', 'unknown'] })).toEqual([2, 3])
        expect(await seqs({ results: ['confirmed'] })).toEqual([1])
        expect(await seqs({ unsettled: true })).toEqual([3])
        expect(await seqs({ states: [] })).toEqual([])
        await expect(jobReader.items('job-none', read)).rejects.toMatchObject({ code: 'job-not-found' })
      }))

    test('a claim that was undone is planned again, with the version to expect', () =>
      withStore(async (store) => {
        await begin(store, 'a', 1)
        const { jobs, jobReader } = store
        await moveItems(jobs, 'job-a', owner, [{ seq: 1, from: 'planned', to: 'claiming' }], null)
        await moveItems(
          jobs,
          'job-a',
          owner,
          [{ seq: 1, from: 'claiming', to: 'planned', version: 'v9' }],
          null,
        )
        const [item] = await jobReader.items('job-a', { afterSeq: 0, limit: 1 })
        expect(item).toMatchObject({ itemState: 'planned', version: 'v9' })
        expect((await jobs.plan('plan-a'))?.items[0]?.version).toBe('v0')
        await moveItems(jobs, 'job-a', owner, steps(1, 'publishing'), null)
        await moveItems(jobs, 'job-a', owner, [{ seq: 1, from: 'publishing', to: 'planned' }], null)
        const [again] = await jobReader.items('job-a', { afterSeq: 0, limit: 1 })
        expect(again).toMatchObject({ itemState: 'planned', version: 'v9' })
      }))

    test('one move that does not fit undoes the whole call', () =>
      withStore(async (store) => {
        await begin(store, 'a', 3)
        const before = await store.jobReader.items('job-a', { afterSeq: 0, limit: 10 })
        const bad: ItemMove[] = [
          { seq: 2, from: 'claiming', to: 'publishing' },
          { seq: 2, from: 'planned', to: 'settling' },
          { seq: 99, from: 'planned', to: 'claiming' },
          { seq: 2, from: 'done', to: 'planned' },
          { seq: 2, from: 'planned', to: 'done' },
        ]
        for (const move of bad) {
          await expect(
            moveItems(store.jobs, 'job-a', owner, [...steps(1, 'claiming'), move], draft('job-claiming')),
          ).rejects.toMatchObject({ code: 'job-state-forbids', retry: 'never' })
        }
        expect(await store.jobReader.items('job-a', { afterSeq: 0, limit: 10 })).toEqual(before)
        expect(await length(store)).toBe(2)
      }))

    test('only the owner moves items', () =>
      withStore(async (store) => {
        await begin(store, 'a', 1)
        await expect(
          moveItems(store.jobs, 'job-a', other, steps(1, 'claiming'), draft('job-claiming')),
        ).rejects.toMatchObject({ code: 'job-busy' })
        await expect(moveItems(store.jobs, 'job-x', owner, [], null)).rejects.toMatchObject({
          code: 'job-not-found',
        })
        const interruption = { code: 'process-ended', reason: 'the process ended' } as const
        const interrupted = await store.jobs.moveJob(
          'job-a',
          { from: 'running', to: 'interrupted', owner: other, interruption },
          draft('job-recovered', { subject: 'job-a' }),
        )
        expect(interrupted).toMatchObject({ state: 'interrupted', interruption })
        await moveItems(store.jobs, 'job-a', other, steps(1, 'claiming'), null)
        await expect(
          moveItems(store.jobs, 'job-a', owner, [{ seq: 1, from: 'claiming', to: 'publishing' }], null),
        ).rejects.toMatchObject({ code: 'job-busy' })
      }))

    test('a job moves by compare-and-set', () =>
      withStore(async (store) => {
        const { jobs } = store
        await begin(store, 'a', 1)
        expect(await jobs.runningJobs()).toEqual([{ job: 'job-a', owner }])
        const moves = [
          { from: 'interrupted', to: 'running', owner },
          { from: 'running', to: 'running', owner },
          { from: 'running', to: 'done', owner: null },
        ] as const
        for (const move of moves) {
          await expect(jobs.moveJob('job-a', move, draft('job-ended'))).rejects.toMatchObject({
            code: 'job-state-forbids',
          })
        }
        await moveItems(
          jobs,
          'job-a',
          owner,
          [{ seq: 1, from: 'planned', to: 'done', result: 'skipped' }],
          null,
        )
        const done = await jobs.moveJob(
          'job-a',
          { from: 'running', to: 'done', owner: null },
          draft('job-ended', { subject: 'job-a' }),
        )
        expect(done).toMatchObject({ state: 'done', ended: 1, interruption: null })
        expect(done.endedAt).not.toBeNull()
        expect(await jobs.runningJobs()).toEqual([])
        expect(await length(store)).toBe(4)
      }))

    test('an unknown outcome is settled once', () =>
      withStore(async (store) => {
        await begin(store, 'a', 2)
        const { jobs, jobReader } = store
        await moveItems(
          jobs,
          'job-a',
          owner,
          [...steps(1, 'publishing'), { seq: 1, from: 'publishing', to: 'done', result: 'unknown' }],
          null,
        )
        expect(await jobReader.unsettledCount('orders')).toBe(1)
        const settle = (seq: number): Promise<void> =>
          jobs.settleItems(
            'job-a',
            [{ seq, as: 'sent', reason: 'seen in the queue', marked: true }],
            draft('job-settled', { subject: 'job-a' }),
          )
        await expect(settle(2)).rejects.toMatchObject({ code: 'job-state-forbids' })
        await settle(1)
        await expect(settle(1)).rejects.toMatchObject({ code: 'job-state-forbids' })
        expect(await jobReader.unsettledCount('orders')).toBe(0)
        expect((await jobReader.job('job-a'))?.tally).toMatchObject({ unknown: 1, unsettled: 0 })
        const [item] = await jobReader.items('job-a', { afterSeq: 0, limit: 1 })
        expect(item).toMatchObject({ result: 'unknown', settledAs: 'sent', marked: true })
      }))

    test('a message is held while its outcome is open', () =>
      withStore(async (store) => {
        await begin(store, 'a', 5)
        await begin(store, 'elsewhere', 5, 'payments')
        const { jobs, jobReader } = store
        const ids = Array.from({ length: 5_000 }, (_, index) => String(index))
        expect(await jobReader.held('orders', ids)).toEqual(new Map())
        await moveItems(jobs, 'job-elsewhere', owner, steps(5, 'claiming'), null)
        await moveItems(
          jobs,
          'job-a',
          owner,
          [
            ...steps(1, 'claiming'),
            ...steps(2, 'publishing'),
            ...steps(3, 'settling').map((move) =>
              move.to === 'settling' ? { ...move, result: 'confirmed' as const } : move,
            ),
            ...steps(4, 'publishing'),
            { seq: 4, from: 'publishing', to: 'done', result: 'unknown' },
          ],
          null,
        )
        const held = new Map(['1', '2', '3', '4'].map((id) => [id, 'job-a']))
        expect(await jobReader.held('orders', ids)).toEqual(held)
        await jobs.settleItems(
          'job-a',
          [{ seq: 4, as: 'not-sent', reason: 'r', marked: true }],
          draft('job-settled'),
        )
        await moveItems(jobs, 'job-a', owner, [{ seq: 3, from: 'settling', to: 'done', marked: true }], null)
        expect([...(await jobReader.held('orders', ids)).keys()]).toEqual(['1', '2'])
        expect(await jobReader.held('payments', ['5', '4'])).toEqual(new Map([['5', 'job-elsewhere']]))
      }))

    test('jobs are listed newest first, by page', () =>
      withStore(async (store) => {
        for (const name of ['a', 'b', 'c']) await begin(store, name, 1)
        await begin(store, 'd', 1, 'payments')
        const names = async (query: {
          source?: string
          before: string | null
          limit: number
        }): Promise<string[]> => (await store.jobReader.jobs(query)).map((job) => job.job)
        expect(await names({ before: null, limit: 2 })).toEqual(['job-d', 'job-c'])
        expect(await names({ before: 'job-c', limit: 2 })).toEqual(['job-b', 'job-a'])
        expect(await names({ source: 'orders', before: null, limit: 9 })).toEqual(['job-c', 'job-b', 'job-a'])
      }))

    test('a decision is intended, applied, undone, and told as a deed', () =>
      withStore(async (store) => {
        const { decisions, jobReader } = store
        await decisions.intend([decision('d-1'), decision('d-2', { id: '2' })], draft('resolve-intended'))
        expect((await decisions.intended()).map((each) => each.decision)).toEqual(['d-1', 'd-2'])
        await decisions.moveDecisions(
          [
            {
              decision: 'd-1',
              from: 'intended',
              to: 'applied',
              appliedVersion: 'v2',
              before: '{"status":"failed"}',
            },
            { decision: 'd-2', from: 'intended', to: 'not-applied' },
          ],
          draft('resolved'),
        )
        expect(await decisions.decision('d-1')).toEqual(
          decision('d-1', { state: 'applied', appliedVersion: 'v2', before: '{"status":"failed"}' }),
        )
        expect(await decisions.decision('d-9')).toBeNull()
        await decisions.intendUndo(draft('undo-intended', { subject: 'd-1' }))
        await decisions.moveDecisions([{ decision: 'd-1', from: 'applied', to: 'undone' }], draft('undone'))
        const wrong = [
          { decision: 'd-1', from: 'applied', to: 'undone' },
          { decision: 'd-2', from: 'not-applied', to: 'applied' },
        ] as const
        for (const move of wrong) {
          await expect(decisions.moveDecisions([move], draft('undone'))).rejects.toMatchObject({
            code: 'job-state-forbids',
          })
        }
        await expect(
          decisions.moveDecisions([{ decision: 'd-9', from: 'intended', to: 'applied' }], draft('resolved')),
        ).rejects.toMatchObject({ code: 'decision-not-found' })
        expect(await decisions.intended()).toEqual([])
        expect((await decisions.recent('orders', 1)).map((each) => each.decision)).toEqual(['d-2'])
        await begin(store, 'a', 2)
        await moveItems(
          store.jobs,
          'job-a',
          owner,
          [
            {
              seq: 1,
              from: 'planned',
              to: 'done',
              result: 'skipped',
              code: 'row-changed',
              reason: 'changed',
            },
          ],
          null,
        )
        expect(await jobReader.deeds('orders', '1')).toMatchObject([
          { kind: 'resend', subject: 'job-a', result: 'skipped', code: 'row-changed', reason: 'changed' },
          {
            kind: 'resolve',
            subject: 'd-1',
            result: 'undone',
            code: null,
            reason: 'paid by hand',
            operator: 'ann',
          },
        ])
        expect(await jobReader.deeds('orders', '2')).toMatchObject([
          { result: 'planned' },
          { result: 'not-applied' },
        ])
        expect(await jobReader.deeds('payments', '1')).toEqual([])
      }))

    test('the journal is read both ways, by page and by what it is about', () =>
      withStore(async ({ journal }) => {
        for (let index = 1; index <= 9; index++) {
          await journal.append(
            draft(index % 3 === 0 ? 'job-ended' : 'job-started', {
              source: index % 2 === 0 ? 'orders' : null,
              subject: `s-${index % 2}`,
              detail: { index, text: 'ä€😀\u0000\n"', nested: { b: 1, a: [null, true] } },
            }),
          )
        }
        const seqs = async (query: Parameters<Journal['list']>[0]): Promise<number[]> =>
          (await journal.list(query)).map((entry) => entry.seq)
        expect(await seqs({ order: 'newest', cursor: null, limit: 3 })).toEqual([9, 8, 7])
        expect(await seqs({ order: 'newest', cursor: 7, limit: 2 })).toEqual([6, 5])
        expect(await seqs({ order: 'oldest', cursor: 7, limit: 9 })).toEqual([8, 9])
        expect(await seqs({ ...all, source: 'orders' })).toEqual([2, 4, 6, 8])
        expect(await seqs({ ...all, subject: 's-1', actions: ['job-ended'] })).toEqual([3, 9])
        const [entry] = await journal.list(all)
        expect(entry?.detail).toEqual({ index: 1, text: 'ä€😀\u0000\n"', nested: { b: 1, a: [null, true] } })
      }))

    test('calls at the same time keep one chain', () =>
      withStore(async ({ journal }) => {
        await Promise.all(Array.from({ length: 50 }, () => journal.append(draft('source-unlocked'))))
        const entries = await journal.list(all)
        expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1))
      }))
  })
}
