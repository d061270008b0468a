import { describe, expect, test } from 'vitest'
import { DESTINATION_BYTES_MAX, redirectProblems, redirected } from '../../src-main/domain/redirect.ts'
import type { Redirect } from '../../src-main/domain/redirect.ts'

const longest = 'é'.repeat(127) + 'x'

describe('a target', () => {
  test.each<[string, Redirect]>([
    ['an exchange', { exchange: 'orders' }],
    ['a routing key', { routingKey: 'orders.paid' }],
    ['an empty routing key, for a fanout', { exchange: 'all', routingKey: '' }],
    ['a queue, by the default exchange', { exchange: '', routingKey: 'orders' }],
    ['255 bytes', { exchange: longest }],
    ['any language, and spaces inside', { exchange: '订单 1' }],
  ])('%s will do', (_, redirect) => expect(redirectProblems(redirect)).toEqual([]))

  test.each<[string, Redirect, object]>([
    ['nothing', {}, { code: 'redirect-empty', field: null }],
    ['256 bytes', { routingKey: `${longest}x` }, { code: 'too-long', field: 'routingKey' }],
    ['a line feed at the end', { exchange: 'orders\n' }, { code: 'not-text', field: 'exchange' }],
    ['a zero', { exchange: 'a\u0000' }, { code: 'not-text', field: 'exchange' }],
    ['half a character', { routingKey: '\ud800' }, { code: 'not-text', field: 'routingKey' }],
    ['the default exchange without a queue', { exchange: '', routingKey: '' }, { code: 'queue-missing' }],
  ])('%s will not', (_, redirect, problem) => expect(redirectProblems(redirect)).toMatchObject([problem]))

  test('every field is told', () => {
    expect(DESTINATION_BYTES_MAX).toBe(255)
    expect(redirectProblems({ exchange: '\t', routingKey: 'x'.repeat(256) })).toEqual([
      { code: 'not-text', field: 'exchange' },
      { code: 'too-long', field: 'routingKey' },
    ])
  })
})

test('what is not named stays as the message has it', () => {
  const destination = { exchange: 'orders', routingKey: 'paid' }
  expect(redirected(destination, { exchange: 'repair' })).toEqual({ exchange: 'repair', routingKey: 'paid' })
  expect(redirected(destination, { routingKey: '' })).toEqual({ exchange: 'orders', routingKey: '' })
  expect(redirected(destination, { exchange: 'orders' })).toBe(destination)
  expect(redirected(destination, null)).toBe(destination)
})
