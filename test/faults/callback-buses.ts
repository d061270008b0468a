import { connect } from 'amqplib'
import type { ConfirmChannel } from 'amqplib'
import { kafkaAddress, kafkaClient, openKafkaTopics } from '../support/kafka.ts'
import { startKafkaNode, stopKafkaNode } from '../support/kafka-node.ts'
import type { KafkaNode } from '../support/kafka-node.ts'
import { startRabbitNode } from '../support/rabbitmq-node.ts'

/** What a receiver and a sender publish to, and what breaks under them. */
export interface Bus {
  readonly name: string
  /** In the workspace. */
  readonly broker: object
  readonly listen: { readonly confirmations: string; readonly checks: string; readonly group: string }
  /** Resolves when the broker has acknowledged all of them; rejects where it has not, and some may be there. */
  confirm(ids: readonly string[]): Promise<void>
  check(ids: readonly string[]): Promise<void>
  /** Takes the broker away and gives it back; every second time as a crash where that can be done. */
  restart(): Promise<void>
  close(): Promise<void>
}

const USER = { username: 'guest', password: 'guest' }

/** On a node of its own. */
export async function rabbitBus(): Promise<Bus> {
  const node = await startRabbitNode()
  const [confirmations, checks] = ['confirmations', 'checks']
  const publish = async (queue: string, ids: readonly string[]): Promise<void> => {
    const connection = await connect({ hostname: '127.0.0.1', port: node.port, ...USER })
    connection.on('error', () => undefined)
    try {
      const channel: ConfirmChannel = await connection.createConfirmChannel()
      channel.on('error', () => undefined)
      for (const id of ids)
        channel.sendToQueue(queue, Buffer.from('{}'), { messageId: id, persistent: true, mandatory: true })
      await channel.waitForConfirms()
    } finally {
      await connection.close().catch(() => undefined)
    }
  }
  return {
    name: 'RabbitMQ',
    broker: {
      driver: 'rabbitmq',
      url: `amqp://${USER.username}@127.0.0.1:${node.port}/`,
      password: { value: USER.password },
    },
    listen: { confirmations, checks, group: 'unused' },
    confirm: (ids) => publish(confirmations, ids),
    check: (ids) => publish(`${checks}.delay`, ids),
    async restart() {
      await node.stop()
      await node.start()
    },
    close: () => node.close(),
  }
}

const PARTITIONS = 3

export async function kafkaBus(node: KafkaNode, owner: number): Promise<Bus> {
  const { test, close } = await openKafkaTopics(node)
  const [confirmations, checks] = [await test.topic(PARTITIONS), await test.topic(PARTITIONS)]
  const publish = async (topic: string, ids: readonly string[]): Promise<void> => {
    const producer = kafkaClient(node).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    try {
      const messages = ids.map((id) => ({ key: id, value: '{}', headers: { 'x-message-id': id } }))
      await producer.send({ topic, messages, acks: -1 })
    } finally {
      await producer.disconnect().catch(() => undefined)
    }
  }
  let restarts = 0
  return {
    name: 'Kafka',
    broker: { driver: 'kafka', ...kafkaAddress(node) },
    listen: { confirmations, checks, group: test.unusedName() },
    confirm: (ids) => publish(confirmations, ids),
    check: (ids) => publish(checks, ids),
    async restart() {
      restarts += 1
      await stopKafkaNode(node, restarts % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
      await startKafkaNode(node, owner)
    },
    close: () => close(true),
  }
}
