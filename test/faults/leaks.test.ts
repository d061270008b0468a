import { expect, test } from 'vitest'
import type { Footprint } from '../support/leak-child.ts'
import { jobsLeaveNothing, leaksOf } from './leaks.ts'
import { isClean } from './score.ts'

test('30 jobs started, cancelled and finished leave no connection, no timer and no heap behind', async () => {
  const { report, score } = await jobsLeaveNothing(30)
  expect(score.broken, JSON.stringify(report)).toEqual([])
  expect(isClean(score)).toBe(true)
  expect(score.acknowledged).toBe(score.attempted)
}, 120_000)

test('what stays behind is named', () => {
  const clean: Footprint = {
    heapBytes: 30_000_000,
    timers: 0,
    sourceConnections: 0,
    brokerConnections: 0,
    backends: 0,
  }
  const states = { done: 1, cancelled: 1 }
  const leaksAfter = (after: Partial<Footprint>, closed: Partial<Footprint> = {}): number =>
    leaksOf({ states, before: clean, after: { ...clean, ...after }, closed: { ...clean, ...closed } }, 30)
      .length
  expect(leaksAfter({})).toBe(0)
  expect(leaksAfter({ heapBytes: 40_000_000 })).toBe(1)
  expect(leaksAfter({ timers: 1 })).toBe(1)
  expect(leaksAfter({ brokerConnections: 1, backends: 2 })).toBe(2)
  expect(leaksAfter({}, { sourceConnections: 1 })).toBe(1)
})
