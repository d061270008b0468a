import { join } from 'node:path'
import { connect } from 'amqplib'
import type { Page } from 'playwright-core'
import { kafkaVersion } from '../support/kafka-jars.ts'
import { produce } from '../support/kafka-dead-letters.ts'
import { makeKafkaNode, stopKafkaNode } from '../support/kafka-node.ts'
import { kafkaClient } from '../support/kafka.ts'
import { startRabbitNode } from '../support/rabbitmq-node.ts'

const RECORDS = 12_000
const BATCH = 1_000
/** The server counts every five seconds. */
const COUNTED_MS = 11_000

export interface BrokerPictures {
  /** What a workspace says of them. */
  readonly brokers: Readonly<Record<string, object>>
  close(): Promise<void>
}

/** A Kafka with topics and groups, a RabbitMQ whose queues are listed, and one whose are not. */
export async function openBrokerPictures(folder: string): Promise<BrokerPictures> {
  const kafka = await makeKafkaNode(join(folder, 'kafka'), kafkaVersion, process.pid)
  const rabbit = await startRabbitNode({ management: true })
  const client = kafkaClient(kafka)
  const admin = client.admin()
  await admin.connect()
  const topics = ['orders', 'orders-dlt', 'payments', 'shipments.eu-central.dispatched', 'clicks']
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 3 })) })
  await produce(
    kafka,
    'orders',
    Array.from({ length: RECORDS }, (_, n) => order(n)),
    'none',
    BATCH,
  )
  await produce(
    kafka,
    'payments',
    Array.from({ length: 40 }, (_, n) => order(n)),
    'none',
    BATCH,
  )
  const offsets = [
    { partition: 0, offset: '1200' },
    { partition: 2, offset: '3000' },
  ]
  await admin.setOffsets({ groupId: 'billing', topic: 'orders', partitions: offsets })
  await admin.setOffsets({
    groupId: 'search-index',
    topic: 'payments',
    partitions: [{ partition: 0, offset: '1' }],
  })
  await admin.disconnect()
  await rabbit.control('set_policy', 'dead', '^orders', '{"dead-letter-exchange":"dlx","max-length":10000}')
  await fillQueues(rabbit.port)
  const url = `amqp://guest@127.0.0.1:${rabbit.port}/`
  const login = { driver: 'rabbitmq', url, password: { value: 'guest' } }
  return {
    brokers: {
      'kafka-eu': { driver: 'kafka', brokers: [`127.0.0.1:${kafka.ports.plain}`] },
      'rabbit-eu': { ...login, management: `http://127.0.0.1:${rabbit.managementPort ?? 0}` },
      'rabbit-unasked': login,
    },
    close: async () => {
      await stopKafkaNode(kafka, 'SIGKILL')
      await rabbit.close()
    },
  }
}

function order(n: number) {
  const note = n % 97 === 0 ? 'lost in the warehouse' : 'fine'
  const value =
    n % 50 === 1 ? null : JSON.stringify({ order: n, total: { amount: n * 3, currency: 'EUR' }, note })
  return {
    key: `O-${n}`,
    value,
    headers: { tenant: n % 2 === 0 ? 'acme' : 'globex', traceparent: Buffer.from([0, 255, n % 256, 7]) },
  }
}

async function fillQueues(port: number): Promise<void> {
  const connection = await connect({ hostname: '127.0.0.1', port, username: 'guest', password: 'guest' })
  const channel = await connection.createChannel()
  const queues = { orders: 42, 'orders.dead': 7, payments: 0, 'shipments.dispatched': 1_200 }
  for (const [queue, count] of Object.entries(queues)) {
    const type = queue === 'payments' ? { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 } : {}
    await channel.assertQueue(queue, { durable: true, arguments: type })
    for (let n = 0; n < count; n += 1) channel.sendToQueue(queue, Buffer.from('{}'))
  }
  await channel.close()
  await connection.close()
  await new Promise((resolve) => setTimeout(resolve, COUNTED_MS))
}

const openFirst = (page: Page) => page.locator('[data-row]').first().click()

export const brokerShots = [
  { name: 'brokers-memory', path: '#/brokers' },
  { name: 'brokers-queues', path: '#/brokers?broker=rabbit-eu', act: openFirst },
  { name: 'brokers-unasked', path: '#/brokers?broker=rabbit-unasked' },
  { name: 'brokers-topics', path: '#/brokers?broker=kafka-eu&view=topics' },
  { name: 'brokers-groups', path: '#/brokers?broker=kafka-eu&view=groups', act: openFirst },
  { name: 'brokers-records', path: '#/brokers?broker=kafka-eu&view=topics&topic=orders', act: openFirst },
  {
    name: 'brokers-search',
    path: '#/brokers?broker=kafka-eu&view=topics&topic=orders',
    act: async (page: Page) => {
      await page.locator('[data-test=range-kind]').click()
      await page.locator('.n-base-select-option').nth(1).click()
      await page.locator('form .text input').fill('warehouse')
      await page.locator('[data-test=read]').click()
    },
  },
]
