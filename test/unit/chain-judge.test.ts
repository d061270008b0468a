import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkAfter } from '../../src-main/domain/chain/deviation.ts'
import type { ChainRow } from '../../src-main/domain/chain/deviation.ts'
import { verdictOf } from '../../src-main/domain/chain/finding.ts'
import type { ChainFinding } from '../../src-main/domain/chain/finding.ts'
import { judgeChain } from '../../src-main/domain/chain/judge.ts'
import { deviationsOf, naiveFindings, told } from '../support/chain-oracle.ts'

const row = (id: string, previousId: string | null): ChainRow => ({ id, previousId })
const judged = (rows: readonly ChainRow[]): string[] =>
  judgeChain(deviationsOf('c', rows), 'linked').map(told).sort()

/** Small numbers, so that links meet; the whole chain moved beyond what a double can hold. */
const anyChain = fc.array(
  fc.record({ id: fc.integer({ min: 1, max: 12 }), previousId: fc.option(fc.integer({ min: 1, max: 12 })) }),
  { maxLength: 14 },
)
const FAR = 9_007_199_254_740_993n

/** A chain as it should be, and then some harm done to it. */
const harmedChain = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('drop', 'copy', 'head', 'relink'), fc.nat()), {
      maxLength: 5,
    }),
  )
  .map(([numbers, harms]) => {
    const ids = numbers.sort((a, b) => a - b).map(String)
    let rows = ids.map((id, at) => row(id, ids[at - 1] ?? null))
    for (const [where, harm, how] of harms) {
      const at = where % rows.length
      const target = rows[at]
      if (target === undefined || rows.length === 1) continue
      if (harm === 'drop') rows = rows.toSpliced(at, 1)
      if (harm === 'copy') rows = [...rows, target]
      if (harm === 'head') rows = rows.with(at, row(target.id, null))
      if (harm === 'relink') rows = rows.with(at, row(target.id, rows[how % rows.length]!.id))
    }
    return rows
  })

describe('a chain is judged from its deviations', () => {
  test('as it should be: nothing', () => {
    expect(judged([row('3', null), row('7', '3'), row('8', '7'), row('100', '8')])).toEqual([])
  })

  test.each([
    ['missing', [row('1', null), row('4', '3')], ['missing 4 <- 3']],
    ['missing at the beginning', [row('4', '3'), row('5', '4')], ['missing 4 <- 3']],
    [
      'two that miss the same one',
      [row('1', null), row('4', '3'), row('5', '3')],
      ['fork 5 <- 3', 'missing 4 <- 3'],
    ],
    ['fork', [row('1', null), row('2', '1'), row('3', '1')], ['fork 3 <- 1']],
    ['disorder', [row('1', '2'), row('2', null)], ['disorder 1 <- 2']],
    ['disorder and fork', [row('1', '2'), row('2', null), row('3', '2')], ['disorder 1 <- 2', 'fork 3 <- 2']],
    ['duplicate', [row('1', null), row('2', '1'), row('2', '1'), row('3', '2')], ['duplicate 2 <- 1']],
    [
      'duplicate three times',
      [row('1', null), row('1', null), row('1', null)],
      ['duplicate 1 <- -', 'duplicate 1 <- -'],
    ],
    ['second head', [row('1', null), row('2', null), row('3', '2')], ['orphan-head 2 <- -']],
    ['a late head is the head', [row('1', '2'), row('2', null)], ['disorder 1 <- 2']],
    ['cycle', [row('1', '3'), row('2', '1'), row('3', '2')], ['cycle 1 <- 3']],
    ['cycle of one', [row('1', null), row('2', '1'), row('3', '3')], ['cycle 3 <- 3']],
    [
      'cycle behind a tail',
      [row('1', null), row('5', '9'), row('7', '5'), row('9', '7'), row('10', '9')],
      ['cycle 5 <- 9', 'fork 10 <- 9'],
    ],
  ] as const)('%s', (_, rows, expected) => {
    expect(judged(rows)).toEqual(expected)
    expect(naiveFindings(rows)).toEqual(expected)
  })

  test('random rows: what the naive oracle finds, no more and no less', () => {
    fc.assert(
      fc.property(anyChain, fc.constantFrom(0n, FAR), (chain, far) => {
        const rows = chain.map(({ id, previousId }) =>
          row(String(BigInt(id) + far), previousId === null ? null : String(BigInt(previousId) + far)),
        )
        expect(judged(rows)).toEqual(naiveFindings(rows))
      }),
      { numRuns: 5_000 },
    )
  })

  test('harmed chains: what the naive oracle finds, no more and no less', () => {
    fc.assert(
      fc.property(harmedChain, (rows) => {
        expect(judged(rows)).toEqual(naiveFindings(rows))
      }),
      { numRuns: 3_000 },
    )
  })

  test('bare numbers: holes are told as ranges, and only where numbers are without holes', () => {
    const rows = ['3', '4', '4', '8', '10'].map((id) => row(id, null))
    const deviations = rows.flatMap((one, at) => {
      const before = rows[at - 1]?.id ?? null
      const follows = before === null || BigInt(one.id) === BigInt(before) + 1n
      const known = { previousExists: false, firstUser: null, firstUserAbove: null }
      return follows ? [] : [{ ...one, chain: 'c', before, ...known }]
    })
    const continuous = judgeChain(deviations, 'continuous').map(({ kind, id, previousId, missingTo }) => [
      kind,
      id,
      previousId,
      missingTo,
    ])
    expect(continuous).toEqual([
      ['duplicate', '4', null, null],
      ['missing', '8', '5', '7'],
      ['missing', '10', '9', null],
    ])
    expect(judgeChain(deviations, 'growing').map(({ kind }) => kind)).toEqual(['duplicate'])
  })

  test('how one follows another', () => {
    expect(linkAfter(null, row('1', null))).toBe('head')
    expect(linkAfter('1', row('2', '1'))).toBe('linked')
    expect(linkAfter('2', row('2', '1'))).toBe('copy')
    expect(linkAfter('2', row('3', '1'))).toBe('deviates')
    expect(linkAfter('2', row('3', null))).toBe('deviates')
  })
})

describe('the verdict', () => {
  const missing = (kind: 'in-flight' | 'rolled-back' | 'lost'): ChainFinding => ({
    kind: 'missing',
    chain: 'c',
    id: '2',
    previousId: '1',
    missingTo: null,
    hole: { kind, reason: kind === 'in-flight' ? 'transaction-open' : 'never-deleted', detail: {} },
  })
  const facts = { complete: true, numbers: 'linked', findings: [], dropped: 0 } as const

  test('what was not read to its end is never intact', () => {
    expect(verdictOf(facts)).toBe('intact')
    expect(verdictOf({ ...facts, complete: false })).toBe('incomplete')
    expect(verdictOf({ ...facts, complete: false, findings: [missing('lost')] })).toBe('incomplete')
  })

  test('something in flight is neither intact nor broken', () => {
    expect(verdictOf({ ...facts, findings: [missing('in-flight')] })).toBe('incomplete')
    expect(verdictOf({ ...facts, findings: [missing('in-flight'), missing('lost')] })).toBe('broken')
  })

  test('a number that was rolled back breaks links, not numbers', () => {
    expect(verdictOf({ ...facts, findings: [missing('rolled-back')] })).toBe('broken')
    expect(verdictOf({ ...facts, numbers: 'continuous', findings: [missing('rolled-back')] })).toBe('intact')
  })
})
