import { openRabbitBroker } from '../../src-main/adapters/broker-rabbitmq/rabbit-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { openRabbitTest, rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { deadLettersConformance } from './dead-letters.ts'

deadLettersConformance('RabbitMQ', async (context) => {
  const names = await openRabbitTest(context)
  const proxy = await openTcpProxy({ host: rabbit.host, port: rabbit.port })
  const { deadLetters, close } = open(proxy.port)
  context.onTestFinished(async () => {
    await close()
    await proxy.close()
  })
  return {
    deadLetters,
    queue: async (ids) => {
      const queue = await names.queue()
      for (const messageId of ids) names.channel.sendToQueue(queue, Buffer.from('{}'), { messageId })
      // A question behind the publishes on the same channel: they are there when it is answered.
      await names.count(queue)
      return queue
    },
    drain: async (queue) => (await names.drain(queue)).map(({ messageId }) => messageId),
    cut: () => proxy.cut(),
  }
})

function open(port: number) {
  const broker = openRabbitBroker({
    url: rabbitUrl({ port }),
    password: async () => rabbit.password,
    clock: systemClock(),
  })
  const { deadLetters } = broker
  if (deadLetters === undefined) throw new Error('the broker reads no dead letters')
  return { deadLetters, close: () => broker.close() }
}
