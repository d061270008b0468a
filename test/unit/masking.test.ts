import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  holdsMask,
  MASK,
  maskCut,
  maskHeaders,
  maskPathProblem,
  maskPayload,
  maskRules,
  maskValue,
} from '../../src-main/domain/masking.ts'

type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value }

const masked = (paths: readonly string[], text: string, last?: number) =>
  maskPayload(maskRules([{ paths, ...(last === undefined ? {} : { keep: { last } }) }]), text)

describe('a rule', () => {
  test.each([
    [
      '/card/number',
      '{"card": {"number": "4111", "name": "Ada"}}',
      '{"card": {"number": "•••", "name": "Ada"}}',
    ],
    [
      '/**/iban',
      '{"a":[{"iban":1},{"b":{"iban":null}}],"iban":{"x":1}}',
      '{"a":[{"iban":"•••"},{"b":{"iban":"•••"}}],"iban":"•••"}',
    ],
    [
      '/customer/*/email',
      '{"customer":{"x":{"email":"a"},"email":"b"}}',
      '{"customer":{"x":{"email":"•••"},"email":"b"}}',
    ],
    ['/lines/1', '{"lines":[1,2,3]}', '{"lines":[1,"•••",3]}'],
    ['/lines/*/sku', '{"lines":[{"sku":"a"},{"sku":"b"}]}', '{"lines":[{"sku":"•••"},{"sku":"•••"}]}'],
    ['/a~1b/m~0n', '{"a/b":{"m~n":7}}', '{"a/b":{"m~n":"•••"}}'],
    ['/a/**', '{"a":{"b":1},"c":2}', '{"a":"•••","c":2}'],
    ['/card/number', String.raw`{"c\u0061rd":{"number":"4111"}}`, String.raw`{"c\u0061rd":{"number":"•••"}}`],
    ['/*/number', '[{"number":1}]', '[{"number":"•••"}]'],
    ['/**/x/**/y', '{"x":{"k":{"y":1},"y":2},"y":3}', '{"x":{"k":{"y":"•••"},"y":"•••"},"y":3}'],
  ])('%s finds its places, and leaves every other byte', (path, text, expected) => {
    expect(masked([path], text).text).toBe(expected)
  })

  test.each(['card', '', '/a*', '/a~2', '/**', '/**/**', `/${'a/'.repeat(40)}`])('%j is refused', (path) => {
    expect(maskPathProblem(path)).not.toBeNull()
  })

  test.each(['/card/number', '/**/iban', '/customer/*/email', '/*', '/a~0b~1c', '/a/**'])(
    '%s can be used',
    (path) => {
      expect(maskPathProblem(path)).toBeNull()
    },
  )

  test('keeps the end of what is long enough, by the strictest rule, and of nothing else', () => {
    const keep = (value: string) => masked(['/v'], `{"v":${value}}`, 4).text
    expect(keep('"4111111111111234"')).toBe('{"v":"••••1234"}')
    expect(keep('4111111111111234')).toBe('{"v":"••••1234"}')
    expect(keep('"12345678901"')).toBe('{"v":"•••"}')
    expect(keep('{"in":"4111111111111234"}')).toBe('{"v":"•••"}')
    expect(keep('true')).toBe('{"v":"•••"}')
    expect(keep('"🂡🂡🂡🂡🂡🂡🂡🂡🂡🂡🂡🂢"')).toBe('{"v":"••••🂡🂡🂡🂢"}')
    const rules = maskRules([{ paths: ['/v'], keep: { last: 4 } }, { paths: ['/*'] }])
    expect(maskPayload(rules, '{"v":"4111111111111234"}').text).toBe('{"v":"•••"}')
  })
})

describe('a payload that cannot be read', () => {
  test.each([
    ['text', 'card 4111'],
    ['bytes', String.raw`\x34313131`],
    ['the same name twice', '{"card":1,"card":{"number":"4111"}}'],
    ['too deep', `${'['.repeat(600)}"4111"${']'.repeat(600)}`],
    ['JSON inside of a string', JSON.stringify('{"card":{"number":"4111"}}')],
    ['a broken character', '{"card":"4111\ud800"}'],
  ])('%s is masked whole', (_, text) => {
    expect(masked(['/card/number'], text)).toEqual({ text: MASK, fields: 1, whole: true })
  })

  test('is shown where the rule says so, but not what a parser might read as JSON', () => {
    const rules = maskRules([{ paths: ['/card/number'], notJson: 'show' }])
    expect(maskPayload(rules, 'plain text').text).toBe('plain text')
    expect(maskPayload(rules, '{"card":1,"card":{"number":"4111"}}').text).toBe(MASK)
    const stricter = maskRules([{ paths: ['/a'], notJson: 'show' }, { paths: ['/b'] }])
    expect(maskPayload(stricter, 'plain text').text).toBe(MASK)
  })

  test('a part of one is masked whole, whatever it holds', () => {
    expect(maskCut(maskRules([{ paths: ['/a'], notJson: 'show' }]), '{"a":"41').text).toBe(MASK)
    expect(maskCut(maskRules([{ headers: ['x'] }]), '{"a":"41').text).toBe('{"a":"41')
  })
})

test('headers are masked by name, in either case and at any depth; what is no object whole', () => {
  const rules = maskRules([{ headers: ['Authorization'] }])
  const text = '{"authorization":"Bearer 1","x":{"AUTHORIZATION":["2"]},"type":"a"}'
  expect(maskHeaders(rules, text)).toEqual({
    text: '{"authorization":"•••","x":{"AUTHORIZATION":"•••"},"type":"a"}',
    fields: 2,
    whole: false,
  })
  expect(maskHeaders(rules, 'Authorization: Bearer 1').text).toBe(MASK)
  // Rules about headers say nothing of payloads.
  expect(maskPayload(rules, 'text').text).toBe('text')
})

test('a value of a difference is masked by where it stands: at, below and above a rule', () => {
  const rules = maskRules([{ paths: ['/card/number', '/list/*/pin'], keep: { last: 4 } }])
  expect(maskValue(rules, '/card/number', '"4111111111111234"')).toBe('"••••1234"')
  expect(maskValue(rules, '/card/number/part', '"4111111111111234"')).toBe('"•••"')
  expect(maskValue(rules, '/card', '{"number":"1","name":"Ada"}')).toBe('{"number":"•••","name":"Ada"}')
  expect(maskValue(rules, '/list/-', '{"pin":1}')).toBe('{"pin":"•••"}')
  expect(maskValue(rules, '', '{"card":{"number":1}}')).toBe('{"card":{"number":"•••"}}')
  expect(maskValue(rules, '/card/name', '"Ada"')).toBe('"Ada"')
})

test('a text that somebody copied from a masked view is known by its masks', () => {
  expect(holdsMask('{"number":"•••"}')).toBe(true)
  expect(holdsMask('{"number":"••••1234"}')).toBe(true)
  expect(holdsMask(String.raw`{"number":"\u2022\u2022\u2022"}`)).toBe(true)
  expect(holdsMask('{"number":"4111", "list":"• one"}')).toBe(false)
})

const names = fc.constantFrom('a', 'b', 'iban', 'a/b', '~', '*', '0', '')
/** Leaves are told apart by number: what leaks is seen. */
const values = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.nat({ max: 9_999 }).map((n) => `leaf-${n}-`),
    fc.nat({ max: 9_999 }).map((n) => 10_000_000 + n),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4 }),
  ),
})).value
const documents = fc.oneof(fc.array(values, { maxLength: 4 }), fc.dictionary(names, values, { maxKeys: 5 }))
const parts = fc.oneof(
  names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).filter((part) => part !== '*'),
  fc.constantFrom('*', '**'),
)
const paths = fc
  .array(parts, { minLength: 1, maxLength: 4 })
  .map((path) => `/${path.join('/')}`)
  .filter((path) => maskPathProblem(path) === null)

/** Says the same in another way: does this rule end at just this place? */
function fits(rule: readonly string[], place: readonly string[]): boolean {
  const [first, ...rest] = rule
  if (first === undefined) return place.length === 0
  if (first === '**') return fits(rest, place) || (place.length > 0 && fits(rule, place.slice(1)))
  const [name, ...deeper] = place
  if (name === undefined) return false
  return (first === '*' || first.replaceAll('~1', '/').replaceAll('~0', '~') === name) && fits(rest, deeper)
}

function expected(value: Value, rules: readonly (readonly string[])[], place: readonly string[]): Value {
  if (rules.some((rule) => fits(rule, place))) return MASK
  if (Array.isArray(value))
    return value.map((one: Value, index) => expected(one, rules, [...place, String(index)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, expected(one, rules, [...place, name])]),
  )
}

test('whatever matches is gone from the text, and everything else is as it was', () => {
  fc.assert(
    fc.property(
      documents,
      fc.array(paths, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (value, rules, wide) => {
        const text = wide ? JSON.stringify(value, null, 2) : JSON.stringify(value)
        const split = rules.map((rule) => rule.slice(1).split('/'))
        const found = masked(rules, text)
        const wanted = expected(value, split, [])
        expect(JSON.parse(found.text)).toEqual(wanted)
        const gone = new Set(text.match(/leaf-\d+-|1\d{7}/g) ?? [])
        for (const leaf of JSON.stringify(wanted).match(/leaf-\d+-|1\d{7}/g) ?? []) gone.delete(leaf)
        for (const leaf of gone) expect(found.text).not.toContain(leaf)
        expect(found.fields > 0).toBe(found.text.includes(MASK))
      },
    ),
    { numRuns: 2_000 },
  )
})
