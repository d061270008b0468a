import { expect, test } from 'vitest'
import { WaitingItems } from '../../src-main/adapters/broker-rabbitmq/waiting-items.ts'
import type { Waiting } from '../../src-main/adapters/broker-rabbitmq/waiting-items.ts'
import { withdrawn } from '../../src-main/domain/outcome.ts'

interface Named extends Waiting {
  readonly name: string
}

function scene() {
  const answers: string[] = []
  const gone: string[] = []
  const stop = new AbortController()
  const waiting: WaitingItems<Named> = new WaitingItems<Named>(() => advance(), stop.signal)
  let allowed = 0
  let onGo: (name: string) => void = () => undefined
  const advance = (): void =>
    waiting.advance(({ name }) => {
      if (allowed === 0) return false
      allowed -= 1
      gone.push(name)
      onGo(name)
      return true
    })
  const add = (name: string, signal: AbortSignal): void =>
    waiting.add({
      name,
      signal,
      withdrawn: false,
      answered: (outcome) => {
        expect(outcome).toBe(withdrawn)
        answers.push(name)
      },
    })
  const allow = (count: number, then: typeof onGo = () => undefined): void => {
    allowed = count
    onGo = then
    advance()
  }
  return { waiting, answers, gone, stop, add, allow }
}

const never = new AbortController().signal

test('what waits goes in the order of the calls, as far as it may', () => {
  const { waiting, gone, add, allow } = scene()
  for (const name of ['a', 'b', 'c']) add(name, never)
  allow(2)
  expect(gone).toEqual(['a', 'b'])
  expect(waiting.isEmpty).toBe(false)
  allow(1)
  expect(gone).toEqual(['a', 'b', 'c'])
  expect(waiting.isEmpty).toBe(true)
})

test('what is taken back is told so once, is passed over, and holds nobody up', () => {
  const { answers, gone, add, allow } = scene()
  const mine = new AbortController()
  add('a', mine.signal)
  add('b', never)
  add('c', mine.signal)
  mine.abort()
  mine.abort()
  expect(answers).toEqual(['a', 'c'])
  allow(3)
  expect(gone).toEqual(['b'])
})

test('somebody takes back, adds and looks again while one goes: none goes twice, none is left out', () => {
  const { answers, gone, add, allow, waiting } = scene()
  const mine = new AbortController()
  add('a', never)
  add('b', mine.signal)
  add('c', never)
  allow(10, (name) => {
    if (name !== 'a') return
    add('d', never)
    mine.abort()
  })
  expect(answers).toEqual(['b'])
  expect(gone).toEqual(['a', 'c', 'd'])
  expect(waiting.isEmpty).toBe(true)
})

test('after the end nobody is listened to any more', () => {
  const { answers, stop, add } = scene()
  const mine = new AbortController()
  add('a', mine.signal)
  stop.abort()
  mine.abort()
  expect(answers).toEqual([])
})
