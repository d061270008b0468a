import { expect, test } from 'vitest'
import { HeaderRefusal } from '../../src-main/adapters/broker-rabbitmq/headers.ts'
import { MessageKinds } from '../../src-main/adapters/broker-rabbitmq/message-kinds.ts'

const own = { 'x-redrive-job': 'job-1', 'x-redrive-attempt': 4 }
const described = {
  headers: '{"tenant": "a"}',
  redriveHeaders: own,
  type: 'OrderPaid',
  contentType: 'application/json',
}

test('messages that say the same are of one kind, known from the second on', () => {
  const kinds = new MessageKinds()
  const first = kinds.of(described)
  expect(first).toEqual({
    isKnown: false,
    properties: {
      persistent: true,
      mandatory: true,
      contentType: 'application/json',
      type: 'OrderPaid',
      headers: { tenant: 'a', ...own },
    },
  })
  const second = kinds.of({ ...described })
  expect(second.isKnown).toBe(true)
  expect(second.properties).toBe(first.properties)
  expect(kinds.of({ ...described })).toBe(second)
})

test('other headers, none, another attempt, type or content make a kind of their own', () => {
  const kinds = new MessageKinds()
  const again = { ...own, 'x-redrive-attempt': 5 }
  for (let turn = 0; turn < 3; turn += 1) {
    const headersOf = (other: Partial<typeof described> | { headers: null } | { type: null }): unknown =>
      kinds.of({ ...described, ...other }).properties
    expect(headersOf({})).toMatchObject({ headers: { tenant: 'a', ...own } })
    expect(headersOf({ headers: '{"tenant": "b"}' })).toMatchObject({ headers: { tenant: 'b', ...own } })
    expect(headersOf({ headers: null })).toMatchObject({ headers: own })
    expect(headersOf({ type: 'OrderLost' })).toMatchObject({ type: 'OrderLost' })
    expect(headersOf({ type: null })).not.toHaveProperty('type')
    expect(headersOf({ contentType: 'text/plain' })).toMatchObject({ contentType: 'text/plain' })
    expect(headersOf({ redriveHeaders: again })).toMatchObject({ headers: { tenant: 'a', ...again } })
  }
})

test('a thousand messages with headers of their own each get theirs, and none is known', () => {
  const kinds = new MessageKinds()
  for (let n = 0; n < 1_000; n += 1) {
    const { properties, isKnown } = kinds.of({ ...described, headers: JSON.stringify({ trace: String(n) }) })
    expect(properties.headers).toEqual({ trace: String(n), ...own })
    expect(isKnown).toBe(false)
  }
})

test('headers that cannot be sent are refused each time', () => {
  const kinds = new MessageKinds()
  for (let turn = 0; turn < 2; turn += 1) {
    expect(() => kinds.of({ ...described, headers: '{"a": 1, "a": 2}' })).toThrow(HeaderRefusal)
  }
})
