import { expect, test } from 'vitest'
import { patiently } from '../../src-main/app/jobs/patience.ts'
import type { RunEnd } from '../../src-main/app/jobs/run-job.ts'
import type { Waiting } from '../../src-main/app/jobs/run-status.ts'
import { manualClock } from '../support/manual-clock.ts'

const away: RunEnd = {
  end: 'interrupted',
  interruption: { code: 'channel-closed', reason: 'the connection is gone', passing: true },
}
const broken: RunEnd = {
  end: 'interrupted',
  interruption: { code: 'permission-denied', reason: 'no', passing: false },
}
const done: RunEnd = { end: 'done' }

interface Turn {
  readonly end: RunEnd
  readonly progress?: boolean
}

/** Turns of a run, the last of them again and again; when each began, in milliseconds. */
function start(turns: readonly Turn[], awayMsMax: number) {
  const clock = manualClock()
  const stop = new AbortController()
  const begun: number[] = []
  const waits: (Waiting | null)[] = []
  const startedMs = clock.now().getTime()
  let result: RunEnd | null = null
  const run = () => {
    begun.push(clock.now().getTime() - startedMs)
    const { end, progress = false } = turns[Math.min(begun.length, turns.length) - 1] ?? { end: done }
    return Promise.resolve({ end, progress })
  }
  const onWaiting = (waiting: Waiting | null): void => void waits.push(waiting)
  const ended = patiently(run, { clock, awayMsMax, onWaiting }, stop.signal).then((end) => (result = end))
  return { clock, stop, begun, waits, ended, result: () => result }
}

test('a run that ends is not repeated, whatever its end', async () => {
  for (const end of [done, broken, { end: 'stopped' } as const]) {
    const { begun, ended, waits } = start([{ end }], 60_000)
    expect(await ended).toEqual(end)
    expect(begun).toEqual([0])
    expect(waits).toEqual([])
  }
})

test('what is away is waited for, each time twice as long, and the wait is told', async () => {
  const test = start([...Array.from({ length: 7 }, () => ({ end: away })), { end: done }], 600_000)
  await test.clock.advance(60_000)
  expect(test.result()).toEqual(done)
  expect(test.begun).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 30_500, 45_500])
  expect(test.waits).toHaveLength(7)
  for (const waiting of test.waits) {
    expect(waiting).toEqual({
      code: 'channel-closed',
      reason: 'the connection is gone',
      since: '2026-01-01T00:00:00.000Z',
    })
  }
})

test('patience has an end: the job is left to a person, with what it waited for', async () => {
  const test = start([{ end: away }], 60_000)
  await test.clock.advance(59_999)
  expect(test.result()).toEqual(away)
  expect(test.begun.at(-1)).toBeLessThanOrEqual(60_000)
  expect(test.begun.length).toBeGreaterThan(5)
  const none = start([{ end: away }], 0)
  expect(await none.ended).toEqual(away)
  expect(none.begun).toEqual([0])
})

test('a run that got somewhere is as patient as at the start', async () => {
  const turns = Array.from({ length: 6 }, () => ({ end: away }))
  const test = start([...turns, { end: away, progress: true }, { end: away }, { end: done }], 40_000)
  await test.clock.advance(200_000)
  expect(test.result()).toEqual(done)
  expect(test.begun).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 30_500, 31_000, 32_000])
  expect(test.waits.at(-1)?.since).toBe('2026-01-01T00:00:30.500Z')
})

test('a stop ends the wait at once', async () => {
  const test = start([{ end: away }], 600_000)
  await test.clock.advance(20_000)
  expect(test.result()).toBeNull()
  const runs = test.begun.length
  test.stop.abort('cancel')
  expect(await test.ended).toEqual({ end: 'stopped' })
  expect(test.begun).toHaveLength(runs)
  expect(test.clock.waiting()).toBe(0)
})
