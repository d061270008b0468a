import { expect, test } from 'vitest'
import { groupSkips, readCount, readRate, warningRows } from '../../src-renderer/features/plans/plan-model.ts'

test('messages left out are grouped by reason, the most first', () => {
  const skip = (id: string, code: 'state-forbids' | 'payload-not-json') => ({ id, messageId: null, code })
  expect(
    groupSkips([skip('1', 'payload-not-json'), skip('2', 'state-forbids'), skip('3', 'state-forbids')]),
  ).toEqual([
    { code: 'state-forbids', count: 2, ids: ['2', '3'] },
    { code: 'payload-not-json', count: 1, ids: ['1'] },
  ])
})

test('warnings come in the order of the decision: order, doubling, missing', () => {
  const order = (chainKey: string) => ({ code: 'order-broken' as const, chainKey, id: '1', laterSentId: '2' })
  const rows = warningRows([
    { code: 'exchange-missing', exchange: 'x', count: 3 },
    { code: 'maybe-sent', count: 2 },
    ...Array.from({ length: 8 }, (_, index) => order(`O-${index}`)),
  ])
  expect(rows.map(({ code }) => code)).toEqual(['order-broken', 'maybe-sent', 'exchange-missing'])
  expect(rows[0]).toMatchObject({ chains: 8, examples: { length: 5 } })
  expect(warningRows([])).toEqual([])
})

test.each([
  ['', { valid: true, rate: null }],
  [' 250 ', { valid: true, rate: 250 }],
  ['0.5', { valid: true, rate: 0.5 }],
  ['0', { valid: false }],
  ['-1', { valid: false }],
  ['1e3', { valid: false }],
  ['100001', { valid: false }],
  ['fast', { valid: false }],
])('the speed %j', (text, read) => {
  expect(readRate(text)).toEqual(read)
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
