import type { TestContext } from 'vitest'
import kafkajs from 'kafkajs'
import type { Groups } from '../../src-main/ports/groups.ts'
import type { Topics } from '../../src-main/ports/topics.ts'
import { produce } from '../support/kafka-dead-letters.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { kafkaClient, openKafkaTest, openTestKafka } from '../support/kafka.ts'
import type { KafkaTest } from '../support/kafka.ts'
import { groupsConformance } from './groups.ts'
import { recordLogConformance } from './record-log.ts'
import { topicsConformance } from './topics.ts'

useKafka()

/** Everything that a look could leave behind in a cluster. */
async function traces({ admin }: KafkaTest): Promise<unknown> {
  const topics = (await admin.listTopics()).sort()
  const { groups } = await admin.listGroups()
  const committed = await Promise.all(
    groups.map(async ({ groupId }) => [groupId, await admin.fetchOffsets({ groupId })]),
  )
  return { topics, groups: committed }
}

topicsConformance('Kafka', async (context: TestContext) => {
  const test = await openKafkaTest(context)
  return {
    topics: openTestKafka(context).topics as Topics,
    topic: (partitions, config) => test.topic(partitions, config),
    produce: (topic, records) =>
      produce(
        kafkaNode(),
        topic,
        records.map((one) => ({ ...one })),
      ),
    transact: async (topic, value, end) => {
      const producer = kafkaClient(kafkaNode()).producer({
        transactionalId: `${topic}-${value}`,
        idempotent: true,
        maxInFlightRequests: 1,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      })
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      if (end !== 'open') {
        await transaction[end]()
        await producer.disconnect()
        return
      }
      context.onTestFinished(async () => {
        await transaction.abort()
        await producer.disconnect()
      })
    },
    removeBefore: (topic, partition, offset) =>
      test.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] }),
  }
})

recordLogConformance('Kafka', async (context: TestContext) => {
  const test = await openKafkaTest(context)
  return {
    log: openTestKafka(context).topics as Topics,
    make: () => test.topic(1, { 'retention.ms': '-1' }),
    unusedName: () => test.unusedName(),
    append: (topic, records) =>
      produce(
        kafkaNode(),
        topic,
        records.map((one) => ({ ...one, timestamp: String(one.atSec * 1_000) })),
      ),
    binaryHeaders: 'kept',
    traces: () => traces(test),
  }
})

groupsConformance('Kafka', async (context: TestContext) => {
  const test = await openKafkaTest(context)
  const used = new Set<string>()
  context.onTestFinished(async () => void (used.size > 0 && (await test.admin.deleteGroups([...used]))))
  return {
    groups: openTestKafka(context).groups as Groups,
    unusedName: () => test.unusedName(),
    topic: async (records) => {
      const topic = await test.topic(records.length)
      const messages = records.flatMap((count, partition) =>
        Array.from({ length: count }, (_, n) => ({ value: String(n), partition })),
      )
      await produce(kafkaNode(), topic, messages)
      return topic
    },
    commit: async (groupId, topic, offsets) => {
      used.add(groupId)
      await test.admin.setOffsets({ groupId, topic, partitions: [...offsets] })
    },
    join: async (groupId, topic) => {
      const consumer = kafkaClient(kafkaNode()).consumer({ groupId, allowAutoTopicCreation: false })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic] })
      const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()))
      await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() })
      await joined
      context.onTestFinished(async () => {
        await consumer.disconnect()
        await test.admin.deleteGroups([groupId])
      })
    },
    traces: () => traces(test),
  }
})
