import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { openKafkaBroker } from '../../src-main/adapters/broker-kafka/kafka-broker.ts'
import { kafkaAddress, openKafkaTest } from '../support/kafka.ts'
import type { ReadRecord } from '../support/kafka.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { brokerConformance } from './broker.ts'

useKafka()

brokerConformance('Kafka', async (context) => {
  const names = await openKafkaTest(context)
  const node = kafkaNode()
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: node.ports.plain })
  const broker = openKafkaBroker({
    ...kafkaAddress(node, proxy.port),
    password: () => Promise.resolve(''),
    clock: systemClock(),
  })
  context.onTestFinished(async () => {
    await broker.close()
    await proxy.close()
  })
  return {
    broker,
    // What Kafka has no type for is its text.
    headers: {
      sent: '{"text": "Grüße 你好 🚚", "yes": true, "large": 9007199254740993, "half": 0.50, "twice": ["b", "a"]}',
      arrived: {
        text: 'Grüße 你好 🚚',
        yes: 'true',
        large: '9007199254740993',
        half: '0.50',
        twice: 'b,a',
        'x-redrive-job': 'job-1',
        'x-redrive-attempt': '1',
      },
    },
    queue: () => names.topic(),
    to: (topic) => ({ kind: 'topic', topic, key: null, partition: null }),
    around: (topic) => Promise.resolve({ kind: 'topic', topic, key: 'key', partition: 0 }),
    nowhere: (topic) =>
      Promise.resolve({
        destination: { kind: 'topic', topic, key: 'key', partition: 7 },
        answer: 'returned partition-missing',
      }),
    missing: (topic) => ({
      destination: { kind: 'topic', topic: `${topic}-dead`, key: null, partition: null },
      answer: 'returned topic-missing',
    }),
    // An exchange is read as a topic, and a tombstone is a record like another.
    strange: [],
    full: async () => {
      const queue = await names.topic()
      // Kafka is never full for a client; it can be told to take nothing of this size any more.
      const fill = () => names.setConfig(queue, { 'max.message.bytes': '20' })
      return { queue, fill, answer: 'refused message-too-large' }
    },
    drain: async (topic) => (await names.read(topic)).map(asMessage),
    silence: () => proxy.blackHole('down'),
    cut: () => {
      proxy.cut()
      proxy.blackHole()
    },
  }
})

function asMessage({ value, headers }: ReadRecord) {
  const text = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(',')]))
  const { 'x-message-id': messageId = '', 'x-message-type': type = null, ...rest } = text
  return { messageId, type, payload: value?.toString() ?? '', headers: rest }
}
