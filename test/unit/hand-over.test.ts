import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decidedTogether, type HandOver } from '../../src-main/domain/hand-over.ts'
import { handOverText } from '../../src-main/domain/hand-over-text.ts'
import type { Decision } from '../../src-main/domain/decision.ts'
import type { Job, Tally } from '../../src-main/domain/job.ts'

const SINCE = '2026-11-29T06:00:00.000Z'
const UNTIL = '2026-11-29T14:00:00.000Z'
const NO_TALLY: Tally = {
  confirmed: 0,
  returned: 0,
  refused: 0,
  unknown: 0,
  skipped: 0,
  parked: 0,
  unsettled: 0,
  unmarked: 0,
}

const nothing: HandOver = {
  since: SINCE,
  until: UNTIL,
  operator: 'mira',
  sources: [],
  elsewhere: [],
  alerts: [],
  jobs: [],
  decisions: [],
  sweeps: [],
  notes: [],
  assignments: [],
  cut: [],
}
const job: Job = {
  job: 'job-1',
  kind: 'resend',
  plan: 'plan-1',
  digest: 'd',
  source: 'shop',
  broker: 'rabbit',
  state: 'paused',
  operator: 'mira',
  options: { rate: 20, ramp: true, brake: null },
  createdAt: '2026-11-29T12:10:00.000Z',
  endedAt: null,
  interruption: { code: 'brake-pulled', reason: 'returned', pulled: null },
  items: 214,
  ended: 40,
  tally: { ...NO_TALLY, confirmed: 38, unknown: 2, unsettled: 2 },
}
const decision = (id: string, more: Partial<Decision> = {}): Decision => ({
  decision: id,
  source: 'shop',
  id,
  messageId: `m-${id}`,
  operator: 'mira',
  reason: 'refunded by hand',
  at: '2026-11-29T11:00:00.000Z',
  state: 'applied',
  stateBefore: 'failed',
  version: '1',
  appliedVersion: '2',
  before: null,
  ...more,
})
const full: HandOver = {
  ...nothing,
  sources: [
    {
      source: 'shop',
      environment: 'production',
      troubles: [
        { trouble: 'stuck', count: 0, bounded: false, oldestCreatedAt: null },
        { trouble: 'failed', count: 10_000, bounded: true, oldestCreatedAt: '2026-11-29T10:45:00.000Z' },
        { trouble: 'unconfirmed', count: 0, bounded: false, oldestCreatedAt: null },
      ],
      why: null,
      unsettled: 2,
    },
    { source: 'payroll', environment: 'production', troubles: null, why: 'host-unreachable', unsettled: 0 },
  ],
  elsewhere: [{ place: 'rabbit/orders.dlq', unsettled: 1 }],
  alerts: [
    {
      alert: 'alert-1',
      rule: 'payroll-waits',
      subject: { kind: 'source', name: 'payroll' },
      when: { measure: 'oldest', trouble: 'stuck', above: 600 },
      value: 900,
      firedAt: '2026-11-29T13:20:00.000Z',
      acknowledged: { at: '2026-11-29T13:25:00.000Z', by: 'ben' },
      resolved: null,
      toldAt: '2026-11-29T13:20:00.000Z',
    },
  ],
  jobs: [job],
  decisions: [decision('1'), decision('2'), decision('3', { state: 'undone' })],
  notes: [
    {
      note: 'n-1',
      source: 'shop',
      id: '7',
      messageId: 'm-7',
      author: 'mira',
      at: '2026-11-29T12:40:00.000Z',
      text: 'the bank\nsays | wait',
    },
  ],
  assignments: [
    { source: 'shop', id: '7', messageId: 'm-7', assignee: 'ben', at: '2026-11-29T12:41:00.000Z' },
  ],
  cut: ['decisions'],
}

describe('the hand-over', () => {
  test('says all that is known, and what is not', () => {
    expect(handOverText(full, 'en')).toMatchSnapshot()
  })

  test('says the same in Chinese', () => {
    expect(handOverText(full, 'zh-CN')).toMatchSnapshot()
  })

  test('an empty shift is a text too', () => {
    expect(handOverText(nothing, 'en')).toMatchSnapshot()
  })

  test('a source that did not answer is never counted as well', () => {
    const text = handOverText(full, 'en')
    expect(text).toContain('1 of 2 sources answered')
    expect(text).not.toMatch(/payroll: nothing/)
  })

  test('a count that ended at its bound with nothing found is no "nothing"', () => {
    const [shop] = full.sources
    if (shop === undefined) throw new Error('no source')
    const troubles = [{ trouble: 'failed' as const, count: 0, bounded: true, oldestCreatedAt: null }]
    const text = handOverText({ ...nothing, sources: [{ ...shop, troubles }] }, 'en')
    expect(text).toContain('| failed | 0+ |')
    expect(text).not.toContain('nothing is stuck')
  })

  test('decisions with the same reason are one line; those taken back stand apart', () => {
    expect(decidedTogether(full.decisions).map(({ state, count }) => [state, count])).toEqual([
      ['applied', 2],
      ['undone', 1],
    ])
  })

  test('whatever a person wrote, it makes no heading, row, list or link of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const [first] = full.notes
        if (first === undefined) throw new Error('no note')
        const before = handOverText(full, 'en').split('\n').length
        const written = handOverText(
          { ...full, notes: [{ ...first, text, author: text, messageId: text }] },
          'en',
        )
        expect(written.split('\n')).toHaveLength(before)
        expect(written.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(7)
      }),
    )
  })
})
