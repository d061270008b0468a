import { expect, test } from 'vitest'
import type { Decision } from '../../src-main/domain/decision.ts'
import type { Journal } from '../../src-main/ports/journal.ts'
import { begin, draft, moveItems, owner, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

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

export function storeConformanceOfDecisions(withStore: WithStore): void {
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
      expect(await seqs({ ...wholeJournal, source: 'orders' })).toEqual([2, 4, 6, 8])
      expect(await seqs({ ...wholeJournal, subject: 's-1', actions: ['job-ended'] })).toEqual([3, 9])
      const [entry] = await journal.list(wholeJournal)
      expect(entry?.detail).toEqual({ index: 1, text: 'ä€😀\u0000\n"', nested: { b: 1, a: [null, true] } })
    }))

  test('calls at the same time keep one chain', () =>
    withStore(async ({ journal }) => {
      await Promise.all(Array.from({ length: 50 }, () => journal.append(draft('source-unlocked'))))
      const entries = await journal.list(wholeJournal)
      expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1))
    }))
}
