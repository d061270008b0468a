import { expect, test } from 'vitest'
import { begin, draft, moveItems, owner, steps } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

export function storeConformanceOfOutcomes(withStore: WithStore): void {
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
      const totals = { source: 'orders', confirmed: 0, returned: 0, refused: 0, unknown: 1 }
      expect(await jobReader.outcomeTotals()).toEqual([{ ...totals, unsettled: 1 }])
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
      expect(await jobReader.outcomeTotals()).toEqual([{ ...totals, unsettled: 0 }])
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

  test('what a job confirmed and did not mark is known as such, of one source', () =>
    withStore(async (store) => {
      await begin(store, 'a', 3)
      await begin(store, 'elsewhere', 3, 'payments')
      const { jobs, jobReader } = store
      const ended = (seq: number, marked: boolean) => [
        ...steps(seq, 'settling').map((move) =>
          move.to === 'settling' ? { ...move, result: 'confirmed' as const } : move,
        ),
        { seq, from: 'settling' as const, to: 'done' as const, marked },
      ]
      for (const job of ['job-a', 'job-elsewhere'])
        await moveItems(jobs, job, owner, [...ended(1, true), ...ended(2, false)], null)
      const ids = ['1', '2', '3']
      expect(await jobReader.confirmedUnmarked('orders', ids)).toEqual(new Map([['2', 'job-a']]))
      expect(await jobReader.confirmedUnmarked('payments', ['2'])).toEqual(new Map([['2', 'job-elsewhere']]))
      expect(await jobReader.confirmedUnmarked('stock', ids)).toEqual(new Map())
      expect([...(await jobReader.confirmed('orders', ids))]).toEqual([
        ['1', 'job-a'],
        ['2', 'job-a'],
      ])
      expect([...(await jobReader.confirmedBy('job-a', ids)).keys()]).toEqual(['1', '2'])
      expect(await jobReader.confirmedBy('job-nobody', ids)).toEqual(new Map())
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
}
