import { expect, test } from 'vitest'
import { DELIVERY_ATTEMPTS_MAX } from '../../src-main/domain/alert/alert.ts'
import type { JournalDraft } from '../../src-main/domain/journal.ts'
import type { Subject } from '../../src-main/domain/sample.ts'
import type { AlertMove, Told } from '../../src-main/ports/alert-store.ts'
import { brokerSample, sourceSample } from '../support/alert-samples.ts'
import { draft, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

const orders: Subject = { kind: 'source', name: 'orders' }
const when = { measure: 'count', trouble: 'failed', above: 3 } as const
const entry = ({ event, alert }: Told): JournalDraft => draft(`alert-${event}`, { subject: alert.alert })
const HOUR_MS = 3_600_000

function fires(alert: string, fromMs: number | null = null, atMs = 10): AlertMove {
  const to = { firing: true, atMs, leaningMs: null }
  return { rule: 'many', subject: orders, fromMs, to, turn: { kind: 'fires', alert, when, value: 7 } }
}

function resolves(fromMs: number, atMs: number): AlertMove {
  const to = { firing: false, atMs, leaningMs: null }
  return { rule: 'many', subject: orders, fromMs, to, turn: { kind: 'resolves' } }
}

export function storeConformanceOfAlerts(withStore: WithStore): void {
  test('of several that ask, one gets a subject; it is free again after its time', () =>
    withStore(async ({ samples }) => {
      const both: Subject[] = [orders, { kind: 'broker', name: 'orders' }]
      expect(await samples.take(both, 1_000, 0)).toEqual(both)
      expect(await samples.take(both, 1_010, 500)).toEqual([])
      expect(await samples.take([orders], 1_600, 1_000)).toEqual([orders])
      expect(await samples.take(both, 1_700, 1_000)).toEqual([both[1]])
      // A clock that was set back does not hold a subject for ever.
      expect(await samples.take([orders], 900, 300)).toEqual([orders])
    }))

  test('samples are told oldest first, by source, and the latest of each', () =>
    withStore(async ({ samples }) => {
      const at = (name: string, atMs: number) => sourceSample({}, { name, atMs })
      await samples.add([at('b', 20), at('a', 10), brokerSample('blocked', 30)], 30)
      await samples.add([at('a', 40), at('a', 40)], 40)
      expect(await samples.sources({ source: null, fromMs: 0 })).toEqual([
        at('a', 10),
        at('a', 40),
        at('b', 20),
      ])
      expect(await samples.sources({ source: 'a', fromMs: 11 })).toEqual([at('a', 40)])
      const latest = await samples.latest()
      expect(latest).toHaveLength(3)
      expect(latest).toEqual(expect.arrayContaining([at('a', 40), at('b', 20), brokerSample('blocked', 30)]))
    }))

  test('old samples are thinned to the worst of each stretch, and end', () =>
    withStore(async ({ samples }) => {
      const nowMs = 1_000 * HOUR_MS
      const failing = (ageMs: number, count: number) =>
        sourceSample({ failed: { count, atLeast: false, oldestSec: 1 } }, { atMs: nowMs - ageMs })
      const silent = (ageMs: number) =>
        sourceSample({}, { atMs: nowMs - ageMs, levels: null, code: 'host-unreachable' })
      const fresh = [failing(60_000, 1), failing(30_000, 2)]
      // Three within one stretch of five minutes, of which one did not answer.
      const old = [failing(3 * HOUR_MS, 4), failing(3 * HOUR_MS - 60_000, 9), silent(3 * HOUR_MS - 120_000)]
      const days = Array.from({ length: 24 }, (_, index) => failing(72 * HOUR_MS - index * 300_000, index))
      const gone = failing(16 * 24 * HOUR_MS, 5)
      await samples.add([...fresh, ...old, ...days, gone], nowMs)
      const left = await samples.sources({ source: 'orders', fromMs: 0 })
      expect(left.slice(-2)).toEqual(fresh)
      expect(left).toContainEqual(old[1])
      expect(left).toHaveLength(fresh.length + 1 + 1)
      expect(left[0]?.levels?.failed.count).toBe(23)
    }))

  test('two that saw the same standing: one moves it, and one alert fires, once', () =>
    withStore(async ({ alerts, journal }) => {
      const told = await Promise.all([
        alerts.move([fires('alert-1')], true, entry),
        alerts.move([fires('alert-2')], true, entry),
      ])
      expect(told.flat()).toHaveLength(1)
      const [{ event, alert } = { event: null, alert: null }] = told.flat()
      expect(event).toBe('fired')
      expect(alert).toMatchObject({
        rule: 'many',
        subject: orders,
        when,
        value: 7,
        acknowledged: null,
        resolved: null,
      })
      expect(await alerts.open()).toEqual([alert])
      expect(await alerts.standings()).toEqual([
        { rule: 'many', subject: orders, standing: { firing: true, atMs: 10, leaningMs: null } },
      ])
      // A standing that has moved on moves nobody else.
      expect(await alerts.move([resolves(9, 20)], true, entry)).toEqual([])
      const ends = await Promise.all([
        alerts.move([resolves(10, 20)], true, entry),
        alerts.move([resolves(10, 20)], true, entry),
      ])
      expect(ends.flat().map((one) => one.event)).toEqual(['resolved'])
      expect(await alerts.open()).toEqual([])
      expect(await alerts.resolved(10)).toMatchObject([{ resolved: { withdrawn: false } }])
      // The same rule may fire again, as another alert.
      expect(await alerts.move([fires('alert-3', 20, 30)], true, entry)).toHaveLength(1)
      expect((await journal.list(wholeJournal)).map(({ action }) => action)).toEqual([
        'alert-fired',
        'alert-resolved',
        'alert-fired',
      ])
    }))

  test('an alert told twice: two that tell it again in the millisecond in which it fired', () =>
    withStore(async ({ alerts }) => {
      let again = 0
      // Most of them within one millisecond, which nobody can ask for.
      for (let round = 0; round < 50; round += 1) {
        const fired = await alerts.move([fires(`alert-${round}`, round === 0 ? null : 20)], false, entry)
        const open = fired.map(({ alert }) => alert)
        const twice = [alerts.repeat(open, false, entry), alerts.repeat(open, false, entry)]
        again = Math.max(again, (await Promise.all(twice)).flat().length)
        await alerts.move([resolves(10, 20)], false, entry)
      }
      expect(again).toBeLessThanOrEqual(1)
    }))

  test('an alert is acknowledged once, is not told again then, and is withdrawn with its rule', () =>
    withStore(async ({ alerts, journal }) => {
      const [fired] = await alerts.move([fires('alert-1')], false, entry)
      const was = fired?.alert ?? expect.fail('it did not fire')
      // An alert is told again later than it fired.
      await new Promise((resolve) => setTimeout(resolve, 2))
      const twice = await Promise.all([
        alerts.repeat([was], false, entry),
        alerts.repeat([was], false, entry),
      ])
      expect(twice.flat().map(({ event }) => event)).toEqual(['repeated'])
      const done = await alerts.acknowledge('alert-1', 'ann', false, entry)
      expect(done).toMatchObject({ told: true, alert: { acknowledged: { by: 'ann' }, resolved: null } })
      expect(await alerts.acknowledge('alert-1', 'ben', false, entry)).toMatchObject({
        told: false,
        alert: { acknowledged: { by: 'ann' } },
      })
      expect(await alerts.acknowledge('alert-9', 'ann', false, entry)).toBeNull()
      const [again] = await alerts.open()
      expect(await alerts.repeat(again ? [again] : [], false, entry)).toEqual([])
      const gone = [{ rule: 'many', subject: orders }]
      expect(await alerts.withdraw(gone, false, entry)).toMatchObject([
        { event: 'resolved', alert: { resolved: { withdrawn: true } } },
      ])
      expect(await alerts.withdraw(gone, false, entry)).toEqual([])
      expect(await alerts.standings()).toEqual([])
      expect((await journal.list(wholeJournal)).map(({ action }) => action)).toEqual([
        'alert-fired',
        'alert-repeated',
        'alert-acknowledged',
        'alert-resolved',
      ])
    }))

  test('notices are put down with what happened, taken once, and in the order of their alert', () =>
    withStore(async ({ alerts, journal }) => {
      await alerts.move([fires('alert-1')], true, entry)
      await alerts.move([resolves(10, 20)], true, entry)
      const [first, ...others] = (await Promise.all([alerts.takeNotices(5), alerts.takeNotices(5)])).flat()
      expect(others).toEqual([])
      expect(first).toMatchObject({ event: 'fired', attempt: 1, alert: { alert: 'alert-1', resolved: null } })
      const notice = first ?? expect.fail('there is no notice')
      // While it is on its way nobody hears of the resolution.
      expect(await alerts.takeNotices(5)).toEqual([])
      const again = { state: 'due', reason: 'it answered 500', againMs: 0 } as const
      await alerts.endNotice(notice, again, draft('alert-told'))
      const [second] = await alerts.takeNotices(5)
      expect(second).toMatchObject({ seq: notice.seq, event: 'fired', attempt: 2 })
      // The one that was given up on by its process says nothing any more.
      await alerts.endNotice(notice, { state: 'delivered', reason: null, againMs: 0 }, draft('alert-told'))
      expect((await alerts.deliveries(['alert-1', 'alert-9'])).get('alert-1')).toMatchObject({
        event: 'fired',
        state: 'sending',
        attempts: 2,
      })
      const last = { seq: notice.seq, attempt: 2 }
      await alerts.endNotice(last, { state: 'given-up', reason: 'gone', againMs: 0 }, draft('alert-told'))
      expect(await alerts.takeNotices(5)).toMatchObject([{ event: 'resolved', attempt: 1 }])
      const told = (await journal.list(wholeJournal)).filter(({ action }) => action === 'alert-told')
      expect(told).toHaveLength(2)
      expect(DELIVERY_ATTEMPTS_MAX).toBeGreaterThan(2)
    }))

  test('without a webhook no notice is put down', () =>
    withStore(async ({ alerts }) => {
      await alerts.move([fires('alert-1')], false, entry)
      expect(await alerts.takeNotices(5)).toEqual([])
      expect(await alerts.deliveries(['alert-1'])).toEqual(new Map())
    }))
}
