import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Admin, IHeaders, Kafka } from 'kafkajs'
import type { TestContext } from 'vitest'
import { compressionNumber, pack, unpack } from '../../src-main/adapters/broker-kafka/codecs.ts'
import { openKafkaBroker } from '../../src-main/adapters/broker-kafka/kafka-broker.ts'
import type { KafkaBrokerOptions } from '../../src-main/adapters/broker-kafka/kafka-broker.ts'
import { prepareKafkajs } from '../../src-main/adapters/broker-kafka/wire.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { compressions } from '../../src-main/domain/workspace.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import type { KafkaNode } from './kafka-node.ts'
import { kafkaNode } from './kafka-run.ts'

const READ_TIMEOUT_MS = 30_000
const POLL_MS = 20
const CONFIG_MS = 500

/** A record as a consumer sees it. */
export interface ReadRecord {
  readonly partition: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, readonly (Buffer | null)[]>>
}

/** Names of one test on the real broker. Topics are deleted when the test has passed and kept when not. */
export interface KafkaTest {
  readonly admin: Admin
  topic(partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>
  /** Not made. */
  unusedName(): string
  /** Everything that the topic holds: by partition, in order. */
  read(topic: string): Promise<readonly ReadRecord[]>
  setConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void>
}

/** A client of the test's own, for an administrator's or a consumer's part. */
export function kafkaClient({ ports }: KafkaNode): Kafka {
  // `kafkajs` warns of the partitioner otherwise, and an unexpected warning fails a test.
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
  prepareKafkajs()
  installCodecs()
  return new kafkajs.Kafka({
    brokers: [`127.0.0.1:${ports.plain}`],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 5_000,
  })
}

export async function openKafkaTest(context: TestContext): Promise<KafkaTest> {
  const { test, close } = await openKafkaTopics(kafkaNode())
  context.onTestFinished(async ({ task }) => close(task.result?.state !== 'fail'))
  return test
}

/** The same outside of a test. */
export async function openKafkaTopics(
  node: KafkaNode,
): Promise<{ readonly test: KafkaTest; readonly close: (deleting: boolean) => Promise<void> }> {
  const client = kafkaClient(node)
  const admin = client.admin()
  await admin.connect()
  const prefix = `redrive-test-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`
  const topics: string[] = []
  let names = 0
  const unusedName = (): string => `${prefix}-${++names}`
  const test: KafkaTest = {
    admin,
    unusedName,
    topic: async (partitions = 1, config = {}) => {
      const topic = unusedName()
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      await admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
      })
      topics.push(topic)
      await ready(admin, topic)
      return topic
    },
    read: (topic) => readAll(client, admin, topic),
    setConfig: async (topic, config) => {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      const type = kafkajs.ConfigResourceTypes.TOPIC
      await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] })
      // The controller has it; the broker hears of it a moment later.
      await sleep(CONFIG_MS)
    },
  }
  const close = async (deleting: boolean): Promise<void> => {
    if (deleting && topics.length > 0) await admin.deleteTopics({ topics })
    await admin.disconnect()
  }
  return { test, close }
}

/** kafkajs' own waiting gives up where the broker has not heard of the topic yet. */
async function ready(admin: Admin, topic: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const found = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => null)
    if (found?.topics[0]?.partitions.every(({ leader }) => leader >= 0) === true) return
    if (waitedMs > READ_TIMEOUT_MS) throw new Error(`the topic ${topic} did not come up`)
    await sleep(POLL_MS)
  }
}

/** Reads as a consumer of a group that is thrown away, up to the end that the topic has now. */
async function readAll(client: Kafka, admin: Admin, topic: string): Promise<readonly ReadRecord[]> {
  const ends = await admin.fetchTopicOffsets(topic)
  const wanted = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  if (wanted === 0) return []
  const groupId = `${topic}-reader-${randomBytes(3).toString('hex')}`
  const consumer = client.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 50 })
  const records: ReadRecord[] = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch }) => {
      for (const { key, value, headers } of batch.messages)
        records.push({
          partition: batch.partition,
          key: key?.toString() ?? null,
          value,
          headers: headersOf(headers ?? {}),
        })
      return Promise.resolve()
    },
  })
  for (let waitedMs = 0; records.length < wanted; waitedMs += POLL_MS) {
    if (waitedMs > READ_TIMEOUT_MS) throw new Error(`${topic} gave ${records.length} of ${wanted} records`)
    await sleep(POLL_MS)
  }
  await consumer.disconnect()
  await admin.deleteGroups([groupId])
  return records
}

function headersOf(headers: IHeaders): ReadRecord['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      [value].flat().map((one) => (one === undefined || one === null ? null : Buffer.from(one))),
    ]),
  )
}

/** kafkajs brings gzip only; the reader of a test takes what Redrive packs as it reads it. */
function installCodecs(): void {
  const table = kafkajs.CompressionCodecs as Record<number, unknown>
  for (const name of compressions) {
    const number = compressionNumber(name)
    const codec = {
      decompress: (packed: Buffer) => unpack(number, packed),
      compress: ({ buffer }: { buffer: Buffer }) => pack(number, buffer),
    }
    if (name !== 'none' && name !== 'gzip') table[number] = () => codec
  }
}

/** Options that lead to the node, or to a proxy in front of it. */
export function kafkaAddress(
  { ports }: KafkaNode,
  proxyPort?: number,
): Pick<KafkaBrokerOptions, 'brokers' | 'addresses'> {
  const own = `127.0.0.1:${ports.plain}`
  if (proxyPort === undefined) return { brokers: [own] }
  const proxy = `127.0.0.1:${proxyPort}`
  return { brokers: [proxy], addresses: { [own]: proxy } }
}

/** A broker under test, closed when the test ends. */
export function openTestKafka(context: TestContext, options: Partial<KafkaBrokerOptions> = {}): Broker {
  const broker = openKafkaBroker({
    ...kafkaAddress(kafkaNode()),
    password: () => Promise.resolve(''),
    clock: systemClock(),
    ...options,
  })
  context.onTestFinished(() => broker.close())
  return broker
}
