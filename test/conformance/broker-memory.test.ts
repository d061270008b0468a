import { openMemoryBroker } from '../../src-main/adapters/broker-memory/memory-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { amqpPlaces, typedHeaders } from './amqp.ts'
import { brokerConformance } from './broker.ts'

brokerConformance('the in-process broker', async (context) => {
  const broker = openMemoryBroker({ clock: systemClock() })
  let names = 0
  context.onTestFinished(() => broker.close())
  const queue = (lengthMax?: number): string => {
    const name = `queue-${++names}`
    broker.declareQueue(name, lengthMax)
    return name
  }
  return {
    broker,
    headers: typedHeaders,
    queue: () => Promise.resolve(queue()),
    full: () =>
      Promise.resolve({ queue: queue(1), fill: () => Promise.resolve(), answer: 'refused broker-refused' }),
    ...amqpPlaces((bound, routingKey) => {
      const name = `exchange-${++names}`
      broker.declareExchange(name, 'direct')
      broker.bind(bound, name, routingKey)
      return Promise.resolve(name)
    }),
    drain: async (queue) =>
      broker.take(queue, Number.MAX_SAFE_INTEGER).map((stored) => ({
        ...stored,
        headers: { ...(JSON.parse(stored.headers ?? '{}') as object), ...stored.redriveHeaders },
      })),
    silence: (publishes) =>
      broker.fault(...Array.from({ length: publishes }, () => ({ fault: 'answer-lost' as const }))),
    cut: () => broker.cut('cut by the test'),
  }
})
