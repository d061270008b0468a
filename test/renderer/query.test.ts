import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageState, type MessageFilter } from '../../src-preload/contract/messages.ts'
import { parseQuery, printQuery } from '../../src-renderer/app/query.ts'

const text = (charsMax: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: charsMax })
    .filter((value) => value.length <= charsMax)

const filters: fc.Arbitrary<MessageFilter> = fc.record(
  {
    trouble: fc.constantFrom('stuck' as const, 'failed' as const),
    states: fc.uniqueArray(fc.constantFrom(...messageState.options), { minLength: 1 }),
    type: text(200),
    error: text(200),
    chainKey: text(400),
    exchange: text(255),
    messageId: text(400),
    payload: text(200),
    header: fc.record(
      { name: text(200).filter((name) => !name.includes('=')), value: text(200) },
      { requiredKeys: ['name'] },
    ),
    ageSecMin: fc.integer({ min: 0, max: 3_650 * 86_400 }),
    ageSecMax: fc.integer({ min: 0, max: 3_650 * 86_400 }),
  },
  { requiredKeys: [] },
)

describe('the query line', () => {
  test('what is printed is read back as the same filter, whatever is in it', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const query = parseQuery(printQuery(filter))
        expect(query.unknown).toEqual([])
        expect(query.filter).toEqual(filter)
      }),
      { numRuns: 1_000 },
    )
  })

  test('reading never throws, and every character is in a part or between parts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (line) => {
        const { parts } = parseQuery(line)
        let at = 0
        for (const part of parts) {
          expect(line.slice(at, part.start).trim()).toBe('')
          expect(line.slice(part.start, part.start + part.text.length)).toBe(part.text)
          at = part.start + part.text.length
        }
        expect(line.slice(at).trim()).toBe('')
      }),
    )
  })

  test('reads every qualifier', () => {
    expect(
      parseQuery(
        'trouble:failed type:OrderPaid error:"timeout after" age:>1h chain:O-1042 exchange:orders id:m-1',
      ).filter,
    ).toEqual({
      trouble: 'failed',
      type: 'OrderPaid',
      error: 'timeout after',
      ageSecMin: 3_600,
      chainKey: 'O-1042',
      exchange: 'orders',
      messageId: 'm-1',
    })
    expect(parseQuery('age:>5m age:<2h').filter).toEqual({ ageSecMin: 300, ageSecMax: 7_200 })
    expect(parseQuery('payload:"C-1 \\" x" header:tenant=a=b').filter).toEqual({
      payload: 'C-1 " x',
      header: { name: 'tenant', value: 'a=b' },
    })
    expect(parseQuery(String.raw`payload:\xc0ffee header:tenant`).filter).toEqual({
      payload: String.raw`\xc0ffee`,
      header: { name: 'tenant' },
    })
    expect(parseQuery('state:pending,in-flight').filter).toEqual({ states: ['pending', 'in-flight'] })
  })

  test.each([
    'timeout',
    'trouble:lost',
    'state:gone',
    'state:pending,pending',
    'age:1h',
    'age:>1w',
    'age:<1w',
    'age:>99999999999d',
    'type:',
    'type:""',
    'error:"no end',
    'error:a"b"',
    'constructor:x',
    `type:${'x'.repeat(201)}`,
  ])('names what it does not understand: %s', (part) => {
    const query = parseQuery(`trouble:failed ${part}`)
    expect(query.filter).toEqual({ trouble: 'failed' })
    expect(query.unknown).toEqual([{ text: part, start: 15, understood: false }])
  })

  test('a qualifier said twice is not guessed at', () => {
    const query = parseQuery('type:A type:B')
    expect(query.filter).toEqual({ type: 'A' })
    expect(query.unknown.map((part) => part.text)).toEqual(['type:B'])
  })
})
