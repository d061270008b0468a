import fc from 'fast-check'
import type { MappingPredicate, Value } from '../../src-main/domain/mapping/values.ts'
import type { EvalRow } from './mapping-evaluator.ts'

const DAY_SEC = 86_400
const DAYS_MAX = 9

const small = fc.integer({ min: -3, max: 5 })
const word = fc.constantFrom('', 'a', 'b', 'a/b', 'a/b/c', 'x', "it's", '%', '12', '7', '"')

/** Half days, so that no comparison with the clock is a matter of the moment. */
const daysFromNow = fc.integer({ min: -DAYS_MAX, max: DAYS_MAX }).map((days) => (days + 0.5) * DAY_SEC)

export function rows(nowMs: number): fc.Arbitrary<EvalRow[]> {
  const nullable = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 4 })
  const row = fc.record({
    a: nullable(small),
    b: nullable(word),
    c: nullable(fc.boolean()),
    d: nullable(daysFromNow.map((seconds) => nowMs + seconds * 1_000)),
    e: nullable(fc.constantFrom('Y', 'N')),
    f: nullable(
      fc.oneof(
        fc.constant(0),
        daysFromNow.map((seconds) => Math.floor(nowMs / 1_000) + seconds),
      ),
    ),
    j: nullable(
      fc.record({ k: fc.oneof(word, small), list: fc.array(small, { maxLength: 3 }) }, { requiredKeys: [] }),
    ),
    kids: fc.array(fc.record({ n: nullable(small), s: nullable(word) }), { maxLength: 3 }),
  })
  return fc
    .array(row, { minLength: 12, maxLength: 12 })
    .map((all) => all.map((one, index) => ({ ...one, id: index + 1 })))
}

const whole = (days: number): number => days * DAY_SEC
const now: fc.Arbitrary<Value> = fc.oneof(
  fc.constant({ is: 'now' } as const),
  fc.integer({ min: 0, max: DAYS_MAX }).map((days) => ({ is: 'now', plusSec: whole(days) }) as const),
  fc.integer({ min: 0, max: DAYS_MAX }).map((days) => ({ is: 'now', minusSec: whole(days) }) as const),
)

const text: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ column: 'b' }),
  fc.constant<Value>({ path: ['k'], in: { column: 'j' } }),
  word.map((one): Value => ({ concat: [one, { column: 'b' }, '-', { column: 'a' }] })),
  fc.constantFrom(1, 2, -1, -2).map((part): Value => ({ part, by: '/', in: { column: 'b' } })),
  word.map((nullIf): Value => ({ nullIf, in: { column: 'b' } })),
  word.map((one): Value => ({ first: [{ column: 'b' }, one] })),
)

const comparisons = ['equals', 'above', 'atLeast', 'below', 'atMost'] as const
const comparison = fc.constantFrom(...comparisons)

/** Conditions on a companion's row, which may look at the outbox's row too. */
const kid: fc.Arbitrary<MappingPredicate> = fc.oneof(
  fc.tuple(comparison, small).map(([name, n]) => ({ column: 'n', [name]: n }) as MappingPredicate),
  word.map((s): MappingPredicate => ({ column: 's', equals: s })),
  fc.constant<MappingPredicate>({ column: 'n', below: { row: 'a' } }),
  fc.constant<MappingPredicate>({ column: 's', isNull: true }),
)

export const predicates: fc.Arbitrary<MappingPredicate> = fc.letrec<{
  predicate: MappingPredicate
  leaf: MappingPredicate
  number: Value
}>((tie) => ({
  number: fc.oneof(
    { maxDepth: 3 },
    small,
    fc.constant<Value>({ column: 'a' }),
    small.map((plus): Value => ({ column: 'a', plus })),
    fc.constant<Value>({ count: 'kids' }),
    kid.map((where): Value => ({ count: 'kids', where })),
    fc.constant<Value>({ lengthOf: { path: ['list'], in: { column: 'j' } } }),
    fc.tuple(tie('number'), tie('number')).map((add): Value => ({ add })),
    fc.tuple(tie('number'), tie('number')).map((subtract): Value => ({ subtract })),
    fc.tuple(tie('number'), small).map((multiply): Value => ({ multiply })),
    fc
      .tuple(tie('leaf'), tie('number'), tie('number'))
      .map(([when, then, otherwise]): Value => ({ when, then: { add: [then, 0] }, otherwise })),
  ),
  leaf: fc.oneof(
    fc
      .tuple(comparison, fc.oneof(small, fc.constant({ add: [{ column: 'a' }, 1] } as Value)))
      .map(([name, right]) => ({ column: 'a', [name]: right }) as MappingPredicate),
    fc.tuple(comparison, word).map(([name, right]) => ({ column: 'b', [name]: right }) as MappingPredicate),
    fc.tuple(comparison, text).map(([name, value]) => ({ value, [name]: 'a' }) as MappingPredicate),
    fc
      .tuple(fc.constantFrom('above', 'atLeast', 'below', 'atMost'), small)
      .map(
        ([name, n]) =>
          ({ value: { path: ['k'], in: { column: 'j' } }, [name]: n }) as unknown as MappingPredicate,
      ),
    fc.boolean().map((c): MappingPredicate => ({ column: 'c', equals: c })),
    fc.boolean().map((e): MappingPredicate => ({ column: 'e', equals: e })),
    fc
      .tuple(
        fc.constantFrom('d', 'f'),
        comparison.filter((name) => name !== 'equals'),
        now,
      )
      .map(([column, name, right]) => ({ column, [name]: right }) as MappingPredicate),
    fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.boolean())
      .map(([column, isNull]): MappingPredicate => ({ column, isNull })),
    fc.array(small, { maxLength: 3 }).map((list): MappingPredicate => ({ column: 'a', in: list })),
    fc.array(word, { maxLength: 3 }).map((list): MappingPredicate => ({ column: 'b', in: list })),
    fc
      .tuple(comparison, small, word)
      .map(([name, n, w]) => ({ columns: ['a', 'b'], [name]: [n, w] }) as unknown as MappingPredicate),
    fc.constant<MappingPredicate>({ exists: 'kids' }),
    kid.map((where): MappingPredicate => ({ exists: 'kids', where })),
    fc.constant<MappingPredicate>({ column: 'a', equals: null }),
  ),
  predicate: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(comparison, tie('number'), tie('number'))
      .map(
        ([name, left, right]) =>
          ({ value: { add: [left, 0] }, [name]: right }) as unknown as MappingPredicate,
      ),
    fc.array(tie('predicate'), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('predicate'), { maxLength: 3 }).map((any) => ({ any })),
    tie('predicate').map((one) => ({ not: one })),
  ),
})).predicate
