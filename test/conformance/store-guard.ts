import { expect, test } from 'vitest'
import type { Deed } from '../../src-main/domain/deed.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { APPROVALS_MAX } from '../../src-main/ports/guard-store.ts'
import { draft, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

/** Longer than a key of an index may be. */
const LONG = 'x'.repeat(20_000)

export function storeConformanceOfGuard(withStore: WithStore): void {
  test('approvals of a plan are kept once each, the newest first, with their journal entry', () =>
    withStore(async ({ approvals, journal }) => {
      const entry = draft('approval-given', { subject: 'plan-1' })
      await approvals.keep('plan-1', `one ${LONG}`, entry)
      await approvals.keep('plan-1', 'two', entry)
      await approvals.keep('plan-1', `one ${LONG}`, entry)
      await approvals.keep('plan-2', 'two', draft('approval-given', { subject: 'plan-2' }))
      expect(await approvals.of('plan-1')).toEqual(['two', `one ${LONG}`])
      expect(await approvals.of('plan-3')).toEqual([])
      expect(await journal.list(wholeJournal)).toHaveLength(3)
      for (let at = 0; at < APPROVALS_MAX; at += 1) await approvals.keep('plan-1', `more ${at}`, entry)
      expect(await approvals.of('plan-1')).toHaveLength(APPROVALS_MAX)
    }))

  test('what was done since then is told from the journal, the oldest first', () =>
    withStore(async ({ deeds, journal }) => {
      await journal.append(draft('resolve-intended', { subject: 'd-1', detail: { intended: ['1', '2'] } }))
      const second = await journal.append(draft('job-started', { subject: 'j-1', detail: { items: 7 } }))
      await journal.append(draft('note-added', { subject: 'n-1' }))
      const { deeds: told, upTo } = await deeds.since('2000-01-01T00:00:00.000Z')
      expect(upTo).toBe(3)
      expect(told.map(({ subject, kind, messages }) => [subject, kind, messages])).toEqual([
        ['d-1', 'decided', 2],
        ['j-1', 'begun', 7],
      ])
      expect((await deeds.since(second.at)).deeds).toContainEqual(told[1])
      expect((await deeds.since('9999-01-01T00:00:00.000Z')).deeds).toEqual([])
    }))

  test('what an hour has room for is held where an act is written down: of two that saw the same room, one fits', () =>
    withStore(async ({ deeds, journal }) => {
      const { upTo } = await deeds.since('2000-01-01T00:00:00.000Z')
      const refusal = () => new RedriveError('limit-reached', 'later')
      const within = [{ upTo, room: 3, counts: ({ kind }: Deed) => kind === 'decided', refusal }]
      const act = (ids: readonly string[]) =>
        journal.append({ ...draft('retry-intended', { detail: { ids } }), within })
      const both = await Promise.allSettled([act(['1', '2']), act(['3', '4'])])
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'limit-reached' },
      })
      await act(['5'])
      await expect(act(['6'])).rejects.toMatchObject({ code: 'limit-reached' })
      // What was refused is not there, and what is there says nothing of limits.
      const written = await journal.list(wholeJournal)
      expect(written.map(({ detail }) => (detail as { ids: string[] }).ids.length)).toEqual([2, 1])
      expect(written.every((entry) => !('within' in entry))).toBe(true)
      expect(await journal.verify(new AbortController().signal)).toMatchObject({ intact: true })
    }))
}
