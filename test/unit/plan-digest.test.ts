import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planFile } from '../../src-preload/contract/plans.ts'
import { canonical, sha256, sha256Lines } from '../../src-main/domain/digest.ts'
import type { Json } from '../../src-main/domain/digest.ts'
import { contentDigest, freezePlan, planDigest, planIsIntact } from '../../src-main/domain/plan.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import { planOf } from '../support/store-samples.ts'

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

function edited(plan: Plan, path: readonly (string | number)[], value: Json): Plan {
  const copy = structuredClone(plan) as unknown as Record<string | number, unknown>
  let place = copy
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>
  place[path.at(-1)!] = value
  return copy as unknown as Plan
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
  expect(sha256Lines(lines)).toBe(sha256(lines.map((line) => `${line}\n`).join('')))
})

test('any edit of a plan is found', () => {
  const plan = planOf('plan-1', 3)
  expect(planIsIntact(plan)).toBe(true)
  expect(planFile.parse(plan)).toEqual(plan)
  expect(planIsIntact(JSON.parse(JSON.stringify(plan)) as Plan)).toBe(true)
  let places = 0
  for (const path of edits(plan as unknown as Json)) {
    places += 1
    for (const value of ['edited', null, 4_711, [], {}]) {
      const before = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], plan)
      if (JSON.stringify(before) === JSON.stringify(value)) continue
      const changed = edited(plan, path, value)
      // What has no longer the form of a plan is refused when the file is read, before its digest is looked at.
      const taken = planFile.safeParse(changed).success && planIsIntact(changed)
      expect(taken, `${path.join('.')} = ${JSON.stringify(value)}`).toBe(false)
    }
  }
  expect(places).toBeGreaterThan(50)
})

test('items that were removed, repeated, reordered or added are found', () => {
  const plan = planOf('plan-1', 4)
  const [first, second, third, fourth] = plan.items
  const lists = [
    [first!, second!, third!],
    [second!, first!, third!, fourth!],
    [first!, first!, second!, third!, fourth!],
    [...plan.items, planOf('plan-2', 5).items[4]!],
    [],
  ]
  for (const items of lists) expect(planIsIntact({ ...plan, items })).toBe(false)
  expect(planIsIntact({ ...plan, added: 1 } as Plan)).toBe(false)
})

test('the order of keys in a plan file is irrelevant', () => {
  const plan = planOf('plan-1', 3)
  for (const order of [1, -1] as const) {
    expect(planIsIntact(shuffled(plan as unknown as Json, order) as unknown as Plan)).toBe(true)
  }
  const { items, digest, ...header } = plan
  expect(planDigest(header, items)).toBe(digest)
  expect(freezePlan(header, items)).toEqual(plan)
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
