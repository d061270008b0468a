import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import type { Destination } from '../../src-main/domain/message.ts'
import { publish } from '../../src-main/ports/broker.ts'
import type { Broker, Publisher } from '../../src-main/ports/broker.ts'
import { openRabbitTest, openTestBroker, outgoing, rabbit, word } from '../support/rabbitmq.ts'
import type { RabbitTest } from '../support/rabbitmq.ts'

const never = new AbortController().signal

async function opened(
  context: TestContext,
): Promise<{ names: RabbitTest; broker: Broker; publisher: Publisher }> {
  const names = await openRabbitTest(context)
  const broker = openTestBroker(context)
  return { names, broker, publisher: await broker.openPublisher(never) }
}

async function publishAll(publisher: Publisher, destination: Destination, count: number): Promise<string[]> {
  const work = Array.from({ length: count }, (_, index) =>
    publish(publisher, outgoing(destination, `m-${index}`), never),
  )
  return (await Promise.all(work)).map(word)
}

describe('publisher confirms of RabbitMQ', () => {
  it('unroutable: the return comes before the ack, for every one of 2,000', async (context) => {
    const { names, publisher } = await opened(context)
    const results = await publishAll(publisher, { exchange: '', routingKey: names.unusedName() }, 2_000)
    expect(new Set(results)).toEqual(new Set(['returned unroutable']))
  })

  it('every message is persistent, and nothing is set that was not asked for', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = await names.queue()
    const headers = '{"expiration":"soon","user-id":"somebody"}'
    const sent = { ...outgoing({ exchange: '', routingKey: queue }, 'm-1'), headers }
    expect(word(await publish(publisher, sent, never))).toBe('confirmed')
    const read = await names.channel.get(queue, { noAck: true })
    expect(read === false ? null : read.properties).toMatchObject({
      deliveryMode: 2,
      messageId: 'm-1',
      contentType: 'application/json',
      expiration: undefined,
      userId: undefined,
      timestamp: undefined,
      type: undefined,
      contentEncoding: undefined,
    })
  })

  it('an alternate exchange took it: confirmed, not returned', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = await names.queue()
    const alternate = await names.exchange('fanout')
    await names.channel.bindQueue(queue, alternate, '')
    const exchange = await names.exchange('direct', { 'alternate-exchange': alternate })
    expect(await publishAll(publisher, { exchange, routingKey: 'nobody' }, 1)).toEqual(['confirmed'])
    expect(await names.count(queue)).toBe(1)
  })

  it('the exchange vanishes under way: a single publish is refused, because it can only be meant', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = await names.queue()
    const exchange = names.unusedName()
    await names.channel.assertExchange(exchange, 'direct')
    await names.channel.bindQueue(queue, exchange, 'key')
    expect(await publishAll(publisher, { exchange, routingKey: 'key' }, 10)).toEqual(
      Array(10).fill('confirmed'),
    )
    await names.channel.deleteExchange(exchange)
    expect(await publishAll(publisher, { exchange, routingKey: 'key' }, 1)).toEqual([
      'refused exchange-missing',
    ])
    expect(await publishAll(publisher, { exchange: '', routingKey: queue }, 1)).toEqual([
      'refused channel-closed',
    ])
  })

  it('the exchange vanishes under way: several publishes are unknown, neighbours too', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = await names.queue()
    const exchange = names.unusedName()
    await names.channel.assertExchange(exchange, 'direct')
    await names.channel.bindQueue(queue, exchange, 'key')
    await publishAll(publisher, { exchange, routingKey: 'key' }, 1)
    await publishAll(publisher, { exchange: '', routingKey: queue }, 1)
    await names.channel.deleteExchange(exchange)
    const [gone, neighbours] = await Promise.all([
      publishAll(publisher, { exchange, routingKey: 'key' }, 3),
      publishAll(publisher, { exchange: '', routingKey: queue }, 3),
    ])
    expect(new Set(gone)).toEqual(new Set(['unknown channel-closed']))
    expect(new Set(neighbours)).toEqual(new Set(['unknown channel-closed']))
    // What "unknown" hides here: the broker threw them away.
    expect(await names.count(queue)).toBe(2)
  })

  it('an exchange made after it was missing is found again', async (context) => {
    const { names, broker, publisher } = await opened(context)
    const exchange = names.unusedName()
    const destination = { exchange, routingKey: 'key' }
    expect(await publishAll(publisher, destination, 2)).toEqual(Array(2).fill('refused exchange-missing'))
    const queue = await names.queue()
    await names.channel.assertExchange(exchange, 'direct', { autoDelete: true })
    await names.channel.bindQueue(queue, exchange, 'key')
    const later = await broker.openPublisher(never)
    expect(await publishAll(later, destination, 2)).toEqual(Array(2).fill('confirmed'))
  })

  it('the looking connection comes up later: a missing exchange closes no channel', async (context) => {
    const names = await openRabbitTest(context)
    const release = Promise.withResolvers<void>()
    let dialled = 0
    const password = async (): Promise<string> => {
      dialled += 1
      // The publishing connection dials first.
      if (dialled === 2) await release.promise
      return rabbit.password
    }
    const publisher = await openTestBroker(context, { password }).openPublisher(never)
    const exchange = names.unusedName()
    const outcomes = publishAll(publisher, { exchange, routingKey: 'key' }, 2)
    await setTimeout(200)
    release.resolve()
    expect(await outcomes).toEqual(Array(2).fill('refused exchange-missing'))
    const queue = await names.queue()
    expect(await publishAll(publisher, { exchange: '', routingKey: queue }, 1)).toEqual(['confirmed'])
  })

  it('a fan-out with one full queue: refused, although the other queue has it', async (context) => {
    const { names, publisher } = await opened(context)
    const exchange = await names.exchange('fanout')
    const full = await names.queue({ 'x-max-length': 0, 'x-overflow': 'reject-publish' })
    const open = await names.queue()
    for (const queue of [full, open]) await names.channel.bindQueue(queue, exchange, '')
    const result = await publish(publisher, outgoing({ exchange, routingKey: '' }, 'm-1'), never)
    expect(word(result)).toBe('refused broker-refused')
    expect(result).toHaveProperty('reason', expect.stringContaining('other queues may have it'))
    expect([await names.count(full), await names.count(open)]).toEqual([0, 1])
  })

  it('a queue that drops its head: confirmed, while an older message is lost', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = await names.queue({ 'x-max-length': 1 })
    expect(await publishAll(publisher, { exchange: '', routingKey: queue }, 2)).toEqual(
      Array(2).fill('confirmed'),
    )
    expect((await names.drain(queue)).map((read) => read.messageId)).toEqual(['m-1'])
  })

  it('a quorum queue confirms too', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = await names.queue({ 'x-queue-type': 'quorum' })
    const results = await publishAll(publisher, { exchange: '', routingKey: queue }, 500)
    expect(new Set(results)).toEqual(new Set(['confirmed']))
    expect(await names.drain(queue)).toHaveLength(500)
  })

  it('the queue is deleted under way: acked or returned, nothing unknown', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = names.unusedName()
    await names.channel.assertQueue(queue)
    const results = publishAll(publisher, { exchange: '', routingKey: queue }, 3_000)
    await names.channel.deleteQueue(queue)
    for (const result of await results) expect(['confirmed', 'returned unroutable']).toContain(result)
  })

  it('an exchange that nobody may publish to: refused, and no neighbour becomes unknown', async (context) => {
    const { names, broker, publisher } = await opened(context)
    const queue = await names.queue()
    const internal = names.unusedName()
    await names.channel.assertExchange(internal, 'fanout', { internal: true, durable: true })
    const before = publishAll(publisher, { exchange: '', routingKey: queue }, 20)
    const denied = publishAll(publisher, { exchange: internal, routingKey: '' }, 3)
    const after = publishAll(publisher, { exchange: '', routingKey: queue }, 20)
    expect(await before).toEqual(Array(20).fill('confirmed'))
    expect(await denied).toEqual([
      'refused permission-denied',
      'refused channel-closed',
      'refused channel-closed',
    ])
    expect(await after).toEqual(Array(20).fill('refused channel-closed'))
    const next = await broker.openPublisher(never)
    const [again, neighbours] = await Promise.all([
      publishAll(next, { exchange: internal, routingKey: '' }, 3),
      publishAll(next, { exchange: '', routingKey: queue }, 20),
    ])
    expect(again).toEqual(Array(3).fill('refused permission-denied'))
    expect(neighbours).toEqual(Array(20).fill('confirmed'))
    expect(await names.count(queue)).toBe(40)
    await names.channel.deleteExchange(internal)
  })

  it('CC reaches further queues, as it did for the service that wrote the row', async (context) => {
    const { names, publisher } = await opened(context)
    const [first, second] = [await names.queue(), await names.queue()]
    const sent = {
      ...outgoing({ exchange: '', routingKey: first }, 'm-1'),
      headers: JSON.stringify({ CC: [second] }),
    }
    expect(word(await publish(publisher, sent, never))).toBe('confirmed')
    expect([await names.count(first), await names.count(second)]).toEqual([1, 1])
  })

  it('a CC that would close the channel is refused before', async (context) => {
    const { names, publisher } = await opened(context)
    const destination = { exchange: '', routingKey: await names.queue() }
    for (const headers of ['{"CC":"queue"}', '{"BCC":[1]}', '{"CC":null}'])
      expect(word(await publish(publisher, { ...outgoing(destination, 'm-1'), headers }, never))).toBe(
        'refused headers-not-json',
      )
    expect(await publishAll(publisher, destination, 1)).toEqual(['confirmed'])
  })

  it('a payload above the limit is refused before it closes the channel', async (context) => {
    const names = await openRabbitTest(context)
    const broker = openTestBroker(context, { payloadBytesMax: 1_000 })
    const publisher = await broker.openPublisher(never)
    const destination = { exchange: '', routingKey: await names.queue() }
    const large = { ...outgoing(destination, 'm-1'), payload: 'ü'.repeat(501) }
    expect(word(await publish(publisher, large, never))).toBe('refused message-too-large')
    expect(await publishAll(publisher, destination, 1)).toEqual(['confirmed'])
  })

  it('a payload of several frames arrives whole', async (context) => {
    const { names, publisher } = await opened(context)
    const queue = await names.queue()
    const payload = JSON.stringify('x'.repeat(5_000_000))
    const work = Array.from({ length: 8 }, (_, index) =>
      publish(publisher, { ...outgoing({ exchange: '', routingKey: queue }, `m-${index}`), payload }, never),
    )
    expect((await Promise.all(work)).map(word)).toEqual(Array(8).fill('confirmed'))
    expect((await names.drain(queue)).every((read) => read.payload === payload)).toBe(true)
  })
})
