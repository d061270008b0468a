import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import { headerTable } from '../../src-main/adapters/broker-rabbitmq/headers.ts'
import { openRabbitTest, openTestBroker, outgoing, word } from '../support/rabbitmq.ts'

const never = new AbortController().signal

describe('headers', () => {
  it('an integer beyond 2^53 reaches the broker exactly', async (context) => {
    const names = await openRabbitTest(context)
    const exchange = await names.exchange('headers')
    const exact = await names.queue()
    const rounded = await names.queue()
    // The broker itself compares: only the exact number is routed.
    const bind = (queue: string, value: string): Promise<unknown> =>
      names.channel.bindQueue(queue, exchange, '', { 'x-match': 'all', n: { '!': 'int64', value } })
    await bind(exact, '9007199254740993')
    await bind(rounded, '9007199254740992')
    const publisher = await openTestBroker(context).openPublisher(never)
    const sent = { ...outgoing({ exchange, routingKey: '' }, 'm-1'), headers: '{"n":9007199254740993}' }
    expect(word(await publish(publisher, sent, never))).toBe('confirmed')
    expect([await names.count(exact), await names.count(rounded)]).toEqual([1, 0])
  })

  it.each([
    ['1', { '!': 'int32', value: 1 }],
    ['-2147483648', { '!': 'int32', value: -2147483648 }],
    ['2147483648', { '!': 'int64', value: 2147483648n }],
    ['-9223372036854775808', { '!': 'int64', value: -9223372036854775808n }],
    ['1.0', { '!': 'double', value: 1 }],
    ['0.1', { '!': 'double', value: 0.1 }],
    ['1e300', { '!': 'double', value: 1e300 }],
    ['-0', { '!': 'double', value: -0 }],
    ['{"!":"int64","value":"7"}', { '!': 'object', value: { '!': 'int64', value: '7' } }],
  ])('%s keeps its type', (text, expected) => {
    expect(headerTable(`{"h":${text}}`)).toEqual({ h: expected })
  })

  it.each([
    ['a number beyond 64 bits', '{"h":9223372036854775808}'],
    ['a number beyond a double', '{"h":1e400}'],
    ['more digits than a double has', '{"h":0.1234567890123456789}'],
    ['a name that occurs twice', '{"h":1,"h":2}'],
    ['a name that occurs twice, inside', '{"h":{"a:\\"":1,"a:\\"":2}}'],
    ['half a character', '{"h":"\\ud83d"}'],
    ['half a character in a name', '{"\\ud83d":1}'],
    ['a name longer than 255 bytes', `{"${'ü'.repeat(128)}":1}`],
  ])('%s is refused', (_, text) => {
    expect(() => headerTable(text)).toThrow()
  })

  it('keeps a name that JavaScript treats specially', async (context) => {
    const names = await openRabbitTest(context)
    const queue = await names.queue()
    const publisher = await openTestBroker(context).openPublisher(never)
    const headers = '{"__proto__":"a","constructor":{"__proto__":"b"},"":1,"!":"int64"}'
    const sent = { ...outgoing({ exchange: '', routingKey: queue }, 'm-1'), headers }
    expect(word(await publish(publisher, sent, never))).toBe('confirmed')
    const exchange = await names.exchange('headers')
    expect(exchange).not.toBe('')
    const read = (await names.drain(queue))[0]?.headers
    expect(read?.['constructor']).toBeTypeOf('object')
    expect(read?.['']).toBe(1)
    expect(read?.['!']).toBe('int64')
  })

  it('headers above 64 KiB are refused and the channel goes on', async (context) => {
    const names = await openRabbitTest(context)
    const destination = { exchange: '', routingKey: await names.queue() }
    const publisher = await openTestBroker(context).openPublisher(never)
    const sent = { ...outgoing(destination, 'm-1'), headers: JSON.stringify({ h: 'x'.repeat(70_000) }) }
    expect(word(await publish(publisher, sent, never))).toBe('refused message-too-large')
    expect(word(await publish(publisher, outgoing(destination, 'm-2'), never))).toBe('confirmed')
    const deep = {
      ...outgoing(destination, 'm-3'),
      headers: `{"h":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    }
    expect(word(await publish(publisher, deep, never))).toMatch(/^refused/)
    expect((await names.drain(destination.routingKey)).map((read) => read.messageId)).toEqual(['m-2'])
  })

  it('names that are too long are refused and the channel goes on', async (context) => {
    const names = await openRabbitTest(context)
    const destination = { exchange: '', routingKey: await names.queue() }
    const publisher = await openTestBroker(context).openPublisher(never)
    const long = 'x'.repeat(256)
    const results = await Promise.all([
      publish(publisher, outgoing(destination, long), never),
      publish(publisher, { ...outgoing(destination, 'm-2'), type: long }, never),
      publish(publisher, outgoing({ exchange: '', routingKey: long }, 'm-3'), never),
      publish(publisher, outgoing(destination, 'ü'.repeat(127)), never),
    ])
    expect(results.map(word)).toEqual([...Array<string>(3).fill('refused message-too-large'), 'confirmed'])
  })

  it('any JSON object that is accepted arrives as it was', async (context) => {
    const names = await openRabbitTest(context)
    const queue = await names.queue()
    const publisher = await openTestBroker(context).openPublisher(never)
    const name = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => text !== '__proto__')
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'grapheme' }),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    const object = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(object, async (original) => {
        const headers = JSON.stringify(original)
        const sent = { ...outgoing({ exchange: '', routingKey: queue }, 'm-1'), headers }
        expect(word(await publish(publisher, sent, never))).toBe('confirmed')
        expect((await names.drain(queue))[0]?.headers).toEqual(JSON.parse(headers))
      }),
      { numRuns: 150 },
    )
  })
})
