import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer } from '../../src-main/app/jobs/answers.ts'
import { neverSent, stoppedBefore } from '../../src-main/app/jobs/answers.ts'
import { createLanes } from '../../src-main/app/jobs/lanes.ts'
import type { PublishOutcome } from '../../src-main/domain/outcome.ts'

const confirmed: PublishOutcome = { outcome: 'confirmed' }
const returned: PublishOutcome = { outcome: 'returned', code: 'unroutable', reason: 'no queue' }
const refused: PublishOutcome = { outcome: 'refused', code: 'broker-refused', reason: 'nack' }
const unknown: PublishOutcome = { outcome: 'unknown', code: 'confirm-timeout', reason: 'silence' }
const closed: PublishOutcome = { outcome: 'refused', code: 'channel-closed', reason: 'gone' }

interface Open {
  readonly id: string
  readonly answer: (outcome: PublishOutcome) => void
}

/** A broker that answers when it is told to. */
function broker() {
  const published: string[] = []
  const open: Open[] = []
  return {
    published,
    open,
    publish: ({ id }: { readonly id: string }, answer: Open['answer']): void => {
      published.push(id)
      open.push({ id, answer })
    },
    answer: (id: string, outcome: PublishOutcome): Promise<void> => {
      const index = open.findIndex((each) => each.id === id)
      const [found] = open.splice(index, 1)
      found?.answer(outcome)
      return settled()
    },
  }
}

/** Every promise that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function scene() {
  const lanes = createLanes()
  const fake = broker()
  const answers = new Map<string, Answer>()
  const send = (id: string, chainKey: string | null): void => {
    lanes.send({ id, chainKey }, fake.publish, (answer) => answers.set(id, answer))
  }
  return { lanes, ...fake, answers, send }
}

const message = fc.record({ chain: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { freq: 6 }) })
const outcome = fc.oneof(
  { weight: 12, arbitrary: fc.constant(confirmed) },
  { weight: 1, arbitrary: fc.constantFrom(returned, refused, unknown, closed) },
)

test('whatever the broker answers and in whatever order: a chain is published in its order, one at a time, up to its first failure', async () => {
  let parkedSeen = 0
  let givenBackSeen = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 30 }),
      fc.array(fc.tuple(outcome, fc.nat()), { minLength: 40, maxLength: 40 }),
      async (messages, script) => {
        const { lanes, published, open, answers, answer, send } = scene()
        const ids = messages.map((_, index) => String(index))
        const chains = new Map<string, string[]>()
        for (const [index, { chain }] of messages.entries()) {
          if (chain !== null) chains.set(chain, [...(chains.get(chain) ?? []), String(index)])
          send(String(index), chain)
        }
        const chainOf = new Map(messages.map(({ chain }, index) => [String(index), chain]))
        for (const [given, choice] of script) {
          await settled()
          const underWay = open.map(({ id }) => chainOf.get(id)).filter((chain) => chain !== null)
          expect(new Set(underWay).size).toBe(underWay.length)
          const next = open[choice % Math.max(1, open.length)]
          if (!next) break
          await answer(next.id, given)
        }
        expect(open).toEqual([])
        expect([...answers.keys()].sort()).toEqual([...ids].sort())
        for (const [index, { chain }] of messages.entries()) {
          if (chain === null) expect(published).toContain(String(index))
        }
        for (const [chain, members] of chains) {
          const sent = published.filter((id) => chainOf.get(id) === chain)
          expect(sent).toEqual(members.slice(0, sent.length))
          const last = answers.get(sent.at(-1) ?? '')
          for (const id of sent.slice(0, -1)) expect(answers.get(id)).toEqual(confirmed)
          for (const id of members.slice(sent.length)) {
            const behind = answers.get(id)
            if (last && neverSent(last)) {
              givenBackSeen += 1
              expect(behind).toEqual(last)
            } else {
              parkedSeen += 1
              expect(behind).toEqual({ outcome: 'parked', reason: `parked behind ${sent.at(-1)}` })
            }
          }
          const failed = last?.outcome !== 'confirmed' && last !== undefined && !neverSent(last)
          expect(lanes.blockedBy(chain)).toBe(failed ? (sent.at(-1) ?? null) : null)
        }
      },
    ),
    { numRuns: 200 },
  )
  expect(parkedSeen).toBeGreaterThan(0)
  expect(givenBackSeen).toBeGreaterThan(0)
})

test.each([returned, refused, unknown])(
  'after $outcome the rest of the chain is parked, now and later',
  async (bad) => {
    const { published, answers, answer, send, lanes } = scene()
    send('1', 'a')
    send('2', 'a')
    send('3', 'b')
    await answer('1', bad)
    send('4', 'a')
    await answer('3', confirmed)
    expect(published).toEqual(['1', '3'])
    const parked = { outcome: 'parked', reason: 'parked behind 1' }
    expect([...answers]).toEqual([
      ['1', bad],
      ['2', parked],
      ['4', parked],
      ['3', confirmed],
    ])
    expect(lanes.blockedBy('a')).toBe('1')
  },
)

test('what was never sent takes its followers back with it: they are planned again, not parked', async () => {
  const { published, answers, answer, send, lanes } = scene()
  for (const id of ['1', '2', '3']) send(id, 'a')
  await answer('1', confirmed)
  await answer('2', stoppedBefore)
  expect(published).toEqual(['1', '2'])
  expect(answers.get('3')).toEqual(stoppedBefore)
  expect(lanes.blockedBy('a')).toBeNull()
})

test('a chain that has come to rest goes on with its next message', async () => {
  const { published, answer, send } = scene()
  send('1', 'a')
  await answer('1', confirmed)
  send('2', 'a')
  await settled()
  expect(published).toEqual(['1', '2'])
})

test('a blocked chain lets through what was handed on before, and nothing after', async () => {
  const { published, answers, answer, send, lanes } = scene()
  send('1', 'a')
  send('2', 'a')
  lanes.block('a', '3')
  send('4', 'a')
  await answer('1', confirmed)
  await answer('2', confirmed)
  expect(published).toEqual(['1', '2'])
  expect(answers.get('4')).toEqual({ outcome: 'parked', reason: 'parked behind 3' })
  lanes.block('a', '9')
  expect(lanes.blockedBy('a')).toBe('3')
  expect(lanes.blockedBy('b')).toBeNull()
})

test('more blocked chains than can be kept in mind stop the run, and no outcome is lost to it', async () => {
  const lanes = createLanes(2)
  const send = (id: string, chainKey: string, answer: PublishOutcome): Promise<Answer> =>
    new Promise((answered) => lanes.send({ id, chainKey }, (_, told) => told(answer), answered))
  expect(await send('1', 'a', returned)).toEqual(returned)
  expect(await send('2', 'b', returned)).toEqual(returned)
  expect(lanes.overflow()).toBeNull()
  expect(await send('3', 'c', returned)).toEqual(returned)
  expect(lanes.overflow()).toContain('more than 2 chains')
})
