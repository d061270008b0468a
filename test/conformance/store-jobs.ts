import { expect, test } from 'vitest'
import type { ItemMove } from '../../src-main/domain/job.ts'
import {
  begin,
  draft,
  journalLength,
  moveItems,
  other,
  owner,
  planOf,
  runOptions,
  savePlan,
  steps,
} from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

export function storeConformanceOfJobs(withStore: WithStore): void {
  test('a plan runs once', () =>
    withStore(async (store) => {
      const { plan, job } = await begin(store, 'a', 3)
      expect(job).toMatchObject({
        state: 'running',
        items: 3,
        ended: 0,
        digest: plan.digest,
        kind: 'resend',
        options: runOptions,
        broker: 'rabbit',
      })
      const again = {
        job: 'job-b',
        kind: 'resend' as const,
        plan: plan.plan,
        options: runOptions,
        operator: 'bob',
        owner,
      }
      await expect(store.jobs.startJob(again, draft('job-started'))).rejects.toMatchObject({
        code: 'plan-already-run',
      })
      await expect(
        store.jobs.startJob({ ...again, plan: 'plan-none' }, draft('job-started')),
      ).rejects.toMatchObject({ code: 'plan-not-found' })
      expect(await store.jobReader.jobOfPlan(plan.plan)).toEqual(job)
      expect(await store.jobReader.job('job-b')).toBeNull()
      expect(await journalLength(store)).toBe(2)
    }))

  test('items go through every state; the tally follows', () =>
    withStore(async (store) => {
      await begin(store, 'a', 7)
      const { jobs, jobReader } = store
      const read = { afterSeq: 0, limit: 100 }
      expect(await jobReader.items('job-a', read)).toMatchObject(
        Array.from({ length: 7 }, (_, index) => ({ seq: index + 1, itemState: 'planned', result: null })),
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
          { seq: 7, from: 'planned', to: 'done', result: 'parked', reason: 'parked behind 3' },
        ],
        draft('job-outcomes', { subject: 'job-a', detail: { items: [1, 2, 3, 4, 5, 7] } }),
      )
      expect(await jobReader.job('job-a')).toMatchObject({
        ended: 5,
        tally: {
          confirmed: 1,
          returned: 1,
          refused: 0,
          unknown: 1,
          skipped: 1,
          parked: 1,
          unsettled: 1,
          unmarked: 1,
        },
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
        { seq: 6, itemState: 'planned', result: null },
        { seq: 7, itemState: 'done', result: 'parked', code: null, reason: 'parked behind 3' },
      ])
      const seqs = async (more: object): Promise<number[]> =>
        (await jobReader.items('job-a', { ...read, ...more })).map((item) => item.seq)
      expect(await seqs({ states: ['planned'] })).toEqual([6])
      expect(await seqs({ states: ['planned', 'claiming'] })).toEqual([5, 6])
      expect(await seqs({ states: ['claiming', 'publishing', 'settling'] })).toEqual([5])
      expect(await seqs({ states: ['done'], afterSeq: 1, limit: 2 })).toEqual([2, 3])
      expect(await seqs({ results: ['returned', 'unknown'] })).toEqual([2, 3])
      expect(await seqs({ results: ['confirmed'] })).toEqual([1])
      expect(await seqs({ results: ['parked', 'confirmed'] })).toEqual([1, 7])
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
      expect(await jobs.planItems('plan-a', 0, 1)).toMatchObject([{ version: 'v0' }])
      await moveItems(jobs, 'job-a', owner, steps(1, 'publishing'), null)
      // Not a byte went out: the claim is still in the row, and is undone there first.
      await moveItems(
        jobs,
        'job-a',
        owner,
        [
          { seq: 1, from: 'publishing', to: 'claiming' },
          { seq: 1, from: 'claiming', to: 'planned' },
        ],
        null,
      )
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
        { seq: 1, from: 'publishing', to: 'planned' },
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
      expect(await journalLength(store)).toBe(2)
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

  test('a process ends or interrupts only what is its own', () =>
    withStore(async (store) => {
      await begin(store, 'a', 1)
      const ends = { from: 'running', to: 'interrupted', owner: null } as const
      const move = (by: typeof owner) =>
        store.jobs.moveJob('job-a', { ...ends, by }, draft('job-ended', { subject: 'job-a' }))
      await expect(move(other)).rejects.toMatchObject({ code: 'job-busy' })
      expect(await journalLength(store)).toBe(2)
      expect(await move(owner)).toMatchObject({ state: 'interrupted' })
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
      expect(await journalLength(store)).toBe(4)
    }))

  test('a job pauses with its reason and goes on; who it belongs to follows', () =>
    withStore(async ({ jobs, jobReader, ...rest }) => {
      await begin({ jobs, jobReader, ...rest }, 'a', 2)
      const interruption = { code: 'brake-pulled', reason: '20 of the last 20' } as const
      const paused = await jobs.moveJob(
        'job-a',
        { from: 'running', to: 'paused', owner: null, interruption },
        draft('job-ended', { subject: 'job-a' }),
      )
      expect(paused).toMatchObject({ state: 'paused', endedAt: null, interruption })
      expect(await jobs.runningJobs()).toEqual([])
      await expect(moveItems(jobs, 'job-a', owner, steps(1, 'claiming'))).rejects.toMatchObject({
        code: 'job-busy',
      })
      for (const to of ['interrupted', 'done', 'paused'] as const) {
        await expect(
          jobs.moveJob('job-a', { from: 'paused', to, owner: null }, draft('job-ended')),
        ).rejects.toMatchObject({ code: 'job-state-forbids' })
      }
      const again = await jobs.moveJob(
        'job-a',
        { from: 'paused', to: 'running', owner: other },
        draft('job-continued', { subject: 'job-a' }),
      )
      expect(again).toMatchObject({ state: 'running', interruption: null })
      expect(await jobs.runningJobs()).toEqual([{ job: 'job-a', owner: other }])
    }))

  test('a sweep grows: what it claims becomes items that it holds', () =>
    withStore(async (store) => {
      const { jobs, jobReader } = store
      await savePlan(jobs, planOf('plan-a', 0), draft('plan-created'))
      const job = { job: 'job-a', kind: 'sweep' as const, plan: 'plan-a', options: runOptions }
      await jobs.startJob({ ...job, operator: 'ann', owner }, draft('job-started'))
      const { items } = planOf('plan-a', 30)
      const entry = draft('job-claiming', { subject: 'job-a' })
      await jobs.addItems('job-a', owner, items.slice(0, 20), entry)
      expect(await jobReader.job('job-a')).toMatchObject({ kind: 'sweep', items: 20, ended: 0 })
      const refused = [
        jobs.addItems('job-a', owner, items.slice(21), entry),
        jobs.addItems('job-a', owner, items.slice(19), entry),
        jobs.addItems('job-a', owner, [], entry),
      ]
      for (const call of refused) await expect(call).rejects.toMatchObject({ code: 'job-state-forbids' })
      await expect(jobs.addItems('job-a', other, items.slice(20), entry)).rejects.toMatchObject({
        code: 'job-busy',
      })
      const before = await journalLength(store)
      await jobs.addItems('job-a', owner, items.slice(20), entry)
      expect(await journalLength(store)).toBe(before + 1)
      const written = await jobReader.items('job-a', { afterSeq: 0, limit: 100 })
      expect(written.map(({ seq, id, itemState }) => [seq, id, itemState])).toEqual(
        items.map(({ seq, id }) => [seq, id, 'claiming']),
      )
      expect(await jobReader.held('orders', ['25', '31'])).toEqual(new Map([['25', 'job-a']]))

      // The list of a resend is frozen.
      await begin(store, 'b', 2)
      await expect(jobs.addItems('job-b', owner, [{ ...items[0]!, seq: 3 }], entry)).rejects.toMatchObject({
        code: 'job-state-forbids',
      })
    }))
}
