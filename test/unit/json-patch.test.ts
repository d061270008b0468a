import fc from 'fast-check'
import jsonPatch from 'fast-json-patch'
import type { Operation } from 'fast-json-patch'
import { describe, expect, test } from 'vitest'
import {
  EDITED_CHARS_MAX,
  PATCH_OPERATIONS_MAX,
  applyPatch,
  readPatch,
} from '../../src-main/domain/json-patch.ts'
import { JSON_DEPTH_MAX, documentText, readJson } from '../../src-main/domain/json-text.ts'

function documentOf(text: string) {
  const reading = readJson(text)
  if (!reading.ok) throw new Error(`${reading.problem.code} in ${text}`)
  return reading.document
}

function patchOf(operations: unknown) {
  const text = typeof operations === 'string' ? operations : JSON.stringify(operations)
  const reading = readPatch(text)
  if (!reading.ok) throw new Error(`${reading.problem.reason} in ${text}`)
  return reading.patch
}

/** The patched text, or the problem. */
function apply(text: string, operations: unknown) {
  const result = applyPatch(documentOf(text), patchOf(operations))
  return result.ok ? documentText(result.document) : result.problem
}

describe('reading JSON', () => {
  test.each(['null', ' 1 ', '"a\\\\"', '"\\""', '[]', '{ }', '[ 1 , 2 ]', '{"a" : {"b":[{}]}}\n', '-0.0e+5'])(
    'the text of %s comes back to the byte',
    (text) => expect(documentText(documentOf(text))).toBe(text),
  )

  test('any JSON in any layout comes back to the byte', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\t', '\n  '), (text, indent) => {
        const laidOut = JSON.stringify(JSON.parse(text), null, indent)
        expect(documentText(documentOf(laidOut))).toBe(laidOut)
      }),
    )
  })

  test.each([
    ['{"a":1,"b":{"x":1,"\\u0078":2}}', { code: 'duplicate-key', key: 'x', at: 18 }],
    ["{'a':1}", { code: 'not-json' }],
    ['', { code: 'not-json' }],
    ['[1,]', { code: 'not-json' }],
    ['01', { code: 'not-json' }],
    ['NaN', { code: 'not-json' }],
    ['"\ud800"', { code: 'not-unicode' }],
  ])('%s is refused', (text, problem) => {
    expect(readJson(text)).toMatchObject({ ok: false, problem })
  })

  test('equal keys of different objects are no duplicates, and __proto__ is a key like any other', () => {
    expect(readJson('{"a":{"a":1},"b":{"a":2},"__proto__":3,"constructor":4}').ok).toBe(true)
  })

  test('nesting up to the limit is read, one more is refused', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
    expect(readJson(nested(JSON_DEPTH_MAX)).ok).toBe(true)
    const problem = { code: 'too-deep', at: JSON_DEPTH_MAX }
    expect(readJson(nested(JSON_DEPTH_MAX + 1))).toMatchObject({ ok: false, problem })
  })

  test('half a million levels are refused, not a crash', () => {
    expect(readJson('['.repeat(500_000) + ']'.repeat(500_000))).toMatchObject({
      problem: { code: 'too-deep' },
    })
  })
})

describe('a patch keeps what it does not touch', () => {
  test('64-bit integers, decimals, exponents, escapes, the order of keys and the layout', () => {
    const text =
      '{\n  "10": 9223372036854775807,\n  "2": 1.10,\n  "e": 1E+2, "s" : "\\u00e9\\/",\n  "status": "open"\n}\n'
    expect(apply(text, [{ op: 'replace', path: '/status', value: 'paid' }])).toBe(
      text.replace('"open"', '"paid"'),
    )
  })

  test('a value in the patch keeps its own text too', () => {
    expect(apply('{"a":1}', '[{"op":"add","path":"/id","value": 9007199254740993}]')).toBe(
      '{"a":1,"id":9007199254740993}',
    )
    expect(apply('{"a":1}', '[{"op":"replace","path":"/a","value":{"x":1.10, "1": 0}}]')).toBe(
      '{"a":{"x":1.10, "1": 0}}',
    )
  })

  test.each([
    ['{\n  "a": 1\n}', { op: 'add', path: '/b', value: 2 }, '{\n  "a": 1,\n  "b": 2\n}'],
    ['{ "a" : 1 }', { op: 'add', path: '/b', value: 2 }, '{ "a" : 1, "b" : 2 }'],
    ['{\n  "a": 1,\n  "b": 2\n}', { op: 'remove', path: '/b' }, '{\n  "a": 1\n}'],
    ['{\n  "a": 1,\n  "b": 2\n}', { op: 'remove', path: '/a' }, '{\n  "b": 2\n}'],
    ['[1, 2]', { op: 'add', path: '/0', value: 0 }, '[0, 1, 2]'],
    ['[1, 2]', { op: 'add', path: '/1', value: 0 }, '[1, 0, 2]'],
    ['[1, 2]', { op: 'add', path: '/-', value: 0 }, '[1, 2, 0]'],
    ['[1, 2]', { op: 'add', path: '/2', value: 0 }, '[1, 2, 0]'],
    ['[1, 2, 3]', { op: 'remove', path: '/0' }, '[2, 3]'],
    ['[ 1 ]', { op: 'remove', path: '/0' }, '[]'],
    ['{}', { op: 'add', path: '/', value: 1 }, '{"":1}'],
    ['[{}]', { op: 'add', path: '/0/a~1~0b', value: 1 }, '[{"a/~b":1}]'],
    ['{"a":[1,{"x":2}],"b":0}', { op: 'move', from: '/a/1', path: '/b' }, '{"a":[1],"b":{"x":2}}'],
    [
      '{"a":{"x":9007199254740993}}',
      { op: 'copy', from: '/a/x', path: '/b' },
      '{"a":{"x":9007199254740993},"b":9007199254740993}',
    ],
    ['{}', { op: 'add', path: '/~01', value: 1 }, '{"~1":1}'],
    [' [1] ', { op: 'replace', path: '', value: { a: 1 } }, ' {"a":1} '],
    ['{"a":1}', { op: 'move', from: '/a', path: '/a' }, '{"a":1}'],
    ['{"__proto__":1}', { op: 'add', path: '/constructor', value: 2 }, '{"__proto__":1,"constructor":2}'],
  ])('%s with %j is %s', (text, operation, expected) => {
    expect(apply(text, [operation])).toBe(expected)
  })
})

describe('test', () => {
  test.each([
    ['1.0', '1'],
    ['100', '1e2'],
    ['-0', '0'],
    ['0.10e1', '1'],
    ['"\\u0061"', '"a"'],
    ['{"a":1,"b":[2]}', '{"b":[2.0],"a":1}'],
    ['1e400', '10e399'],
  ])('%s equals %s', (text, value) => {
    expect(apply(text, `[{"op":"test","path":"","value":${value}}]`)).toBe(text)
  })

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['0.1', '0.10000000000000001'],
    ['1', '"1"'],
    ['null', 'false'],
    ['[1,2]', '[1]'],
    ['{"a":1}', '{"b":1}'],
    ['{}', '[]'],
    ['1e400', '1e401'],
    ['-1', '1'],
  ])('%s does not equal %s', (text, value) => {
    expect(apply(text, `[{"op":"test","path":"","value":${value}}]`)).toMatchObject({ code: 'test-failed' })
  })
})

describe('refused, with the place', () => {
  test.each([
    ['{"a":1}', [{ op: 'remove', path: '/b' }], { code: 'path-missing', operation: 1, path: '/b' }],
    ['{"a":1}', [{ op: 'replace', path: '/b', value: 1 }], { code: 'path-missing', operation: 1 }],
    [
      '{"a":1}',
      [{ op: 'add', path: '/b/c', value: 1 }],
      { code: 'path-missing', operation: 1, path: '/b/c' },
    ],
    [
      '{"a":1}',
      [{ op: 'add', path: '/a/c', value: 1 }],
      { code: 'path-missing', operation: 1, path: '/a/c' },
    ],
    ['[1]', [{ op: 'add', path: '/2', value: 1 }], { code: 'path-missing' }],
    ['[1]', [{ op: 'add', path: '/01', value: 1 }], { code: 'path-missing' }],
    ['[1]', [{ op: 'remove', path: '/-' }], { code: 'path-missing' }],
    ['[1]', [{ op: 'replace', path: '/length', value: 1 }], { code: 'path-missing' }],
    ['{}', [{ op: 'remove', path: '/toString' }], { code: 'path-missing' }],
    ['{}', [{ op: 'copy', from: '/x', path: '/y' }], { code: 'path-missing', path: '/x' }],
    ['{}', [{ op: 'move', from: '/x', path: '/x' }], { code: 'path-missing', path: '/x' }],
    ['{"a":{}}', [{ op: 'move', from: '/a', path: '/a/b' }], { code: 'patch-invalid', operation: 1 }],
    ['{}', [{ op: 'remove', path: '' }], { code: 'patch-invalid', operation: 1 }],
    [
      '{"a":1}',
      [
        { op: 'test', path: '/a', value: 1 },
        { op: 'test', path: '/a', value: 2 },
      ],
      { code: 'test-failed', operation: 2, path: '/a' },
    ],
  ])('%s with %j', (text, operations, problem) => {
    expect(apply(text, operations)).toMatchObject(problem)
  })

  test.each([
    ['{"op":"add"}', 'array'],
    ['[]', 'no operation'],
    ['[1]', 'object'],
    ['[{"op":"add","path":"/a"}]', '"value" is missing'],
    ['[{"op":"add","path":"a","value":1}]', 'JSON Pointer'],
    ['[{"op":"add","path":"/~2","value":1}]', 'JSON Pointer'],
    ['[{"op":"add","path":1,"value":1}]', 'JSON Pointer'],
    ['[{"op":"copy","path":"/a"}]', '"from"'],
    ['[{"op":"merge","path":"/a"}]', '"op"'],
    ['[{"op":"remove","op":"add","path":"/a"}]', 'occurs twice'],
    ['[', 'not-json'],
  ])('the patch %s', (text, reason) => {
    const reading = readPatch(text)
    expect(reading).toMatchObject({ ok: false, problem: { code: 'patch-invalid' } })
    expect(reading.ok ? '' : reading.problem.reason).toContain(reason)
  })

  test('a patch of too many operations', () => {
    const operations = Array.from({ length: PATCH_OPERATIONS_MAX + 1 }, () => ({ op: 'remove', path: '/a' }))
    const reason = `the patch has more than ${PATCH_OPERATIONS_MAX} operations`
    expect(readPatch(JSON.stringify(operations))).toMatchObject({ ok: false, problem: { reason } })
    expect(readPatch(JSON.stringify(operations.slice(1))).ok).toBe(true)
  })

  test('copies of copies end at the limit of size', () => {
    const doubling = Array.from({ length: 60 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
    const problem = apply(`{"a":["${'x'.repeat(100)}"]}`, doubling)
    expect(problem).toMatchObject({ code: 'too-large' })
    expect(EDITED_CHARS_MAX).toBe(16 * 1024 * 1024)
  })

  test('nesting copies end at the limit of depth', () => {
    const nesting = Array.from({ length: PATCH_OPERATIONS_MAX }, () => ({ op: 'copy', from: '', path: '/a' }))
    expect(apply('{"a":1}', nesting)).toMatchObject({ code: 'too-deep' })
  })
})

/** Documents whose numbers survive JSON.parse, with names that need escapes. */
const key = fc.constantFrom('a', 'b', 'c', 'a/b', 'm~n', '', '0', '10', '2')
const { document } = fc.letrec<{ document: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null)),
  document: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(key, tie('document'), { maxKeys: 4 }),
  ),
}))

function pointers(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [
    path,
    ...Object.entries(value).flatMap(([name, inner]) =>
      pointers(inner, `${path}/${jsonPatch.escapePathComponent(name)}`),
    ),
  ]
}

/** Operations most of which name a place that is there. */
const documentAndPatch = document.chain((value) => {
  const there = fc.constantFrom(...pointers(value))
  const path = fc.oneof(
    there,
    fc.tuple(there, key).map(([base, name]) => `${base}/${jsonPatch.escapePathComponent(name)}`),
    there.map((base) => `${base}/-`),
  )
  const operation = fc.oneof(
    fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path, value: document }),
    fc.record({ op: fc.constant('remove'), path }),
    fc.record({ op: fc.constantFrom('move', 'copy'), path, from: there }),
  )
  return fc.tuple(fc.constant(value), fc.array(operation, { minLength: 1, maxLength: 4 }))
})

test('agrees with fast-json-patch wherever that one knows the answer', () => {
  let applied = 0
  let refused = 0
  fc.assert(
    fc.property(documentAndPatch, ([value, operations]) => {
      // What RFC 6902 forbids and fast-json-patch lets through, or the other way round, is asserted on above.
      fc.pre(operations.every((operation) => isPlain(operation)))
      const expected = oracle(value, operations as Operation[])
      const actual = apply(JSON.stringify(value, null, 2), operations)
      if (expected === undefined) {
        refused += 1
        expect(actual).toHaveProperty('code')
      } else {
        applied += 1
        expect(typeof actual).toBe('string')
        expect(JSON.parse(actual as string)).toEqual(expected.document)
      }
    }),
    { numRuns: 3_000 },
  )
  expect(Math.min(applied, refused)).toBeGreaterThan(200)
})

function isPlain(operation: { op: string; path: string; from?: string }): boolean {
  if (operation.op === 'remove' && operation.path === '') return false
  if (operation.op === 'move') return !`${operation.path}/`.startsWith(`${operation.from ?? ''}/`)
  return true
}

/**
 * fast-json-patch, made strict: move and copy as RFC 6902 defines them, by remove and add, and with the check that it
 * leaves out, since to it a string has members and `/x` is a place in an array.
 */
function oracle(value: unknown, operations: readonly Operation[]): { document: unknown } | undefined {
  try {
    let document = structuredClone(value)
    for (const operation of operations) {
      const steps = [operation]
      if (operation.op === 'copy' || operation.op === 'move') {
        if (!isPlace(document, operation.from)) return undefined
        const found: unknown = structuredClone(jsonPatch.getValueByPointer(document, operation.from))
        steps.splice(0, 1, { op: 'add', path: operation.path, value: found })
        if (operation.op === 'move') steps.unshift({ op: 'remove', path: operation.from })
      }
      for (const step of structuredClone(steps)) {
        if (!isPlace(document, step.path)) return undefined
        document = jsonPatch.applyPatch(document, [step], true).newDocument
      }
    }
    return { document }
  } catch {
    return undefined
  }
}

/** Every step of the pointer is a member of an object or an index of an array. */
function isPlace(document: unknown, pointer: string): boolean {
  const slash = pointer.lastIndexOf('/')
  if (slash < 0) return true
  const parent = pointer.slice(0, slash)
  if (!isPlace(document, parent)) return false
  const container: unknown = jsonPatch.getValueByPointer(document, parent)
  if (Array.isArray(container)) return /^(0|[1-9]\d*|-)$/.test(pointer.slice(slash + 1))
  return typeof container === 'object' && container !== null
}

test('every number beside the patched place keeps its text, whatever its size', () => {
  const number = fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.constantFrom('', '.0', '.10', 'e5', 'E-7'))
    .map(([whole, rest]) => `${whole}${rest}`)
  const layout = fc.constantFrom('', ' ', '\n  ')
  fc.assert(
    fc.property(fc.array(number, { minLength: 2, maxLength: 20 }), layout, fc.nat(), (numbers, space, at) => {
      const place = at % numbers.length
      const text = (values: readonly string[]): string =>
        `{${values.map((value, index) => `${space}"${index}":${space}${value}`).join(',')}${space}}`
      expect(apply(text(numbers), [{ op: 'replace', path: `/${place}`, value: 'new' }])).toBe(
        text(numbers.with(place, '"new"')),
      )
    }),
  )
})
