import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { DRY_RUN_GROUPS_MAX, DRY_RUN_TRACKED_MAX, createDryRun } from '../../src-main/domain/dry-run.ts'
import type { ItemFacts } from '../../src-main/domain/dry-run.ts'
import { estimate } from '../../src-main/domain/estimate.ts'

const nowMs = Date.parse('2026-03-04T05:06:07.000Z')
const ago = (seconds: number): string => new Date(nowMs - seconds * 1_000).toISOString()
const facts: ItemFacts = {
  type: 'OrderPaid',
  destination: { exchange: 'orders', routingKey: 'paid' },
  createdAt: ago(30),
  lastError: null,
  state: 'failed',
  attempts: 3,
  chainKey: null,
}

function counted(items: readonly Partial<ItemFacts>[]) {
  const dryRun = createDryRun({ nowMs })
  for (const item of items) dryRun.add({ ...facts, ...item })
  return dryRun.result()
}

describe('the dry run', () => {
  test('counts by type, destination, cause, state, attempts and chain, the largest first', () => {
    const result = counted([
      { lastError: 'connect ECONNREFUSED 10.0.0.1:5672', chainKey: 'a' },
      { lastError: 'connect ECONNREFUSED 10.0.0.2:5672', chainKey: 'b', type: null },
      { attempts: 1, state: 'pending', destination: { exchange: '', routingKey: 'paid' }, chainKey: 'b' },
      { lastError: 'connect ECONNREFUSED 10.0.0.1:5672' },
    ])
    const all = { others: 0, bounded: false }
    expect(result).toMatchObject({
      items: 4,
      byType: { groups: [{ key: 'OrderPaid', count: 3 }, { key: null, count: 1 }], distinct: 2, ...all }, // prettier-ignore
      byDestination: {
        groups: [
          { key: { exchange: 'orders', routingKey: 'paid' }, count: 3 },
          { key: { exchange: '', routingKey: 'paid' }, count: 1 },
        ],
        ...all,
      },
      byCause: {
        groups: [{ key: 'connect ECONNREFUSED <address>', count: 3 }, { key: null, count: 1 }], // prettier-ignore
        ...all,
      },
      byState: [
        { state: 'failed', count: 3 },
        { state: 'pending', count: 1 },
      ],
      byAttempts: { groups: [{ key: 3, count: 3 }, { key: 1, count: 1 }], ...all }, // prettier-ignore
      chains: { distinct: 2, bounded: false, longest: { key: 'b', count: 2 } },
    })
  })

  test('each age is in one bucket, its end not included', () => {
    const seconds = [
      -60, 0, 59.999, 60, 599, 600, 3_599, 3_600, 21_599, 21_600, 86_399, 86_400, 604_799, 604_800,
    ]
    const { byAge } = counted([...seconds.map((age) => ({ createdAt: ago(age) })), { createdAt: 'never' }])
    expect(byAge.map(({ bucket, count }) => `${bucket}: ${count}`)).toEqual([
      '<1m: 3',
      '<10m: 2',
      '<1h: 2',
      '<6h: 2',
      '<1d: 2',
      '<7d: 2',
      'older: 2',
    ])
  })

  test('nothing is counted as nothing', () => {
    const result = counted([])
    expect(result).toMatchObject({ items: 0, byType: { groups: [], others: 0, distinct: 0 }, byState: [] })
    expect(result.chains).toEqual({ distinct: 0, bounded: false, longest: null })
  })

  test('groups beyond the limit are counted together, and the largest are listed', () => {
    const types = Array.from({ length: 150 }, (_, index) => `type ${index}`)
    const { byType } = counted([...types, ...types.slice(100)].map((type) => ({ type })))
    expect(byType.groups).toHaveLength(DRY_RUN_GROUPS_MAX)
    expect(byType.groups.slice(0, 50).map(({ key }) => key)).toEqual(types.slice(100))
    expect(byType).toMatchObject({ others: 50, distinct: 150, bounded: false })
  })

  test('no count is lost where there are more groups than are tracked', () => {
    const items = DRY_RUN_TRACKED_MAX + 1_000
    const { byType } = counted(Array.from({ length: items }, (_, index) => ({ type: `type ${index}` })))
    expect(byType).toMatchObject({ distinct: DRY_RUN_TRACKED_MAX, bounded: true })
    expect(byType.groups.reduce((sum, { count }) => sum + count, byType.others)).toBe(items)
  })

  test('a million items that all differ take no more memory than thousands', () => {
    const dryRun = createDryRun({ nowMs })
    const stack = '\n\tat com.shop.Relay.send(Relay.java:42)'.repeat(100)
    const add = (from: number, to: number): void => {
      for (let index = from; index < to; index++) {
        dryRun.add({
          type: `Type${'abcdefghij'.charAt(index % 10)}`,
          destination: { exchange: 'orders', routingKey: `orders.${index}.paid` },
          createdAt: facts.createdAt,
          // Rows that say the same, ever new ones, and now and then a long one.
          lastError: index % 7 === 0 ? `no route for key ${index}${index % 700 === 0 ? stack : ''}` : 'nack',
          state: 'failed',
          attempts: index % 4,
          chainKey: `customer ${index}`,
        })
      }
    }
    add(0, 50_000)
    const before = heapBytes()
    add(50_000, 1_000_000)
    expect(heapBytes() - before).toBeLessThan(2_000_000)
    const result = dryRun.result()
    expect(result.items).toBe(1_000_000)
    expect(result.byCause.groups.map(({ key }) => key)).toEqual(['nack', 'no route for key <n>'])
    expect(result.byDestination).toMatchObject({ bounded: true, others: 1_000_000 - DRY_RUN_GROUPS_MAX })
  })
})

/** What is still reachable after a collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

describe('the estimate', () => {
  const measured = { job: 'job-1', perSecond: 200 }
  const none = { items: 1_000, rate: null, ramp: null, measured: null }

  test.each([
    ['nothing to tell it from', none, null],
    ['a limit only: nobody knows whether it is reached', { ...none, rate: 100 }, { seconds: 10, bound: 'at-least', basis: 'rate-limit', job: null }], // prettier-ignore
    [
      'the last job only',
      { ...none, measured },
      { seconds: 5, bound: 'about', basis: 'last-job', job: 'job-1' },
    ],
    ['a limit below the last job', { ...none, rate: 100, measured }, { seconds: 10, bound: 'about', basis: 'rate-limit', job: null }], // prettier-ignore
    ['a limit above the last job', { ...none, rate: 500, measured }, { seconds: 5, bound: 'about', basis: 'last-job', job: 'job-1' }], // prettier-ignore
    ['a last job that sent nothing', { ...none, measured: { ...measured, perSecond: 0 } }, null],
    ['no items', { ...none, items: 0, rate: 100 }, null],
    ['one item', { ...none, items: 1, rate: 100 }, { seconds: 1, bound: 'at-least' }],
  ])('%s', (_, request, expected) => {
    if (expected === null) expect(estimate(request)).toBeNull()
    else expect(estimate(request)).toMatchObject(expected)
  })

  test('a ramp takes its steps, each for its time, and ends with the items', () => {
    const ramp = { steps: [1, 5, 20, 100], stepSec: 5 }
    const seconds = (items: number, rate: number) => estimate({ items, rate, ramp, measured: null })?.seconds
    expect(seconds(1_126, 100)).toBe(4 * 5 + 10)
    expect(seconds(6, 100)).toBe(10)
    expect(seconds(126, 10)).toBe(3 * 5 + 10)
  })
})
