import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { core } from 'zod'

/** What a text of the contract may be a name of, so that a call gets further than the door. */
export type Names = readonly string[]

const DEPTH_MAX = 6
const ITEMS_MAX = 4
const TEXT_CHARS_MAX = 600

/** Texts that have broken others before: paths, quotes, formats, prototypes, marks, numbers that are none. */
const HOSTILE = [
  '',
  '../../../../etc/passwd',
  "'; drop table outbox_message; --",
  '" or ""="',
  '$1 %s {0} {{7*7}} ${7*7}',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  'NaN',
  '1e999',
  '-0',
  '99999999999999999999',
  '2026-13-45T99:99:99Z',
  '\u202eexe',
  '[1,2',
  '/a/~2/~',
  'x'.repeat(TEXT_CHARS_MAX),
] as const

/**
 * Values that a schema lets in, or nearly: texts are names that exist, hostile ones, or what their pattern says. Knows the
 * kinds of schema that the contract uses; another one is an error, so that no procedure is left out unseen.
 */
export function arbitraryOf(schema: core.$ZodType, names: Names, depth = 0): Arbitrary<unknown> {
  const inner = (of: core.$ZodType): Arbitrary<unknown> => arbitraryOf(of, names, depth + 1)
  const { def } = (schema as core.$ZodTypes)._zod
  switch (def.type) {
    case 'string':
      return textOf(schema as core.$ZodString, names)
    case 'number':
      return numberOf(schema as core.$ZodNumber)
    case 'boolean':
      return fc.boolean()
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries))
    case 'literal':
      return fc.constantFrom(...def.values)
    case 'array':
      return fc.array(inner(def.element), { maxLength: depth > DEPTH_MAX ? 0 : ITEMS_MAX })
    case 'object':
      return objectOf(def.shape, inner)
    case 'union':
      return fc.oneof(...def.options.map(inner))
    case 'record':
      return fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), inner(def.valueType), {
        maxKeys: ITEMS_MAX,
      })
    case 'nullable':
      return fc.option(inner(def.innerType), { nil: null })
    case 'optional':
      return inner(def.innerType)
    case 'default':
    case 'readonly':
      return inner(def.innerType)
    case 'pipe':
      return inner(def.in)
    case 'lazy':
      return depth > DEPTH_MAX ? fc.constant(null) : inner(def.getter())
    case 'null':
      return fc.constant(null)
    case 'unknown':
      return fc.jsonValue()
    default:
      throw new Error(`no values for a schema of the kind ${def.type}`)
  }
}

/** A value with one place of it replaced by something that does not belong there. */
export function broken(value: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc
    .tuple(
      value,
      fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, Number.NaN, -1, 2 ** 53, ...HOSTILE)),
      fc.nat(),
    )
    .map(([whole, wrong, at]) => replaced(whole, wrong, at))
}

function objectOf(
  shape: Readonly<Record<string, core.$ZodType>>,
  inner: (of: core.$ZodType) => Arbitrary<unknown>,
): Arbitrary<unknown> {
  const isOptional = (of: core.$ZodType): boolean => of._zod.optin === 'optional'
  const requiredKeys = Object.keys(shape).filter((key) => shape[key] !== undefined && !isOptional(shape[key]))
  const members = Object.fromEntries(Object.entries(shape).map(([key, of]) => [key, inner(of)]))
  return fc.record(members, { requiredKeys })
}

function textOf(schema: core.$ZodString, names: Names): Arbitrary<string> {
  const { minimum = 0, maximum = TEXT_CHARS_MAX, patterns } = schema._zod.bag
  const [pattern] = patterns ?? []
  const made =
    pattern === undefined
      ? fc.string({
          unit: 'binary',
          minLength: Math.min(minimum, TEXT_CHARS_MAX),
          maxLength: Math.min(maximum, TEXT_CHARS_MAX),
        })
      : fc.stringMatching(pattern)
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names) },
    { weight: 2, arbitrary: made },
    { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
  )
}

function numberOf(schema: core.$ZodNumber): Arbitrary<number> {
  const { minimum = -1e6, maximum = 1e6, format } = schema._zod.bag
  const [min, max] = [Math.max(minimum, -1e9), Math.min(maximum, 1e9)]
  return format === 'safeint'
    ? fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
    : fc.double({ min, max, noNaN: true })
}

function replaced(whole: unknown, wrong: unknown, at: number): unknown {
  if (typeof whole !== 'object' || whole === null || at % 5 === 0) return wrong
  const keys = Object.keys(whole)
  const key = keys[at % Math.max(1, keys.length)]
  if (key === undefined) return wrong
  const member = (whole as Record<string, unknown>)[key]
  const next = replaced(member, wrong, Math.floor(at / 2))
  return Array.isArray(whole)
    ? whole.map((one: unknown, index) => (String(index) === key ? next : one))
    : { ...whole, [key]: next }
}
