import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Unanswered } from '../../src-main/adapters/broker-rabbitmq/unanswered.ts'
import type { Sent } from '../../src-main/adapters/broker-rabbitmq/unanswered.ts'

interface Numbered extends Sent {
  readonly n: number
}

const place = fc.record({
  messageId: fc.constantFrom('a', 'b', 'c'),
  exchange: fc.constantFrom('', 'orders'),
  routingKey: fc.constantFrom('paid', 'lost'),
})

test('whatever is sent and answered in whatever order, each is found by its id and its place until its answer', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(place, fc.boolean(), fc.nat())), (steps) => {
      const unanswered = new Unanswered<Numbered>()
      let known: Numbered[] = []
      for (const [n, [at, isAnswer, choice]] of steps.entries()) {
        const same = known.find(
          (one) =>
            one.messageId === at.messageId &&
            one.exchange === at.exchange &&
            one.routingKey === at.routingKey,
        )
        expect(unanswered.find(at.messageId, at)?.n ?? null).toBe(same?.n ?? null)
        const answered = isAnswer ? known[choice % Math.max(1, known.length)] : undefined
        if (answered !== undefined) {
          known = known.filter((one) => one !== answered)
          unanswered.delete(answered)
          // A second answer has nobody to go to.
          unanswered.delete(answered)
        } else if (same === undefined) {
          const item: Numbered = { ...at, n, next: null }
          known.push(item)
          unanswered.add(item)
        }
        expect(unanswered.size).toBe(known.length)
        expect([...unanswered].map((one) => one.n).sort()).toEqual(known.map((one) => one.n).sort())
      }
    }),
  )
})
