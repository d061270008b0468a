import { expect, test } from 'vitest'
import { begin, draft, moveItems, owner, steps, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

/** What is known of a source's messages besides jobs: half messages, upstream resends, records, confirmed mappings. */
export function storeConformanceOfSources(withStore: WithStore): void {
  test('checks of a half message are counted before they are made, by its row or by Redrive, whichever is higher', () =>
    withStore(async ({ halfMessages, journal }) => {
      const count = (counted: number) =>
        halfMessages.count('orders', [{ id: '1', messageId: 'm-1', counted }], draft('check-back-asking'))
      expect(await count(0)).toEqual(new Map([['1', 1]]))
      expect(await count(0)).toEqual(new Map([['1', 2]]))
      expect(await count(7)).toEqual(new Map([['1', 8]]))
      const last = { at: '2026-01-01T00:00:00.000Z', answer: 'unknown', status: 503, reason: null } as never
      await halfMessages.move('orders', [{ id: '1', state: 'parked', last }], null)
      await halfMessages.move('orders', [{ id: '1', state: 'deciding' }], draft('check-back-decided'))
      const standing = { id: '1', messageId: 'm-1', state: 'deciding', checks: 8, last }
      expect((await halfMessages.standings('orders', ['1', '2'])).get('1')).toMatchObject(standing)
      const of = { askedBefore: null, limit: 10 }
      expect(await halfMessages.inState('orders', { state: 'deciding', ...of })).toMatchObject([standing])
      expect(await halfMessages.inState('orders', { state: 'parked', ...of })).toEqual([])
      expect(await halfMessages.inState('stock', { state: 'deciding', ...of })).toEqual([])
      const before = { state: 'deciding', askedBefore: '2000-01-01T00:00:00.000Z', limit: 10 } as const
      expect(await halfMessages.inState('orders', before)).toEqual([])
      await halfMessages.forget('orders', ['1', '2'], null)
      expect(await halfMessages.standings('orders', ['1'])).toEqual(new Map())
      expect(await journal.list(wholeJournal)).toHaveLength(4)
    }))

  test('a sender is asked at most so often, and by one at a time', () =>
    withStore(async ({ upstream, journal }) => {
      const ask = (messageIds: readonly string[], underWayMs = 60_000) =>
        upstream.begin(
          { source: 'orders', messageIds, operator: 'ann', trigger: 'operator', limit: 2, underWayMs },
          () => draft('upstream-asking'),
        )
      const both = await Promise.all([ask(['m-1', 'm-2', 'm-1']), ask(['m-1'])])
      expect(both.flatMap(({ granted }) => granted)).toHaveLength(2)
      expect(both.flatMap(({ left }) => left)).toEqual([{ messageId: 'm-1', left: 'under-way' }])
      const ended = { messageId: 'm-1', attempt: 1, outcome: 'accepted', status: 202, reason: null } as const
      await upstream.end('orders', [ended], draft('upstream-asked'))
      // A second word about the same attempt changes nothing.
      await upstream.end('orders', [{ ...ended, outcome: 'refused' }], draft('upstream-asked'))
      const again = { ...ended, outcome: 'not-needed', status: null, attempt: 2 } as const
      expect((await ask(['m-1'])).granted).toEqual([{ messageId: 'm-1', attempt: 2 }])
      await upstream.end('orders', [again], draft('upstream-asked'))
      // One that asked nobody counts no longer.
      expect((await ask(['m-1'])).granted).toEqual([{ messageId: 'm-1', attempt: 3 }])
      const silent = { ...ended, attempt: 3, outcome: 'unknown', reason: 'silence' } as const
      await upstream.end('orders', [silent], draft('upstream-asked'))
      expect(await ask(['m-1'])).toMatchObject({ granted: [], left: [{ left: 'limit' }] })
      const attempts = await upstream.attempts('orders', ['m-1', 'm-9'])
      expect(attempts.get('m-1')?.map(({ outcome }) => outcome)).toEqual([
        'accepted',
        'not-needed',
        'unknown',
      ])
      expect(attempts.has('m-9')).toBe(false)
      expect(await journal.list({ ...wholeJournal, actions: ['upstream-asking'] })).toHaveLength(3)
    }))

  test('a record is known by what jobs and people did with it', () =>
    withStore(async (store) => {
      const { recordLedger, jobs } = store
      await begin(store, 'a', 3)
      await moveItems(jobs, 'job-a', owner, [
        ...steps(1, 'publishing'),
        { seq: 1, from: 'publishing', to: 'settling', result: 'confirmed' },
        ...steps(2, 'publishing'),
        { seq: 2, from: 'publishing', to: 'done', result: 'unknown' },
        ...steps(3, 'claiming'),
      ])
      const discard = { ids: ['7', '8'], plan: 'plan-d', operator: 'ann', reason: 'a test' }
      await recordLedger.discard('orders', discard, draft('dead-letters-marked'))
      await recordLedger.discard('orders', { ...discard, reason: 'again' }, draft('dead-letters-marked'))
      const kinds = async (except?: string) => {
        const marks = await recordLedger.marks('orders', ['1', '2', '3', '7', '9'], except)
        return [...marks].map(([id, { as }]) => `${id} ${as}`).toSorted()
      }
      expect(await kinds()).toEqual(['1 under-way', '2 unknown', '3 under-way', '7 discarded'])
      expect(await kinds('job-a')).toEqual(['7 discarded'])
      await moveItems(jobs, 'job-a', owner, [{ seq: 1, from: 'settling', to: 'done', marked: true }])
      expect(await kinds()).toContain('1 redriven')
      expect((await recordLedger.marks('orders', ['7'])).get('7')).toMatchObject({ reason: 'a test' })
      expect(await recordLedger.restore('orders', ['7', '9'], draft('dead-letters-restored'))).toBe(1)
      expect(await recordLedger.marks('orders', ['7'])).toEqual(new Map())
    }))

  test('a confirmed mapping is known by its digest, the newest by its source', () =>
    withStore(async ({ confirmations }) => {
      const confirm = (digest: string, operator: string, source = 'orders') =>
        confirmations.confirm(
          { source, digest, operator, actions: ['resend', 'retry'] },
          draft('mapping-confirmed'),
        )
      const first = await confirm('d-1', 'ann')
      await confirm('d-2', 'ann', 'stock')
      expect(await confirmations.confirmed('orders', 'd-1')).toEqual(first)
      expect(await confirmations.confirmed('orders', 'd-2')).toBeNull()
      expect(await confirmations.latest('orders')).toEqual(first)
      const again = await confirm('d-1', 'ben')
      expect(await confirmations.confirmed('orders', 'd-1')).toEqual(again)
      expect(await confirmations.latest('bills')).toBeNull()
    }))
}
