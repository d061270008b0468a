import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterFailure,
  backoffSec,
  defaultSweepPolicy,
  sweepLimits,
  sweepSettingsOf,
} from '../../src-main/domain/sweep-policy.ts'
import { sweepFingerprint, sweepStateOf } from '../../src-main/domain/sweep.ts'
import type { SourceConfig } from '../../src-main/domain/workspace.ts'
import { sweepSettings } from '../../src-preload/contract/sweeps.ts'
import { waitMs } from '../../src-main/app/sweep/schedule.ts'

const policy = defaultSweepPolicy({ stuckAfterSec: 120, maxAttempts: 4 })

const backoff = fc.record({
  firstSec: fc.double({ min: 1, max: 86_400, noNaN: true }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capSec: fc.double({ min: 1, max: 2_592_000, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
})
const random = fc.double({ min: 0, max: 1, noNaN: true })
const attempts = fc.integer({ min: 1, max: 10_000 })

describe('backoff', () => {
  test('grows by the factor up to the cap', () => {
    const steps = { firstSec: 30, factor: 4, capSec: 3_600, jitter: 0 }
    expect([1, 2, 3, 4, 5, 500].map((count) => backoffSec(count, steps, 0.7))).toEqual([
      30, 120, 480, 1_920, 3_600, 3_600,
    ])
    expect(backoffSec(2, { ...steps, jitter: 0.5 }, 0)).toBe(60)
    expect(backoffSec(2, { ...steps, jitter: 0.5 }, 1)).toBe(120)
  })

  test('is a time between nothing and the cap, whatever it is asked', () => {
    fc.assert(
      fc.property(attempts, backoff, random, (count, steps, chance) => {
        const seconds = backoffSec(count, steps, chance)
        expect(Number.isFinite(seconds)).toBe(true)
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(seconds).toBeLessThanOrEqual(steps.capSec)
      }),
    )
  })

  test('never gets shorter with more attempts, by the same chance', () => {
    fc.assert(
      fc.property(attempts, backoff, random, (count, steps, chance) => {
        expect(backoffSec(count + 1, steps, chance)).toBeGreaterThanOrEqual(backoffSec(count, steps, chance))
      }),
    )
  })
})

test('a publish that failed waits, until its attempts are used up', () => {
  expect(afterFailure(3, policy, 1)).toEqual({ as: 'retry', delaySec: 480 })
  expect(afterFailure(4, policy, 1)).toEqual({ as: 'fail' })
  fc.assert(
    fc.property(attempts, fc.integer({ min: 1, max: 1_000 }), random, (count, attemptsMax, chance) => {
      const next = afterFailure(count, { ...policy, attemptsMax }, chance)
      expect(next.as).toBe(count < attemptsMax ? 'retry' : 'fail')
    }),
  )
})

const config: SourceConfig = {
  driver: 'postgres',
  url: 'postgres://me@db/shop',
  environment: 'staging',
  outbox: { profile: 'auto', table: 'public.outbox_message' },
  deliver: { broker: 'rabbit' },
  stuckAfterSec: 60,
  maxAttempts: 3,
  sweep: { ...policy, enabled: true },
}

describe('the state of a sweep', () => {
  const approved = sweepFingerprint(config)
  const standing = { approved, failures: 0, stopped: null }

  test('is on only where the file says so and an operator agreed to just this', () => {
    expect(sweepStateOf(config, standing)).toBe('on')
    expect(sweepStateOf({ ...config, sweep: { ...policy, enabled: false } }, standing)).toBe('off')
    const { sweep, ...without } = config
    expect(sweep).toBeDefined()
    expect(sweepStateOf(without, standing)).toBe('off')
    expect(sweepStateOf(config, { ...standing, approved: null })).toBe('unapproved')
    const trouble = { code: 'connection-lost', reason: 'gone' } as const
    expect(sweepStateOf(config, { ...standing, failures: 3, stopped: trouble })).toBe('stopped')
  })

  const others: readonly SourceConfig[] = [
    { ...config, url: 'postgres://me@other/shop' },
    { ...config, environment: 'production' },
    { ...config, outbox: { ...config.outbox, table: 'public.other' } },
    { ...config, deliver: { broker: 'other' } },
    { ...config, sweep: { ...policy, enabled: true, batch: 7 } },
    { ...config, sweep: { ...policy, enabled: true, backoff: { ...policy.backoff, capSec: 7 } } },
  ]
  test.each(others)('needs a new agreement after a change (%#)', (changed) => {
    expect(sweepStateOf(changed, standing)).toBe('unapproved')
  })

  test('survives what is no part of the agreement', () => {
    expect(sweepStateOf({ ...config, password: { env: 'PW' }, maxAttempts: 9 }, standing)).toBe('on')
  })
})

test('the API takes what the workspace file takes', () => {
  const settings = sweepSettingsOf(policy)
  const takes = (change: object): boolean => sweepSettings.safeParse({ ...settings, ...change }).success
  const { firstSec, factor, capSec, jitter, ...plain } = sweepLimits
  for (const [name, { min, max }] of Object.entries(plain)) {
    expect(
      [min - 1, min, max, max + 1].map((value) => takes({ [name]: value })),
      name,
    ).toEqual([false, true, true, false])
  }
  for (const [name, { min, max }] of Object.entries({ firstSec, factor, capSec, jitter })) {
    const inside = (value: number): boolean => takes({ backoff: { ...settings.backoff, [name]: value } })
    expect([min - 0.5, min, max, max + 0.5].map(inside), name).toEqual([false, true, true, false])
  }
})

describe('the next run', () => {
  const nowMs = 1_700_000_000_000
  const clock = { now: () => new Date(nowMs) }
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1_000).toISOString()

  test('comes an interval after the last one began, soon where that is over', () => {
    expect(waitMs(null, 60, clock, 0.5)).toBe(1_000)
    expect(waitMs(ago(20), 60, clock, 0.5)).toBe(40_000)
    expect(waitMs(ago(20), 60, clock, 0)).toBe(37_000)
    expect(waitMs(ago(20), 60, clock, 1)).toBe(43_000)
    expect(waitMs(ago(600), 60, clock, 0.5)).toBe(1_000)
    // The clock was set back by an hour.
    expect(waitMs(ago(-3_600), 60, clock, 0.5)).toBe(60_000)
  })

  test('is never further away than the longest interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 5, max: 86_400 }),
        random,
        (sec, every, chance) => {
          const wait = waitMs(ago(sec), every, clock, chance)
          expect(wait).toBeGreaterThanOrEqual(1_000)
          expect(wait).toBeLessThanOrEqual(every * 1_050)
        },
      ),
    )
  })
})
