import { describe, expect, it } from 'vitest'
import type { BrokerState } from '../../src-main/ports/broker.ts'
import { openRabbitTest, openTestBroker, outgoing, rabbitmqctl, word } from '../support/rabbitmq.ts'

const never = new AbortController().signal
const CONFIRM_TIMEOUT_MS = 1_500

describe('a broker that blocks', () => {
  // The alarm holds for the whole broker, so everything about it is in this one test.
  it('outstanding become unknown, further ones are refused, and what was sent arrives after the alarm', async (context) => {
    const names = await openRabbitTest(context)
    const queue = await names.queue()
    const destination = { exchange: '', routingKey: queue }
    const broker = openTestBroker(context, { confirmTimeoutMs: CONFIRM_TIMEOUT_MS })
    await broker.report(never)
    const publisher = await broker.openPublisher(never)
    expect(word(await publisher.publish(outgoing(destination, 'before'), never))).toBe('confirmed')
    const seen: BrokerState[] = []
    broker.watch((state) => seen.push(state))
    const watermark = (await rabbitmqctl('eval', 'vm_memory_monitor:get_vm_memory_high_watermark().')).trim()

    await rabbitmqctl('set_vm_memory_high_watermark', '0.0000001')
    try {
      // The broker says "blocked" only to who publishes: this one is on its way already.
      expect(broker.state()).toEqual({ state: 'connected' })
      const outstanding = publisher.publish(outgoing(destination, 'during'), never)
      await expect
        .poll(() => broker.state())
        .toEqual({ state: 'blocked', reason: expect.stringMatching(/memory/) })
      expect(seen).toContainEqual(broker.state())
      expect(word(await publisher.publish(outgoing(destination, 'refused'), never))).toBe(
        'refused broker-blocked',
      )
      await expect(broker.openPublisher(never)).rejects.toMatchObject({
        code: 'broker-blocked',
        retry: 'later',
      })
      // The looking connection publishes nothing, so it is not blocked.
      await expect(broker.checkDestinations([destination], never)).resolves.toMatchObject([{ exists: true }])
      expect(word(await outstanding)).toBe('unknown confirm-timeout')
    } finally {
      await rabbitmqctl('set_vm_memory_high_watermark', watermark)
    }

    await expect.poll(() => broker.state(), { timeout: 10_000 }).toEqual({ state: 'connected' })
    expect(word(await publisher.publish(outgoing(destination, 'after'), never))).toBe('confirmed')
    const ids = (await names.drain(queue)).map((read) => read.messageId)
    expect(ids).toEqual(['before', 'during', 'after'])
  })
})
