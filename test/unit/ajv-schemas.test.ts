import { describe, expect, test } from 'vitest'
import { createAjvSchemas } from '../../src-main/adapters/schema-ajv/ajv-schemas.ts'
import { SCHEMA_CHARS_MAX, SCHEMA_PROBLEMS_MAX } from '../../src-main/ports/payload-schemas.ts'
import type { PayloadSchema } from '../../src-main/ports/payload-schemas.ts'

const draft07 = 'http://json-schema.org/draft-07/schema#'
const schemas = createAjvSchemas({ compileMs: 1_000, checkMs: 100 })

function schemaOf(schema: unknown): PayloadSchema {
  const compilation = schemas.compile(JSON.stringify(schema))
  if (!compilation.ok) throw new Error(compilation.problem)
  return compilation.schema
}

const problems = (schema: unknown, payload: string) => schemaOf(schema).check([payload])[0]

const order = {
  type: 'object',
  required: ['id', 'total'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    total: { type: 'number', exclusiveMinimum: 0, multipleOf: 0.01 },
    lines: { type: 'array', items: { $ref: '#/$defs/line' } },
  },
  additionalProperties: false,
  $defs: { line: { type: 'object', required: ['sku'] } },
}
const id = '00000000-0000-4000-8000-000000000000'

describe('a schema', () => {
  test('takes what matches', () => {
    expect(problems(order, `{"id":"${id}","total":19.99,"lines":[{"sku":"a"}]}`)).toEqual([])
  })

  test('names the place and the rule of each problem', () => {
    expect(problems(order, '{"id":"x","total":-1,"lines":[{},{"sku":1}],"extra":0}')).toEqual([
      { path: '', keyword: 'additionalProperties', message: 'must NOT have additional properties (extra)' },
      { path: '/id', keyword: 'format', message: 'must match format "uuid"' },
      { path: '/total', keyword: 'exclusiveMinimum', message: 'must be > 0' },
      { path: '/lines/0', keyword: 'required', message: "must have required property 'sku'" },
    ])
  })

  test('tells no more problems than are read', () => {
    const payload = JSON.stringify(Array.from({ length: 100 }, () => 1))
    expect(problems({ items: { type: 'string' } }, payload)).toHaveLength(SCHEMA_PROBLEMS_MAX)
  })

  test('is read in the draft that it names: a tuple is items in draft-07 and prefixItems in 2020-12', () => {
    const tuple = [{ type: 'string' }]
    expect(problems({ $schema: draft07, items: tuple }, '[1]')).toMatchObject([
      { path: '/0', keyword: 'type' },
    ])
    const dialect = 'https://json-schema.org/draft/2020-12/schema'
    for (const named of [{ $schema: dialect }, {}]) {
      expect(problems({ ...named, prefixItems: tuple }, '[1]')).toMatchObject([
        { path: '/0', keyword: 'type' },
      ])
    }
    expect(problems({ $schema: draft07, prefixItems: tuple }, '[1]')).toEqual([])
  })

  test('an inherited property is none of the payload', () => {
    expect(problems({ required: ['toString'] }, '{}')).toMatchObject([{ keyword: 'required' }])
    expect(problems({ additionalProperties: false }, '{"__proto__":1}')).toMatchObject([{ path: '' }])
  })

  test('keywords of generators are passed over', () => {
    expect(problems({ 'x-java-type': 'Order', type: 'object', example: {} }, '{}')).toEqual([])
  })

  test('answers for each payload of a batch, in its place', () => {
    const batch = Array.from({ length: 1_000 }, (_, index) => (index % 3 === 0 ? '"text"' : '1'))
    const answers = schemaOf({ type: 'number' }).check(batch)
    expect(answers.map((found) => found.length)).toEqual(batch.map((payload) => (payload === '1' ? 0 : 1)))
  })
})

describe('refused with the reason', () => {
  test.each([
    ['{', 'not-json'],
    ['{"type":"object","type":"array"}', 'duplicate-key'],
    ['[]', 'object'],
    ['true', 'everything'],
    ['{"type":"objekt"}', 'type'],
    ['{"properties":{"a":{"$ref":"#/$defs/none"}}}', "can't resolve reference"],
    ['{"$ref":"https://example.com/order.json"}', "can't resolve reference"],
    ['{"$ref":"file:///etc/passwd"}', "can't resolve reference"],
    ['{"$async":true,"type":"object"}', '$async'],
    ['{"$schema":"http://json-schema.org/draft-04/schema#"}', 'draft-07 nor 2020-12'],
    ['{"$schema":"constructor"}', 'draft-07 nor 2020-12'],
    ['{"$schema":7}', 'draft-07 nor 2020-12'],
    ['{"pattern":"("}', ''],
  ])('%s', (text, reason) => {
    const compilation = schemas.compile(text)
    expect(compilation.ok).toBe(false)
    expect(compilation.ok ? '' : compilation.problem).toContain(reason)
  })

  test('a text larger than the limit', () => {
    const compilation = schemas.compile(`{"title":"${'x'.repeat(SCHEMA_CHARS_MAX)}"}`)
    expect(compilation).toEqual({ ok: false, problem: `larger than ${SCHEMA_CHARS_MAX} characters` })
  })

  test('a schema that takes too long to compile', () => {
    let schema: object = { type: 'string' }
    for (let level = 0; level < 7; level++) schema = { anyOf: [schema, schema, schema] }
    const text = JSON.stringify(schema)
    expect(text.length).toBeLessThan(SCHEMA_CHARS_MAX)
    const compilation = createAjvSchemas({ compileMs: 5, checkMs: 100 }).compile(text)
    expect(compilation).toEqual({ ok: false, problem: 'compiling it takes too long' })
  })
})

describe('a check that does not end', () => {
  const slow = { type: 'string', pattern: '^(a+)+$' }
  const endless = JSON.stringify(`${'a'.repeat(60)}b`)

  test('is stopped, its payload is not known to match, and the others are checked', () => {
    const startedMs = performance.now()
    expect(schemaOf(slow).check(['"aa"', endless, '"b"', '"a"'])).toMatchObject([
      [],
      [{ path: '', keyword: 'unchecked', message: 'the check takes too long' }],
      [{ keyword: 'pattern' }],
      [],
    ])
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  })

  test('is given up after a few, so that a batch of them does not stop the engine for long', () => {
    const schema = schemaOf(slow)
    const startedMs = performance.now()
    const answers = schema.check(Array.from({ length: 500 }, () => endless))
    expect(answers).toHaveLength(500)
    expect(answers.every(([problem]) => problem?.keyword === 'unchecked')).toBe(true)
    expect(schema.check(['"a"'])).toMatchObject([[{ keyword: 'unchecked' }]])
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  })

  test('a reference that leads to itself is no match', () => {
    expect(problems({ $ref: '#' }, '{}')).toMatchObject([{ keyword: 'unchecked' }])
  })

  test('what is no JSON is no match', () => {
    expect(schemaOf({}).check(['{', '1'])).toMatchObject([[{ keyword: 'unchecked' }], []])
  })
})
