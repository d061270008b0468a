import { describe, expect, test } from 'vitest'
import type { Job } from '../../src-preload/contract/jobs.ts'
import {
  jobSentence,
  observe,
  observedRate,
  progressParts,
  roughDuration,
  secondsLeft,
  type Observation,
} from '../../src-renderer/features/jobs/job-model.ts'

const job = (part: Partial<Job> = {}): Job => ({
  job: 'job-1',
  plan: 'plan-1',
  digest: 'd',
  source: 'shop',
  environment: 'development',
  broker: 'rabbit',
  state: 'running',
  operator: 'mira',
  rate: null,
  createdAt: '2026-11-21T10:00:00.000Z',
  endedAt: null,
  interruption: null,
  items: 100,
  ended: 40,
  tally: { confirmed: 30, returned: 0, refused: 0, unknown: 10, skipped: 0, unsettled: 10, unmarked: 0 },
  ...part,
})

const watched = (...points: [atMs: number, ended: number][]): Observation[] =>
  points.reduce<Observation[]>((seen, [atMs, ended]) => observe(seen, { atMs, ended }), [])

describe('the speed of a job', () => {
  test('is what was observed over the last seconds', () => {
    expect(observedRate(watched([0, 0], [1_000, 50], [2_000, 100]))).toBe(50)
  })

  test('forgets what is older than the window', () => {
    const steady = Array.from({ length: 40 }, (_, second): [number, number] => [
      second * 1_000,
      second < 20 ? second * 1_000 : 20_000 + (second - 20) * 10,
    ])
    expect(observedRate(watched(...steady))).toBeCloseTo(10, 0)
    expect(watched(...steady).length).toBeLessThan(14)
  })

  test('is not said before there is something to say', () => {
    expect(observedRate([])).toBeNull()
    expect(observedRate(watched([0, 5]))).toBeNull()
    expect(observedRate(watched([0, 5], [100, 50]))).toBeNull()
    expect(observedRate(watched([0, 5], [5_000, 5]))).toBeNull()
  })

  test('starts again where the counter went back', () => {
    expect(observedRate(watched([0, 500], [1_000, 600], [2_000, 0], [3_000, 10]))).toBe(10)
  })

  test('gives the time that is left, only while the job runs', () => {
    expect(secondsLeft(job(), 10)).toBe(6)
    expect(secondsLeft(job({ state: 'interrupted' }), 10)).toBeNull()
    expect(secondsLeft(job(), null)).toBeNull()
    expect([3, 89, 90, 3_000, 9_000].map(roughDuration)).toEqual([
      { unit: 'seconds', count: 3 },
      { unit: 'seconds', count: 89 },
      { unit: 'minutes', count: 2 },
      { unit: 'minutes', count: 50 },
      { unit: 'hours', count: 2.5 },
    ])
  })
})

test('what needs a person is said before how the job ended', () => {
  expect(jobSentence(job())).toBe('running')
  expect(jobSentence(job({ state: 'done' }))).toBe('unsettled')
  const tally = { ...job().tally, unknown: 0, unsettled: 0 }
  expect(jobSentence(job({ state: 'cancelled', tally: { ...tally, unmarked: 1 } }))).toBe('unmarked')
  expect(jobSentence(job({ state: 'cancelled', tally }))).toBe('cancelled')
  expect(jobSentence(job({ state: 'done', tally }))).toBe('some-not-sent')
  expect(jobSentence(job({ state: 'done', tally: { ...tally, confirmed: 100 } }))).toBe('all-confirmed')
})

test('the bar shows only outcomes that happened, as shares of all items', () => {
  expect(progressParts(job())).toEqual([
    { result: 'confirmed', count: 30, share: 0.3 },
    { result: 'unknown', count: 10, share: 0.1 },
  ])
  expect(progressParts(job({ items: 0 })).every(({ share }) => share === 0)).toBe(true)
})
