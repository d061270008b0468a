import { connect } from 'amqplib'
import type { Channel } from 'amqplib'
import type { KafkaNode } from '../support/kafka-node.ts'
import { kafkaAddress, openKafkaTopics } from '../support/kafka.ts'
import { rabbit } from '../support/rabbitmq.ts'
import type { TestEngineOptions } from '../support/test-engine.ts'

/** Longest silence of a queue that still holds messages before reading it is given up. */
const READ_TIMEOUT_MS = 30_000
const READ_POLL_MS = 20
const PARTITIONS = 3

/** Where the messages of a proof arrive: a queue of RabbitMQ, or a topic of Kafka. */
export interface Sink {
  readonly queue: string
  /** How an engine gets there. */
  readonly engine: Partial<TestEngineOptions>
  /** The key of a message is its chain's: what has one key keeps its order. */
  readonly keyed: boolean
  /** Message ids of what has arrived since the last time; in order, of a topic per key. */
  take(): Promise<readonly string[]>
  /** Forgets what has arrived. */
  clear(): Promise<void>
  close(): Promise<void>
}

export async function openQueue(queue: string, brokerPort: number | undefined): Promise<Sink> {
  await withChannel(brokerPort, (channel) => channel.assertQueue(queue, { durable: true }))
  return {
    queue,
    engine: brokerPort === undefined ? {} : { brokerPort },
    keyed: false,
    take: () => withChannel(brokerPort, (channel) => takeAll(channel, queue)),
    clear: async () => void (await withChannel(brokerPort, (channel) => channel.purgeQueue(queue))),
    close: async () => {
      await withChannel(brokerPort, (channel) => channel.deleteQueue(queue)).catch(() => undefined)
    },
  }
}

/** A topic of some partitions on the node; through the proxy where there is one. */
export async function openTopic(node: KafkaNode, proxyPort?: number): Promise<Sink> {
  const { test, close } = await openKafkaTopics(node)
  const queue = await test.topic(PARTITIONS)
  let seen = new Map<number, number>()
  const take = async (): Promise<readonly string[]> => {
    const records = await test.read(queue)
    const counts = new Map<number, number>()
    const fresh = records.filter(({ partition }) => {
      const place = (counts.get(partition) ?? 0) + 1
      counts.set(partition, place)
      return place > (seen.get(partition) ?? 0)
    })
    seen = counts
    return fresh.map(({ headers }) => String(headers['x-message-id']?.[0]))
  }
  return {
    queue,
    engine: { kafka: kafkaAddress(node, proxyPort) },
    keyed: true,
    take,
    clear: async () => void (await take()),
    close: () => close(true),
  }
}

/** A connection for one question: the broker may have been restarted since the one before. */
async function withChannel<T>(
  brokerPort: number | undefined,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const { host: hostname, user: username, password } = rabbit
  const port = brokerPort ?? rabbit.port
  const connection = await connect({ protocol: 'amqp', hostname, port, username, password })
  connection.on('error', () => undefined)
  try {
    return await work(await connection.createChannel())
  } finally {
    await connection.close()
  }
}

async function takeAll(channel: Channel, queue: string): Promise<readonly string[]> {
  const ids: string[] = []
  const { messageCount } = await channel.checkQueue(queue)
  const { consumerTag } = await channel.consume(
    queue,
    (message) => void ids.push(String(message?.properties.messageId)),
    { noAck: true },
  )
  for (let waitedMs = 0; ids.length < messageCount; waitedMs += READ_POLL_MS) {
    if (waitedMs > READ_TIMEOUT_MS) throw new Error(`the queue gave ${ids.length} of ${messageCount}`)
    await new Promise((later) => setTimeout(later, READ_POLL_MS))
  }
  await channel.cancel(consumerTag)
  return ids
}
