import { expect, test } from 'vitest'
import type { DryRun, PlanView } from '../../src-preload/contract/plans.ts'
import { estimate, readCount, riskRows, skipGroups } from '../../src-renderer/features/plans/plan-model.ts'

const place = (exchange: string, count: number, exists: boolean | null = true, routingKey = 'k') => ({
  key: { exchange, routingKey },
  count,
  exists,
})
const dryRun = (part: Partial<DryRun> = {}): DryRun => ({
  byType: { groups: [], others: 0 },
  byDestination: { groups: [], others: 0 },
  byCause: { groups: [], others: 0 },
  byAge: [],
  byState: [],
  estimateSec: null,
  maybeSent: 0,
  probablyConsumed: null,
  orderBroken: 0,
  ...part,
})

test('messages left out are grouped by reason, the most first; the count is that of all', () => {
  const skip = (id: string, code: 'state-forbids' | 'payload-not-json') => ({ id, messageId: null, code })
  expect(
    skipGroups({
      skipped: [skip('1', 'payload-not-json'), skip('2', 'state-forbids'), skip('3', 'state-forbids')],
      skippedByCode: [
        { code: 'payload-not-json', count: 1 },
        { code: 'state-forbids', count: 90_000 },
      ],
    }),
  ).toEqual([
    { code: 'state-forbids', count: 90_000, ids: ['2', '3'] },
    { code: 'payload-not-json', count: 1, ids: ['1'] },
  ])
})

test('risks come in the order of the decision: what cannot arrive, order, doubling, what nobody could tell', () => {
  const order = (chainKey: string) => ({ code: 'order-broken' as const, chainKey, id: '1', laterSentId: '2' })
  const warnings: PlanView['warnings'] = [
    ...Array.from({ length: 8 }, (_, index) => order(`O-${index}`)),
    { code: 'exchange-missing', exchange: 'far', count: 300 },
    { code: 'consumed-included', count: 31 },
    { code: 'evidence-unreachable', count: 5, problem: 'host-unreachable' },
  ]
  const rows = riskRows({
    warnings,
    dryRun: dryRun({
      byDestination: {
        groups: [
          place('far', 40, false, 'a'),
          place('near', 7, false),
          place('', 3, false, 'lost.queue'),
          place('here', 1),
          place('there', 4, null),
        ],
        others: 0,
      },
      orderBroken: 12,
      maybeSent: 2,
      probablyConsumed: 31,
    }),
  })
  expect(rows).toMatchObject([
    // Listed destinations speak for 40 of its messages; the engine's own count for all.
    { kind: 'exchange-missing', exchange: 'far', count: 300 },
    { kind: 'exchange-missing', exchange: 'near', count: 7 },
    { kind: 'queue-missing', queue: 'lost.queue', count: 3 },
    { kind: 'order-broken', count: 12, examples: { length: 5 } },
    { kind: 'maybe-sent', count: 2 },
    { kind: 'probably-consumed', count: 31 },
    { kind: 'evidence-unreachable', count: 5, problem: 'host-unreachable' },
    { kind: 'untold', count: 4 },
  ])
  // What was consumed and is left out is no risk.
  expect(riskRows({ warnings: [], dryRun: dryRun({ probablyConsumed: 31 }) })).toEqual([])
})

test('the time it takes is that of the slower one: the chosen speed, or what was measured', () => {
  const of = (estimateSec: number | null, rate: number | null) =>
    estimate({ items: 1_000, dryRun: dryRun({ estimateSec }) }, rate)
  expect(of(null, null)).toBeNull()
  expect(of(5, null)).toEqual({ seconds: 5, atLeast: false })
  expect(of(5, 10)).toEqual({ seconds: 100, atLeast: false })
  expect(of(500, 10)).toEqual({ seconds: 500, atLeast: false })
  expect(of(null, 10)).toEqual({ seconds: 100, atLeast: true })
})

test.each([
  ['214', 214],
  [' 214 ', 214],
  ['2 14', null],
  ['0x10', null],
  ['', null],
  ['214.0', null],
])('the typed count %j', (text, count) => {
  expect(readCount(text)).toBe(count)
})
