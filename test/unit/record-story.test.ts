import { describe, expect, test } from 'vitest'
import { own } from '../../src-main/domain/dead-letter/own-headers.ts'
import {
  damagedName,
  recordDigest,
  recordId,
  recordPosition,
} from '../../src-main/domain/dead-letter/record-letter.ts'
import type { RecordLetter } from '../../src-main/domain/dead-letter/record-letter.ts'
import { recordStory } from '../../src-main/domain/dead-letter/record-story.ts'
import { redriveDestination } from '../../src-main/domain/dead-letter/redriven.ts'
import { redrivenRecord } from '../../src-main/domain/dead-letter/redriven-record.ts'
import { int32, int64 } from '../support/bytes.ts'

type Value = string | Uint8Array | null

function letter(
  headers: readonly (readonly [string, Value])[],
  rest: Partial<RecordLetter> = {},
): RecordLetter {
  return {
    kind: 'record',
    topic: 'orders-dlt',
    partition: 1,
    offset: 42n,
    at: '2026-01-02T03:04:05.000Z',
    messageId: 'm-1',
    type: null,
    key: Buffer.from('k'),
    value: Buffer.from('{}'),
    headers: headers.map(([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value]),
    ...rest,
  }
}

const spring = [
  ['kafka_dlt-original-topic', 'orders'],
  ['kafka_dlt-original-partition', int32(2)],
  ['kafka_dlt-original-offset', int64(5_000_000_000)],
  ['kafka_dlt-original-consumer-group', 'billing'],
  ['kafka_dlt-exception-fqcn', 'org.springframework.kafka.listener.ListenerExecutionFailedException'],
  ['kafka_dlt-exception-message', 'Order 4711 not found'],
  ['kafka_dlt-exception-stacktrace', 'com.shop.NotFound: Order 4711 not found\n\tat com.shop.L'],
  ['retry_topic-attempts', int32(4)],
] as const

describe('the story of a record', () => {
  test('of Spring Kafka: numbers in big-endian bytes, the error, the group that gave up', () => {
    expect(recordStory(letter(spring))).toEqual({
      told: 'recoverer',
      reason: null,
      error: 'Order 4711 not found',
      cause: 'Order <n> not found',
      origin: {
        queue: null,
        exchange: null,
        routingKey: null,
        record: { topic: 'orders', partition: 2, offset: '5000000000', group: 'billing' },
      },
      deaths: 4,
      firstDiedAt: '2026-01-02T03:04:05.000Z',
      lastDiedAt: '2026-01-02T03:04:05.000Z',
      redrive: null,
    })
  })

  test('that died on its way through topics for retries: the first topic is the origin, the newest error the cause', () => {
    const { origin, error } = recordStory(
      letter([
        ['kafka_dlt-original-topic', 'orders'],
        ['kafka_dlt-exception-message', 'first'],
        ['kafka_dlt-original-topic', 'orders-retry-0'],
        ['kafka_dlt-exception-message', 'second'],
      ]),
    )
    expect({ topic: origin.record?.topic, error }).toEqual({ topic: 'orders', error: 'second' })
  })

  test('of Kafka Connect: digits as text, the connector; its time is that of the record that died', () => {
    const story = recordStory(
      letter([
        ['__connect.errors.topic', 'orders'],
        ['__connect.errors.partition', '3'],
        ['__connect.errors.offset', '77'],
        ['__connect.errors.connector.name', 'sink'],
        ['__connect.errors.exception.class.name', 'org.apache.kafka.connect.errors.DataException'],
        ['__connect.errors.exception.message', ''],
        ['__connect.errors.exception.stacktrace', 'DataException: no schema\n\tat x'],
      ]),
    )
    expect(story).toMatchObject({
      told: 'connector',
      error: 'DataException: no schema',
      origin: { record: { topic: 'orders', partition: 3, offset: '77', group: 'sink' } },
      lastDiedAt: null,
    })
  })

  test('of Spring Cloud Stream, in bytes or in digits', () => {
    const story = (partition: Value, offset: Value) =>
      recordStory(
        letter([
          ['x-original-topic', 'orders'],
          ['x-original-partition', partition],
          ['x-original-offset', offset],
          ['x-exception-fqcn', 'java.lang.IllegalStateException'],
          ['x-exception-message', null],
        ]),
      )
    const expected = {
      error: 'java.lang.IllegalStateException',
      origin: { record: { topic: 'orders', partition: 1, offset: '9', group: null } },
    }
    expect(story(int32(1), int64(9))).toMatchObject(expected)
    expect(story('1', '9')).toMatchObject(expected)
  })

  test('nothing is guessed where nothing is told', () => {
    const { told, cause, origin } = recordStory(letter([['kafka_timestamp', 'x']]))
    expect({ told, cause, record: origin.record }).toEqual({ told: 'nobody', cause: null, record: null })
    expect(redriveDestination(origin, { kind: 'origin' })).toBeNull()
    expect(redriveDestination(recordStory(letter(spring)).origin, { kind: 'queue' })).toBeNull()
  })
})

describe('a record that is redriven', () => {
  test('keeps key, value and its own headers in order; what is dangerous is taken off and kept', () => {
    const own1 = ['b', Buffer.from([255])] as const
    const found = letter([
      own1,
      ...spring,
      ['a', null],
      ['b', 'again'],
      ['springDeserializerExceptionValue', 'x'],
    ])
    const { key, value, headers } = redrivenRecord(found, recordDigest(found))
    expect([key, value]).toEqual([found.key, found.value])
    const names = headers.map(([name]) => name)
    expect(names.slice(0, 3)).toEqual(['b', 'a', 'b'])
    expect(headers[1]?.[1]).toBeNull()
    expect(names.filter((name) => /kafka_dlt|retry_topic|springDes/.test(name))).toEqual([])
    const kept = new Map(headers).get(own.kept)
    const pairs = JSON.parse(new TextDecoder().decode(kept ?? undefined)) as [string, unknown][]
    expect(new Map(pairs).get('kafka_dlt-original-partition')).toEqual({ $base64: 'AAAAAg==' })
    expect(new Map(pairs).get('kafka_dlt-exception-message')).toBe('Order 4711 not found')
  })

  test('and died again knows its true origin, its first id and how often it was redriven', () => {
    const first = letter(spring)
    const once = redrivenRecord(first, recordDigest(first))
    const again = letter([...once.headers, ['kafka_dlt-original-topic', 'somewhere'], ['x-redrive-job', 'j']])
    const story = recordStory(again)
    expect(story.origin.record).toMatchObject({ topic: 'orders', partition: 2, offset: '5000000000' })
    expect(story.redrive?.times).toBe(1)
    const twice = redrivenRecord(again, recordDigest(again))
    const values = (name: string): string[] =>
      twice.headers
        .filter((one) => one[0] === name)
        .map(([, value]) => new TextDecoder().decode(value ?? undefined))
    expect(values(own.times)).toEqual(['2'])
    expect(values(own.id)).toEqual([story.redrive?.id])
  })
})

test('the id of a record finds it again, and tells it from another one at the same offset', () => {
  const one = letter([['a', '1']])
  const other = letter([['a', '']])
  const id = recordId(one, recordDigest(one))
  expect(recordPosition(id)).toEqual({ partition: 1, offset: 42n })
  expect(recordId(other, recordDigest(other))).not.toBe(id)
  expect(recordDigest(letter([['a', null]]))).not.toBe(recordDigest(other))
  expect(recordDigest(letter([], { value: null }))).not.toBe(
    recordDigest(letter([], { value: Buffer.from('') })),
  )
  expect(recordPosition('m-1#0011')).toBeNull()
  expect(damagedName(letter([['na\uFFFDme', '1']]))).toBe('na\uFFFDme')
})
