import { describe, expect, test } from 'vitest'
import { damagedHeader, letterDigest, newLetterIds } from '../../src-main/domain/dead-letter/letter.ts'
import type { Letter } from '../../src-main/domain/dead-letter/letter.ts'
import { redriveDestination, redrivenCopy } from '../../src-main/domain/dead-letter/redriven.ts'
import { deathStory } from '../../src-main/domain/dead-letter/story.ts'

function letter(headers: Letter['headers'], rest: Partial<Letter> = {}): Letter {
  const body = new TextEncoder().encode('{"order":1}')
  const properties = { messageId: 'm-1', userId: 'shop', expiration: '60000', correlationId: 'c' }
  return { exchange: '', routingKey: 'dlq', messageId: 'm-1', type: null, body, properties, headers, ...rest }
}

const death = (queue: string, reason: string, seconds: number, exchange = 'orders', count = 1) => ({
  count,
  reason,
  queue,
  exchange,
  time: { '!': 'timestamp', value: seconds },
  'routing-keys': ['orders.placed', 'copy'],
})

/** As 3.10 writes a message that expired in a retry queue after it was rejected. */
const twice = {
  'x-death': [
    death('retry', 'expired', 1_700_000_060, 'retry-x'),
    death('work', 'rejected', 1_700_000_000, 'orders', 2),
  ],
  'x-first-death-queue': 'work',
  'x-first-death-reason': 'rejected',
  'x-first-death-exchange': 'orders',
}

describe('the story of a dead letter', () => {
  test('of RabbitMQ: newest death first, the origin is that of the first', () => {
    expect(deathStory(letter(twice))).toEqual({
      told: 'broker',
      reason: 'expired',
      error: null,
      cause: "expired in queue 'retry'",
      origin: { queue: 'work', exchange: 'orders', routingKey: 'orders.placed', record: null },
      deaths: 3,
      firstDiedAt: '2023-11-14T22:13:20.000Z',
      lastDiedAt: '2023-11-14T22:14:20.000Z',
      redrive: null,
    })
  })

  test("of Spring's recoverer: what the consumer said, normalised, and where it was first published", () => {
    const story = deathStory(
      letter({
        'x-exception-message': 'Order 4711 not found',
        'x-exception-stacktrace': 'com.shop.NotFound: Order 4711 not found\n\tat …',
        'x-original-exchange': 'orders',
        'x-original-routingKey': 'orders.placed',
      }),
    )
    expect(story).toMatchObject({
      told: 'recoverer',
      error: 'Order 4711 not found',
      cause: 'Order <n> not found',
    })
    expect(story.origin).toEqual({
      queue: null,
      exchange: 'orders',
      routingKey: 'orders.placed',
      record: null,
    })
  })

  test('a message that died again after a redrive still knows its origin', () => {
    // 4.x writes the way of the redrive over the first one.
    const first = redrivenCopy(letter(twice), 'digest')
    const again = letter({
      ...first.headers,
      'x-death': [death('work', 'rejected', 1_700_009_000, '')],
      'x-first-death-exchange': '',
      'x-first-death-queue': 'work',
    })
    const story = deathStory(again)
    expect(story.origin).toEqual({
      queue: 'work',
      exchange: 'orders',
      routingKey: 'orders.placed',
      record: null,
    })
    const second = redrivenCopy(again, 'another')
    expect(second.headers['x-redrive-times']).toBe(2)
    expect(second.headers['x-redrive-id']).toBe(first.headers['x-redrive-id'])
  })

  test('what is dangerous is taken off and kept as text; the message stays what it is', () => {
    const copy = redrivenCopy(
      letter({ ...twice, CC: ['elsewhere'], 'x-delay': 5_000, tenant: 'a' }),
      'digest',
    )
    expect(Object.keys(copy.headers).sort()).toEqual([
      'tenant',
      'x-redrive-id',
      'x-redrive-kept',
      'x-redrive-origin-exchange',
      'x-redrive-origin-queue',
      'x-redrive-origin-routing-key',
      'x-redrive-times',
    ])
    expect(JSON.parse(String(copy.headers['x-redrive-kept']))).toMatchObject({
      CC: ['elsewhere'],
      'x-delay': 5_000,
      'user-id': 'shop',
      expiration: '60000',
      'x-first-death-queue': 'work',
    })
    expect(copy.properties).toEqual({ messageId: 'm-1', correlationId: 'c' })
  })

  test('nothing is guessed where nothing is told', () => {
    const { origin, told, cause } = deathStory(letter({}))
    expect({ told, cause }).toEqual({ told: 'nobody', cause: null })
    expect(redriveDestination(origin, { kind: 'origin' })).toBeNull()
    expect(redriveDestination(origin, { kind: 'queue' })).toBeNull()
    expect(
      redriveDestination(
        { queue: 'work', exchange: '', routingKey: 'work', record: null },
        { kind: 'queue' },
      ),
    ).toEqual({
      exchange: '',
      routingKey: 'work',
    })
  })
})

test('letters that are equal in everything have ids of their own; what the broker counts makes no other letter', () => {
  const idOf = newLetterIds()
  const one = letter({ tenant: 'a', 'x-delivery-count': 1 })
  const ids = [
    idOf(one).id,
    idOf(letter({ tenant: 'a', 'x-delivery-count': 2 })).id,
    idOf(letter({ tenant: 'b' })).id,
  ]
  expect(ids[1]).toBe(`${ids[0]}~2`)
  expect(ids[2]).not.toContain('~')
  expect(letterDigest(letter({ tenant: 'a' }, { body: new Uint8Array([0xff, 0]) }))).not.toBe(
    letterDigest(one),
  )
})

test('a header that would not come back as it was is named', () => {
  expect(damagedHeader({ amount: 9_007_199_254_740_992, ok: 1 })).toBe('amount')
  expect(damagedHeader({ nested: { text: 'caf\uFFFD' } })).toBe('nested')
  expect(damagedHeader({ half: 0.5, list: [1, 'a'], 'x-death': [{ text: '\uFFFD' }] })).toBeNull()
})
