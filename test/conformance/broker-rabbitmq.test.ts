import { openRabbitBroker } from '../../src-main/adapters/broker-rabbitmq/rabbit-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { openRabbitTest, rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { amqpPlaces, typedHeaders } from './amqp.ts'
import { brokerConformance } from './broker.ts'

brokerConformance('RabbitMQ', async (context) => {
  const names = await openRabbitTest(context)
  const proxy = await openTcpProxy({ host: rabbit.host, port: rabbit.port })
  const broker = openRabbitBroker({
    url: rabbitUrl({ port: proxy.port }),
    password: async () => rabbit.password,
    clock: systemClock(),
  })
  context.onTestFinished(async () => {
    await broker.close()
    await proxy.close()
  })
  return {
    broker,
    headers: typedHeaders,
    queue: () => names.queue(),
    full: async () => ({
      queue: await names.queue({ 'x-max-length': 1, 'x-overflow': 'reject-publish' }),
      fill: () => Promise.resolve(),
      answer: 'refused broker-refused',
    }),
    ...amqpPlaces(async (queue, routingKey) => {
      const exchange = await names.exchange()
      await names.channel.bindQueue(queue, exchange, routingKey)
      return exchange
    }),
    drain: (queue) => names.drain(queue),
    silence: () => proxy.blackHole('down'),
    cut: () => {
      proxy.cut()
      proxy.blackHole()
    },
  }
})
