import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alertBody, retryAfterMs } from '../../src-main/domain/alert/alert.ts'
import { readingOf } from '../../src-main/domain/alert/reading.ts'
import type { Reading } from '../../src-main/domain/alert/reading.ts'
import { brokersWatched, watchedBy, withoutSubject } from '../../src-main/domain/alert/rule.ts'
import type { AlertRule } from '../../src-main/domain/alert/rule.ts'
import { stepOf } from '../../src-main/domain/alert/standing.ts'
import type { AlertStanding } from '../../src-main/domain/alert/standing.ts'
import { scheduleHealth } from '../../src-main/domain/sample.ts'
import { brokerSample, sourceSample } from '../support/alert-samples.ts'

const HOLE_MS = 90_000

/** Rounds as they come: a while after the one before, and what they said. */
const rounds = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 600_000 })),
    holds: fc.constantFrom(true, false, null),
  }),
  { maxLength: 60 },
)
const forSecs = fc.constantFrom(0, 20, 60, 300)

interface Seen extends Reading {
  readonly turn: 'fires' | 'resolves' | null
}

function run(forSec: number, from: readonly { readonly afterMs: number; readonly holds: boolean | null }[]) {
  let standing: AlertStanding | null = null
  let atMs = 0
  const seen: Seen[] = []
  for (const { afterMs, holds } of from) {
    atMs += afterMs
    const step = stepOf({ forSec }, standing, { atMs, holds, value: null }, HOLE_MS)
    standing = step?.standing ?? standing
    seen.push({ atMs, holds, value: null, turn: step?.turn ?? null })
  }
  return { seen, standing }
}

describe('where a rule stands', () => {
  test('firings and resolutions take turns, a firing first', () => {
    fc.assert(
      fc.property(forSecs, rounds, (forSec, from) => {
        const turns = run(forSec, from).seen.flatMap(({ turn }) => (turn === null ? [] : [turn]))
        turns.forEach((turn, index) => expect(turn).toBe(index % 2 === 0 ? 'fires' : 'resolves'))
      }),
    )
  })

  test('a turn is backed by readings that all say so, without a hole, for as long as the rule asks', () => {
    fc.assert(
      fc.property(forSecs, rounds, (forSec, from) => {
        const { seen } = run(forSec, from)
        seen.forEach(({ turn, atMs }, index) => {
          if (turn === null) return
          const wanted = turn === 'fires'
          let back = index
          const joined = (at: number): boolean =>
            seen[at - 1]?.holds === wanted && (seen[at]?.atMs ?? 0) - (seen[at - 1]?.atMs ?? 0) <= HOLE_MS
          while (back > 0 && joined(back)) back -= 1
          expect(seen[index]?.holds).toBe(wanted)
          expect(atMs - (seen[back]?.atMs ?? 0)).toBeGreaterThanOrEqual(forSec * 1_000)
        })
      }),
    )
  })

  test('what lasts without a hole does fire, and does resolve', () => {
    fc.assert(
      fc.property(forSecs, fc.integer({ min: 1_000, max: HOLE_MS }), rounds, (forSec, everyMs, before) => {
        const enough = Math.ceil((forSec * 1_000) / everyMs) + 1
        const steady = (holds: boolean) => Array.from({ length: enough }, () => ({ afterMs: everyMs, holds }))
        expect(run(forSec, [...before, ...steady(true)]).standing?.firing).toBe(true)
        expect(run(forSec, [...before, ...steady(true), ...steady(false)]).standing?.firing).toBe(false)
      }),
    )
  })

  test('without a reading that holds nothing ever fires; readings that say nothing resolve nothing', () => {
    fc.assert(
      fc.property(forSecs, rounds, (forSec, from) => {
        const silent = from.map(({ afterMs, holds }) => ({ afterMs, holds: holds === true ? null : holds }))
        expect(run(forSec, silent).seen.every(({ turn }) => turn === null)).toBe(true)
        const mute = from.map(({ afterMs }) => ({ afterMs, holds: null }))
        const { standing } = run(0, [{ afterMs: 1, holds: true }, ...mute])
        expect(standing?.firing).toBe(true)
      }),
    )
  })

  test('a hole of hours between two readings neither fires nor resolves', () => {
    const hours = 4 * 3_600_000
    const pending = run(60, [
      { afterMs: 1, holds: true },
      { afterMs: hours, holds: true },
    ])
    expect(pending.seen.map(({ turn }) => turn)).toEqual([null, null])
    const firing = [
      { afterMs: 1, holds: true },
      { afterMs: 60_000, holds: true },
    ]
    expect(run(60, [...firing, { afterMs: hours, holds: false }]).standing?.firing).toBe(true)
    expect(
      run(60, [...firing, { afterMs: hours, holds: false }, { afterMs: 60_000, holds: false }]).seen.at(-1)
        ?.turn,
    ).toBe('resolves')
  })

  test('a reading that somebody has looked at, or an older one, moves nothing', () => {
    const before = { firing: false, atMs: 100, leaningMs: 50 }
    for (const atMs of [100, 99])
      expect(stepOf({ forSec: 0 }, before, { atMs, holds: true, value: 1 }, HOLE_MS)).toBeNull()
  })
})

describe('what a sample says', () => {
  const count = { measure: 'count', trouble: 'failed', above: 10 } as const

  test('a count above the threshold holds however it was bounded; below it nothing follows from a bounded one', () => {
    const failed = (of: number, atLeast: boolean) =>
      readingOf(count, sourceSample({ failed: { count: of, atLeast, oldestSec: 5 } })).holds
    expect([failed(11, false), failed(11, true)]).toEqual([true, true])
    expect([failed(10, false), failed(10, true)]).toEqual([false, null])
  })

  test('a source that does not answer has neither many nor none; that it is silent can be said', () => {
    const away = sourceSample({}, { levels: null, code: 'host-unreachable' })
    expect(readingOf(count, away)).toMatchObject({ holds: null, value: null })
    expect(readingOf({ measure: 'oldest', trouble: 'stuck', above: 60 }, away).holds).toBeNull()
    expect(readingOf({ measure: 'source-silent' }, away).holds).toBe(true)
    expect(readingOf({ measure: 'source-silent' }, sourceSample({})).holds).toBe(false)
    // The local store knows of them while the source is away.
    const unknown = { ...away, unsettled: { count: 3, oldestSec: 700 } }
    expect(readingOf({ measure: 'count', trouble: 'unknown', above: 2 }, unknown).holds).toBe(true)
    expect(readingOf({ measure: 'oldest', trouble: 'unknown', above: 800 }, unknown).holds).toBe(false)
  })

  test('the oldest: nothing in trouble is not old', () => {
    const when = { measure: 'oldest', trouble: 'stuck', above: 60 } as const
    expect(readingOf(when, sourceSample({ stuck: { count: 1, atLeast: false, oldestSec: 61 } })).holds).toBe(
      true,
    )
    expect(readingOf(when, sourceSample({}))).toMatchObject({ holds: false, value: 0 })
  })

  test('a failure rate: what came out since the begin of the window', () => {
    const when = { measure: 'failure-rate', above: 0.2, windowSec: 600, publishesMin: 10 } as const
    const sums = (confirmed: number, refused: number) => ({ confirmed, returned: 0, refused, unknown: 0 })
    const at = (atMs: number, confirmed: number, refused: number) =>
      sourceSample({}, { atMs, sums: sums(confirmed, refused) })
    const now = at(700_000, 108, 4)
    expect(readingOf(when, now, [])).toMatchObject({ holds: null })
    // Of 12 since the sample that is as old as the window, 4 failed; what was before is not counted.
    expect(readingOf(when, now, [at(50_000, 0, 0), at(99_000, 100, 0), at(600_000, 108, 3)])).toMatchObject({
      holds: true,
      value: 4 / 12,
    })
    // Too few to say anything.
    expect(readingOf(when, now, [at(99_000, 107, 0)])).toMatchObject({ holds: false, value: null })
  })

  test('a sweep or check-back that stands still', () => {
    const when = { measure: 'stopped' } as const
    const with_ = (sweep: 'none' | 'running' | 'stopped' | 'late') =>
      readingOf(when, sourceSample({}, { sweep })).holds
    expect([with_('none'), with_('running'), with_('stopped'), with_('late')]).toEqual([
      false,
      false,
      true,
      true,
    ])
    const last = (startedAt: string, running = false) => ({ startedAt, running })
    const nowMs = Date.parse('2026-01-01T01:00:00Z')
    const health = (state: 'off' | 'on' | 'stopped', begun: ReturnType<typeof last> | null) =>
      scheduleHealth({ state, everySec: 60, last: begun }, nowMs)
    expect(health('on', last('2026-01-01T00:58:00Z'))).toBe('running')
    expect(health('on', last('2026-01-01T00:56:59Z'))).toBe('late')
    expect(health('on', last('2026-01-01T00:10:00Z', true))).toBe('running')
    expect(health('on', null)).toBe('running')
    expect(health('off', last('2026-01-01T00:00:00Z'))).toBe('none')
    expect(health('stopped', null)).toBe('stopped')
  })

  test('a broker is silent where it is away and where it holds publishers back', () => {
    const says = (state: 'connected' | 'blocked' | 'disconnected') =>
      readingOf({ measure: 'broker-silent' }, brokerSample(state)).holds
    expect([says('connected'), says('blocked'), says('disconnected')]).toEqual([false, true, true])
    expect(readingOf(count, brokerSample('disconnected')).holds).toBeNull()
  })
})

test('a rule watches one or all of its kind, and goes with the one it watches', () => {
  const rule = (when: AlertRule['when'], only?: string): AlertRule => ({
    when,
    ...(only === undefined ? {} : { only }),
    forSec: 0,
    repeatSec: null,
  })
  const subjects = [
    { kind: 'source', name: 'a' },
    { kind: 'source', name: 'b' },
    { kind: 'broker', name: 'a' },
  ] as const
  expect(watchedBy(rule({ measure: 'stopped' }), subjects)).toEqual(subjects.slice(0, 2))
  expect(watchedBy(rule({ measure: 'source-silent' }, 'b'), subjects)).toEqual([subjects[1]])
  expect(watchedBy(rule({ measure: 'broker-silent' }), subjects)).toEqual([subjects[2]])
  const rules = { one: rule({ measure: 'broker-silent' }, 'a'), two: rule({ measure: 'stopped' }, 'a') }
  expect(brokersWatched(rules, ['a', 'b'])).toEqual(['a'])
  expect(Object.keys(withoutSubject({ rules }, { kind: 'broker', name: 'a' }).rules)).toEqual(['two'])
  expect(Object.keys(withoutSubject({ rules }, { kind: 'source', name: 'a' }).rules)).toEqual(['one'])
})

test('the webhook is tried six times, ever more slowly', () => {
  expect([1, 2, 3, 4, 5, 6].map(retryAfterMs)).toEqual([5_000, 20_000, 80_000, 320_000, 1_280_000, null])
})

test('the body of the webhook', () => {
  const alert = {
    alert: 'alert-1',
    rule: 'pile-up',
    subject: { kind: 'source', name: 'orders' },
    when: { measure: 'count', trouble: 'failed', above: 10 },
    value: 12,
    firedAt: '2026-01-01T00:00:00.000Z',
    toldAt: '2026-01-01T00:00:00.000Z',
    acknowledged: null,
    resolved: null,
  } as const
  const notice = { seq: 7, event: 'fired', at: alert.firedAt, alert, attempt: 2 } as const
  expect(JSON.parse(alertBody(notice, 'production'))).toEqual({
    version: 1,
    delivery: 'alert-1/7',
    event: 'fired',
    at: '2026-01-01T00:00:00.000Z',
    alert: 'alert-1',
    rule: 'pile-up',
    subject: { kind: 'source', name: 'orders', environment: 'production' },
    condition: { measure: 'count', trouble: 'failed', above: 10 },
    value: 12,
    firedAt: '2026-01-01T00:00:00.000Z',
    acknowledged: null,
    resolved: null,
  })
})
