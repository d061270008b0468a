import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import type { Broker, BrokerState, Publisher } from '../../src-main/ports/broker.ts'
import { openRabbitTest, openTestBroker, outgoing, rabbit, word } from '../support/rabbitmq.ts'
import type { RabbitTest } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

const never = new AbortController().signal
const CONFIRM_TIMEOUT_MS = 500

interface Scene {
  readonly names: RabbitTest
  readonly proxy: TcpProxy
  readonly broker: Broker
  readonly publisher: Publisher
  readonly queue: string
}

/** With one message confirmed, so that the exchange is known. */
async function scene(context: TestContext, confirmTimeoutMs = CONFIRM_TIMEOUT_MS): Promise<Scene> {
  const names = await openRabbitTest(context)
  const proxy = await openTcpProxy({ host: rabbit.host, port: rabbit.port })
  context.onTestFinished(() => proxy.close())
  const broker = openTestBroker(context, { port: proxy.port, confirmTimeoutMs })
  const publisher = await broker.openPublisher(never)
  const queue = await names.queue()
  expect(word(await publish(publisher, outgoing({ exchange: '', routingKey: queue }, 'first'), never))).toBe(
    'confirmed',
  )
  return { names, proxy, broker, publisher, queue }
}

async function publishAll({ publisher, queue }: Scene, count: number): Promise<string[]> {
  const work = Array.from({ length: count }, (_, index) =>
    publish(publisher, outgoing({ exchange: '', routingKey: queue }, `m-${index}`), never),
  )
  return (await Promise.all(work)).map(word)
}

describe('a network that breaks', () => {
  it('no answer comes: unknown after the confirm timeout, although the queue has it', async (context) => {
    const place = await scene(context)
    place.proxy.blackHole('down')
    const startedAt = performance.now()
    expect(await publishAll(place, 20)).toEqual(Array(20).fill('unknown confirm-timeout'))
    const tookMs = performance.now() - startedAt
    expect(tookMs).toBeGreaterThanOrEqual(CONFIRM_TIMEOUT_MS)
    expect(tookMs).toBeLessThan(CONFIRM_TIMEOUT_MS * 3)
    expect(await place.names.count(place.queue)).toBe(21)
  })

  it('nothing goes out: unknown after the confirm timeout, although the queue does not have it', async (context) => {
    const place = await scene(context)
    place.proxy.blackHole('up', 'down')
    expect(await publishAll(place, 20)).toEqual(Array(20).fill('unknown confirm-timeout'))
    expect(await place.names.count(place.queue)).toBe(1)
  })

  it('a message that timed out is not sent again on the channel that still owes its answer', async (context) => {
    const place = await scene(context)
    place.proxy.blackHole('down')
    await publishAll(place, 1)
    expect(await publishAll(place, 1)).toEqual(['refused outcome-unsettled'])
    expect(await place.names.count(place.queue)).toBe(2)
  })

  it('an answer that comes too late changes nothing', async (context) => {
    const place = await scene(context)
    place.proxy.delay(CONFIRM_TIMEOUT_MS)
    expect(await publishAll(place, 5)).toEqual(Array(5).fill('unknown confirm-timeout'))
    place.proxy.delay(0)
    await wait(CONFIRM_TIMEOUT_MS * 3)
    expect(await publishAll(place, 5)).toEqual(Array(5).fill('confirmed'))
  })

  it('a reset: unknown, then refused; a new publisher works and nothing was sent twice', async (context) => {
    const place = await scene(context, 10_000)
    place.proxy.blackHole('down')
    const work = publishAll(place, 100)
    await wait(100)
    place.proxy.reset()
    place.proxy.blackHole()
    expect(await work).toEqual(Array(100).fill('unknown channel-closed'))
    expect(await publishAll(place, 1)).toEqual(['refused channel-closed'])
    const publisher = await place.broker.openPublisher(never)
    expect(await publishAll({ ...place, publisher }, 1)).toEqual(['confirmed'])
    await wait(300)
    const ids = (await place.names.drain(place.queue)).map((read) => read.messageId)
    expect(ids.filter((id) => id === 'first')).toHaveLength(1)
    expect(ids.filter((id) => id === 'm-7')).toHaveLength(1)
  })

  it('a cut in the middle of a frame: every one is unknown, none is confirmed wrongly', async (context) => {
    const place = await scene(context, 10_000)
    place.proxy.cutAfter('up', 20_000)
    const results = await publishAll(place, 500)
    const confirmed = results.filter((result) => result === 'confirmed').length
    expect(new Set(results.slice(confirmed))).toEqual(new Set(['unknown channel-closed']))
    const reached = await place.names.count(place.queue)
    expect(reached - 1).toBeGreaterThanOrEqual(confirmed)
    expect(reached - 1).toBeLessThan(500)
  })

  it('the looking connection is gone: publishing goes on', async (context) => {
    const place = await scene(context)
    place.proxy.refuse(true)
    const [before] = [place.proxy.connections()]
    expect(before).toBe(2)
    const exchange = await place.names.exchange('fanout')
    await place.names.channel.bindQueue(place.queue, exchange, '')
    const result = await publish(place.publisher, outgoing({ exchange, routingKey: '' }, 'x'), never)
    expect(word(result)).toBe('confirmed')
  })

  it('a host that is down for a while: disconnected with the time of the next try, then connected', async (context) => {
    const place = await scene(context)
    const seen: BrokerState[] = []
    place.broker.watch((state) => seen.push(state))
    place.proxy.refuse(true)
    place.proxy.cut()
    await expect
      .poll(() => seen.filter((state) => state.state === 'disconnected').length)
      .toBeGreaterThanOrEqual(2)
    for (const state of seen) if (state.state === 'disconnected') expect(state.retryInMs).toBeGreaterThan(0)
    place.proxy.refuse(false)
    await expect.poll(() => place.broker.state().state, { timeout: 10_000 }).toBe('connected')
    const publisher = await place.broker.openPublisher(never)
    expect(await publishAll({ ...place, publisher }, 1)).toEqual(['confirmed'])
  })

  it('close does not hang on a silent network', async (context) => {
    const place = await scene(context)
    place.proxy.blackHole('up', 'down')
    const work = publishAll(place, 5)
    const startedAt = performance.now()
    await place.broker.close()
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(await work).toEqual(Array(5).fill('unknown confirm-timeout'))
  })

  it('leaves no socket and no timer behind', async (context) => {
    const names = await openRabbitTest(context)
    const queue = await names.queue()
    const resources = (): Record<string, number> => {
      const kinds = process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|Timeout)/.test(kind))
      return Object.fromEntries(kinds.map((kind) => [kind, kinds.filter((other) => other === kind).length]))
    }
    const before = resources()
    const signal = new AbortController().signal
    for (let round = 0; round < 5; round++) {
      const broker = openTestBroker(context)
      const publisher = await broker.openPublisher(signal)
      await publish(publisher, outgoing({ exchange: '', routingKey: queue }, `m-${round}`), signal)
      await broker.report(signal)
      await broker.close()
    }
    await wait(50)
    for (const [kind, count] of Object.entries(resources()))
      expect(count).toBeLessThanOrEqual((before[kind] ?? 0) + 1)
  })
})
