import { expect, test } from 'vitest'
import type { Job } from '../../src-preload/contract/jobs.ts'
import {
  failedResults,
  jobSentence,
  percent,
  progressParts,
} from '../../src-renderer/features/jobs/job-model.ts'
import { roughDuration } from '../../src-renderer/ui/time.ts'

const TALLY = {
  confirmed: 30,
  returned: 0,
  refused: 0,
  unknown: 10,
  skipped: 0,
  parked: 0,
  unsettled: 10,
  unmarked: 0,
}

const job = (part: Partial<Job> = {}): Job => ({
  job: 'job-1',
  kind: 'resend',
  plan: 'plan-1',
  digest: 'd',
  source: 'shop',
  environment: 'development',
  broker: 'rabbit',
  state: 'running',
  operator: 'mira',
  options: { rate: null, ramp: false, brake: null },
  createdAt: '2026-11-21T10:00:00.000Z',
  endedAt: null,
  interruption: null,
  progress: null,
  items: 100,
  ended: 40,
  tally: TALLY,
  ...part,
})

test('a time is said as a person would', () => {
  expect([3, 89, 90, 3_000, 9_000].map(roughDuration)).toEqual([
    { unit: 'seconds', count: 3 },
    { unit: 'seconds', count: 89 },
    { unit: 'minutes', count: 2 },
    { unit: 'minutes', count: 50 },
    { unit: 'hours', count: 2.5 },
  ])
})

test('what needs a person is said before how the job ended', () => {
  expect(jobSentence(job())).toBe('running')
  expect(jobSentence(job({ state: 'paused' }))).toBe('paused')
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

test('a resend of what failed asks for what was not sent, and for unknown ones that somebody decided', () => {
  const tally = { ...TALLY, returned: 2, parked: 1, skipped: 4 }
  expect(failedResults(job({ state: 'done', tally }))).toEqual(['returned', 'parked'])
  expect(failedResults(job({ state: 'done', tally: { ...tally, unsettled: 3 } }))).toEqual([
    'returned',
    'parked',
    'unknown',
  ])
  expect(failedResults(job({ state: 'done', tally: { ...TALLY, skipped: 9 } }))).toEqual([])
})

test('a share is said in percent with one digit', () => {
  expect([0.2, 0.125, 1 / 3].map(percent)).toEqual([20, 12.5, 33.3])
})
