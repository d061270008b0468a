import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openLogEvidence } from '../../src-main/app/evidence/log-evidence.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import { produce } from '../support/kafka-dead-letters.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { kafkaClient, openKafkaTest, openTestKafka } from '../support/kafka.ts'
import { evidenceLogConformance } from './evidence-log.ts'
import type { ProofRecord } from './evidence-log.ts'

useKafka()

const never = new AbortController().signal
const PARTITIONS = 3
const BATCH = 100
const MINUTE_MS = 60_000

/** A young topic has partitions whose leader does not know of it yet: it answers for none of them, or writes twice. */
async function isLed(broker: Broker, topic: string): Promise<void> {
  const answers = (): Promise<boolean> =>
    broker.topics!.partitions(topic, never).then(
      (spans) => spans?.length === PARTITIONS,
      () => false,
    )
  await expect.poll(answers, { timeout: 20_000 }).toBe(true)
}

/** A producer that repeats a batch on a young topic must not write it twice: these tests count. */
async function publish(topic: string, records: readonly ProofRecord[]): Promise<void> {
  const producer = kafkaClient(kafkaNode()).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  for (let at = 0; at < records.length; at += BATCH) {
    const messages = records.slice(at, at + BATCH).map((one) => ({ ...one }))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

evidenceLogConformance('a topic of Kafka', async (context: TestContext) => {
  const test = await openKafkaTest(context)
  const broker = openTestKafka(context)
  return {
    broker,
    make: async () => {
      const topic = await test.topic(PARTITIONS)
      await isLed(broker, topic)
      return topic
    },
    unusedName: () => test.unusedName(),
    publish,
    makeAnew: async (topic) => {
      const { admin } = test
      await admin.deleteTopics({ topics: [topic] })
      const again = (): Promise<boolean> =>
        admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] }).catch(() => false)
      while (!(await again())) await sleep(100)
      await isLed(broker, topic)
    },
    traces: async () => {
      const { groups } = await test.admin.listGroups()
      return { topics: (await test.admin.listTopics()).sort(), groups }
    },
  }
})

test('the oldest records are removed: a message from before then is not called unconsumed', async (context) => {
  const kafka = await openKafkaTest(context)
  const topic = await kafka.topic()
  const now = Date.now()
  const at = (minutesAgo: number): string => new Date(now - minutesAgo * MINUTE_MS).toISOString()
  const records = [50, 40, 30, 20].map((minutesAgo) => ({
    key: `m-${minutesAgo}`,
    value: 'consumed',
    timestamp: String(Date.parse(at(minutesAgo))),
  }))
  await produce(kafkaNode(), topic, [...records, { key: 'm-30', value: null }, { key: 'm-5', value: null }])
  await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
  const broker = openTestKafka(context)
  const config = { broker: 'kafka', log: topic, messageId: 'key', retentionSec: null } as const
  const reader = openLogEvidence({ config, broker: () => Promise.resolve(broker), clock: systemClock() })
  const ask = async (messageId: string, minutesAgo: number): Promise<unknown> => {
    const [found] = await reader.look([{ id: '1', messageId, createdAt: at(minutesAgo) }], never)
    return found?.reason ?? found?.verdict
  }
  expect(await ask('m-50', 51)).toBe('older-than-retention')
  // Its proof stands there still, and what takes it back says nothing while it does.
  expect(await ask('m-30', 31)).toBe('consumed')
  expect(await ask('m-5', 6)).toBe('withdrawn')
  expect(await ask('another', 10)).toBe('not-seen-within-retention')
})
