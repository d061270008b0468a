import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spanList } from '../../src-main/adapters/store-rows/span-list.ts'
import type { Span } from '../../src-main/adapters/store-rows/span-list.ts'
import { untouched } from '../../src-main/adapters/store-rows/spans.ts'
import { itemStates } from '../../src-main/domain/job.ts'

const ITEMS = 30

const change = fc.record({
  first: fc.integer({ min: 1, max: ITEMS + 2 }),
  length: fc.integer({ min: 1, max: ITEMS }),
  /** Items in one of these states take the change; another one refuses it all. */
  from: fc.subarray([...itemStates], { minLength: 1 }),
  to: fc.constantFrom(...itemStates),
})

test('any sequence of changes does to a list of spans what it does to an array, and says what has to be written', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 }), (calls) => {
      let stored: Span[] = [{ ...untouched, first: 1, last: ITEMS, updatedAt: 'start' }]
      const states = Array.from({ length: ITEMS }, () => 'planned')
      for (const [call, changes] of calls.entries()) {
        const list = spanList(stored)
        for (const { first, length, from, to } of changes) {
          const last = first + length - 1
          const inside = states.slice(first - 1, last)
          const fits = last <= ITEMS && inside.every((state) => from.includes(state as (typeof from)[number]))
          const took = list.change({ first, last }, `call ${call}`, (facts, count) => {
            expect(count).toBeGreaterThan(0)
            return from.includes(facts.state) ? { ...facts, state: to } : null
          })
          expect(took).toBe(fits)
          if (fits) states.fill(to, first - 1, last)
        }
        const { gone, made } = list.changes()
        stored = [...stored.filter((span) => !gone.includes(span.first)), ...made].toSorted(
          (a, b) => a.first - b.first,
        )
        const told = stored.flatMap(({ first, last, state }) => Array<string>(last - first + 1).fill(state))
        expect(told).toEqual(states)
        expect(new Set(stored.map(({ first }) => first)).size).toBe(stored.length)
      }
    }),
  )
})
