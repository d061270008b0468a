import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical, newLinesDigest, sha256 } from '../../src-main/domain/digest.ts'
import type { Json } from '../../src-main/domain/digest.ts'
import { planIsIntact } from '../../src-main/app/resend/plan-intact.ts'
import { contentDigest, freezePlan, headerIsIntact, newItemsDigest } from '../../src-main/domain/plan.ts'
import { planOf } from '../support/store-samples.ts'
import type { SamplePlan } from '../support/store-samples.ts'

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>

/** The same value with the keys of every object in another order. */
function shuffled(value: Json, order: 1 | -1): Json {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, order))
  const keys = Object.keys(value).sort((a, b) => (a < b ? order : -order))
  return Object.fromEntries(keys.map((key) => [key, shuffled((value as Record<string, Json>)[key]!, order)]))
}

/** Every place of a value, and a way to write something else there. */
function* edits(
  value: Json,
  path: readonly (string | number)[] = [],
): Generator<readonly (string | number)[]> {
  if (path.length > 0) yield path
  if (value === null || typeof value !== 'object') return
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value)
  for (const key of keys) yield* edits((value as Record<string | number, Json>)[key]!, [...path, key])
}

/** Looks at a plan as it would stand in the store. */
function isIntact({ plan, items }: SamplePlan): Promise<boolean> {
  const planItems = (_: string, afterSeq: number, limit: number) =>
    Promise.resolve(items.slice(afterSeq, afterSeq + limit))
  return planIsIntact({ planItems }, plan)
}

function edited(sample: SamplePlan, path: readonly (string | number)[], value: Json): SamplePlan {
  const copy = structuredClone(sample) as unknown as Record<string | number, unknown>
  let place = copy
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>
  place[path.at(-1)!] = value
  return copy as unknown as SamplePlan
}

test('canonical JSON does not depend on the order of keys, and is JSON of the same value', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = canonical(value)
      expect(canonical(shuffled(value, 1))).toBe(text)
      expect(canonical(shuffled(value, -1))).toBe(text)
      expect(canonical(JSON.parse(text) as Json)).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('different values have different canonical JSON', () => {
  fc.assert(
    fc.property(json, json, (one, two) => {
      const same = JSON.stringify(shuffled(one, 1)) === JSON.stringify(shuffled(two, 1))
      expect(canonical(one) === canonical(two)).toBe(same)
    }),
  )
})

test('members that are undefined are left out; known texts stay as they are', () => {
  expect(canonical({ b: 1, a: undefined, ä: [null, true, 'x\n'] })).toBe('{"b":1,"ä":[null,true,"x\\n"]}')
  expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`)
  const digest = newLinesDigest()
  for (const line of lines) digest.add(line)
  expect(digest.finish()).toBe(sha256(lines.map((line) => `${line}\n`).join('')))
})

test('any edit of a plan is found', async () => {
  const sample = planOf('plan-1', 3)
  expect(await isIntact(sample)).toBe(true)
  expect(await isIntact(JSON.parse(JSON.stringify(sample)) as SamplePlan)).toBe(true)
  let places = 0
  for (const path of edits(sample as unknown as Json)) {
    // The list itself is nothing that a file could have in another form.
    if (path.length === 1 || (path[0] === 'items' && path.length === 2)) continue
    places += 1
    for (const value of ['edited', null, 4_711, [], {}]) {
      const before = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], sample)
      if (JSON.stringify(before) === JSON.stringify(value)) continue
      const taken = await isIntact(edited(sample, path, value)).catch((error: unknown) => {
        // A destination that is none cannot be read at all.
        expect(error).toBeInstanceOf(TypeError)
        return false
      })
      expect(taken, `${path.join('.')} = ${JSON.stringify(value)}`).toBe(false)
    }
  }
  expect(places).toBeGreaterThan(50)
})

test('items that were removed, repeated, reordered or added are found', async () => {
  const { plan, items } = planOf('plan-1', 4)
  const [first, second, third, fourth] = items
  const lists = [
    [first!, second!, third!],
    [second!, first!, third!, fourth!],
    [first!, first!, second!, third!, fourth!],
    [...items, planOf('plan-2', 5).items[4]!],
    [],
  ]
  for (const list of lists) expect(await isIntact({ plan, items: list })).toBe(false)
  const added = { ...plan, added: 1 }
  expect(headerIsIntact(added)).toBe(false)
})

test('an item is not cut anew: a text moves from one value to the next only with another digest', () => {
  const digestOf = (type: string | null, chainKey: string | null): string => {
    const digest = newItemsDigest()
    digest.add({ ...planOf('plan-1', 1).items[0]!, type, chainKey })
    return digest.finish()
  }
  const pairs = [
    ['a', 'b'],
    ['a","b', null],
    ['a', null],
    [null, 'a'],
    ['null', 'a'],
    ['', 'a'],
  ] as const
  expect(new Set(pairs.map(([type, chainKey]) => digestOf(type, chainKey))).size).toBe(pairs.length)
})

test('the order of keys in a plan file is irrelevant', async () => {
  const sample = planOf('plan-1', 3)
  for (const order of [1, -1] as const) {
    expect(await isIntact(shuffled(sample as unknown as Json, order) as unknown as SamplePlan)).toBe(true)
  }
  const { items, itemsDigest, digest, ...header } = sample.plan
  expect(freezePlan(header, { items, itemsDigest })).toEqual(sample.plan)
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
})

test('payload and headers are told apart', () => {
  const digests = [
    contentDigest({ payload: '{"a":1}', headers: null }),
    contentDigest({ payload: '{"a": 1}', headers: null }),
    contentDigest({ payload: '{"a":1}', headers: '{}' }),
    contentDigest({ payload: '{"a":1}{}', headers: null }),
  ]
  expect(new Set(digests).size).toBe(digests.length)
})
