import { connect } from 'amqplib'
import { describe, expect, it } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import type { BrokerState } from '../../src-main/ports/broker.ts'
import { openTestBroker, outgoing, word } from '../support/rabbitmq.ts'
import { startRabbitNode } from '../support/rabbitmq-node.ts'

const never = new AbortController().signal
const CONFIRM_TIMEOUT_MS = 1_500

describe('a broker that blocks', () => {
  // The alarm holds for the whole broker: this one is the test's own, and everything about it is in this one test.
  it('outstanding become unknown, further ones are refused, and what was sent arrives after the alarm', async (context) => {
    const node = await startRabbitNode()
    context.onTestFinished(() => node.close())
    const url = `amqp://guest@127.0.0.1:${node.port}/`
    const admin = await connect({
      hostname: '127.0.0.1',
      port: node.port,
      username: 'guest',
      password: 'guest',
    })
    const channel = await admin.createChannel()
    const { queue } = await channel.assertQueue('queue', { durable: true })
    const destination = { exchange: '', routingKey: queue }
    const broker = openTestBroker(context, {
      url,
      password: async () => 'guest',
      confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    })
    await broker.report(never)
    const publisher = await broker.openPublisher(never)
    expect(word(await publish(publisher, outgoing(destination, 'before'), never))).toBe('confirmed')
    const seen: BrokerState[] = []
    broker.watch((state) => seen.push(state))

    await node.control('set_vm_memory_high_watermark', '0.0000001')
    // The broker says "blocked" only to who publishes: this one is on its way already.
    expect(broker.state()).toEqual({ state: 'connected' })
    const outstanding = publish(publisher, outgoing(destination, 'during'), never)
    await expect
      .poll(() => broker.state())
      .toEqual({ state: 'blocked', reason: expect.stringMatching(/memory/) })
    expect(seen).toContainEqual(broker.state())
    expect(word(await publish(publisher, outgoing(destination, 'refused'), never))).toBe(
      'refused broker-blocked',
    )
    await expect(broker.openPublisher(never)).rejects.toMatchObject({
      code: 'broker-blocked',
      retry: 'later',
    })
    // The looking connection publishes nothing, so it is not blocked.
    await expect(broker.checkDestinations([destination], never)).resolves.toMatchObject([{ exists: true }])
    expect(word(await outstanding)).toBe('unknown confirm-timeout')
    await node.control('set_vm_memory_high_watermark', '0.4')

    await expect.poll(() => broker.state(), { timeout: 10_000 }).toEqual({ state: 'connected' })
    expect(word(await publish(publisher, outgoing(destination, 'after'), never))).toBe('confirmed')
    const ids: unknown[] = []
    for (let read = await channel.get(queue); read !== false; read = await channel.get(queue))
      ids.push(read.properties.messageId)
    expect(ids).toEqual(['before', 'during', 'after'])
    await admin.close()
  }, 180_000)
})
