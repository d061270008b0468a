import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Partitioners } from 'kafkajs'
import type { Producer } from 'kafkajs'
import { openKafkaBroker } from '../../src-main/adapters/broker-kafka/kafka-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { publish } from '../../src-main/ports/broker.ts'
import type { Publisher } from '../../src-main/ports/broker.ts'
import { kafkaVersion } from '../support/kafka-jars.ts'
import { makeKafkaNode, stopKafkaNode } from '../support/kafka-node.ts'
import { kafkaAddress, kafkaClient, openKafkaTopics } from '../support/kafka.ts'
import type { BenchLine } from './bench-line.ts'
import { ratioOfRounds, timed } from './paired-rounds.ts'

const MESSAGES = 30_000
const ROUNDS = 5
const PARTITIONS = 3
/** As the publisher's window. */
const WAVE = 1_000
const RATIO_MIN = 0.9
const PAYLOAD = JSON.stringify({ order: 4711, amount: '19.90', note: 'x'.repeat(250) })

const never = new AbortController().signal

/** Publishing through Redrive's port against a bare producer of kafkajs: same records, same acknowledgement, same round. */
export async function benchKafka(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-kafka-'))
  const node = await makeKafkaNode(join(folder, 'node'), kafkaVersion, process.pid)
  const { test, close } = await openKafkaTopics(node)
  const producer = kafkaClient(node).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  })
  const broker = openKafkaBroker({
    ...kafkaAddress(node),
    password: () => Promise.resolve(''),
    clock: systemClock(),
  })
  try {
    await producer.connect()
    const publisher = await broker.openPublisher(never)
    const value = await ratioOfRounds({
      rounds: ROUNDS,
      messages: MESSAGES,
      floorName: 'kafkajs',
      place: () => test.topic(PARTITIONS),
      own: (topic) => timed(() => publishAll(publisher, topic)),
      floor: (topic) => timed(() => bare(producer, topic)),
      print,
    })
    const name = `publish ${MESSAGES} over Kafka`
    return [{ name, value, limit: RATIO_MIN, bound: 'least', ok: value >= RATIO_MIN }]
  } finally {
    await producer.disconnect()
    await broker.close()
    await close(false)
    await stopKafkaNode(node)
    await rm(folder, { recursive: true, force: true })
  }
}

/** Three waves at a time, as a job does that always has some more to send. */
async function publishAll(publisher: Publisher, topic: string): Promise<void> {
  const waves: Promise<unknown>[] = []
  for (let from = 0; from < MESSAGES; from += WAVE) {
    if (waves.length === 3) await waves.shift()
    waves.push(Promise.all(Array.from({ length: WAVE }, (_, index) => one(publisher, topic, from + index))))
  }
  await Promise.all(waves)
}

async function one(publisher: Publisher, topic: string, index: number): Promise<void> {
  const { outcome } = await publish(
    publisher,
    {
      messageId: `m-${index}`,
      type: 'OrderPaid',
      destination: { kind: 'topic', topic, key: `order-${index % 500}`, partition: null },
      payload: PAYLOAD,
      headers: '{"content-type": "application/json"}',
      redriveHeaders: { 'x-redrive-job': 'job-of-the-bench-00', 'x-redrive-attempt': 4 },
    },
    never,
  )
  if (outcome !== 'confirmed') throw new Error(`a message of the bench was ${outcome}`)
}

async function bare(producer: Producer, topic: string): Promise<void> {
  for (let from = 0; from < MESSAGES; from += WAVE)
    await producer.send({
      topic,
      acks: -1,
      messages: Array.from({ length: WAVE }, (_, index) => ({
        key: `order-${(from + index) % 500}`,
        value: PAYLOAD,
        headers: {
          'content-type': 'application/json',
          'x-message-id': `m-${from + index}`,
          'x-message-type': 'OrderPaid',
          'x-redrive-job': 'job-of-the-bench-00',
          'x-redrive-attempt': '4',
        },
      })),
    })
}
