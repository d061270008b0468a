import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  completed,
  completionAt,
  OPTIONS_MAX,
  type KnownValues,
} from '../../src-renderer/app/query-completion.ts'
import { parseQuery, qualifierNames } from '../../src-renderer/app/query.ts'

const known: KnownValues = {
  type: ['OrderPaid', 'OrderShipped', 'RefundIssued'],
  error: ['confirm timeout after 30000 ms', 'say "no"'],
  chain: ['O-1042'],
}
const texts = (line: string, caret = line.length): string[] =>
  completionAt(line, caret, known).options.map(({ text }) => text)

describe('what the query line offers', () => {
  test('on an empty place every qualifier that is not in the line yet', () => {
    expect(texts('')).toEqual(qualifierNames.map((name) => `${name}:`))
    expect(texts('trouble:failed ')).not.toContain('trouble:')
  })

  test('qualifiers that begin so, then values that were seen', () => {
    expect(texts('tr')).toContain('trouble:')
    expect(texts('ship')).toEqual(['type:OrderShipped', 'error:ship'])
  })

  test('values of a qualifier: those that begin so before those that contain it', () => {
    expect(texts('trouble:')).toEqual(['trouble:stuck', 'trouble:failed', 'trouble:unconfirmed'])
    expect(texts('type:i')).toEqual(['type:OrderPaid', 'type:OrderShipped', 'type:RefundIssued'])
    expect(texts('type:ref')).toEqual(['type:RefundIssued'])
    expect(texts('age:>1')).toEqual(['age:>15m', 'age:>1h', 'age:>1d'])
  })

  test('a list of states goes on after its comma, without what it has', () => {
    const options = texts('state:pending,')
    expect(options).toContain('state:pending,failed')
    expect(options).not.toContain('state:pending,pending')
  })

  test('values with spaces and quotes are written so that they are read back', () => {
    expect(texts('error:"conf')).toEqual(['error:"confirm timeout after 30000 ms"'])
    for (const text of texts('error:')) expect(parseQuery(text).unknown).toEqual([])
  })

  test('what is whole already is not offered again', () => {
    expect(texts('type:OrderPaid')).toEqual([])
  })

  test('a word in the middle is replaced whole, and nothing else is touched', () => {
    const line = 'trouble:failed type:Or age:>1h'
    const completion = completionAt(line, line.indexOf('Or') + 2, known)
    const [first] = completion.options
    if (first === undefined) throw new Error('nothing was offered')
    expect(completed(completion, first)).toEqual({ line: 'trouble:failed type:OrderPaid age:>1h', caret: 29 })
  })

  test('whatever is typed, each option makes a line in which it is one understood part', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(40), (line, at) => {
        const completion = completionAt(line, Math.min(at, line.length), known)
        expect(completion.options.length).toBeLessThanOrEqual(OPTIONS_MAX)
        for (const option of completion.options.filter(({ kind }) => kind === 'value')) {
          const [part, ...more] = parseQuery(option.text).parts
          expect(more).toEqual([])
          expect(part?.understood).toBe(true)
          expect(completed(completion, option).line).toContain(option.text)
        }
      }),
      { numRuns: 500 },
    )
  })
})
