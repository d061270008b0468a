import { setTimeout as wait } from 'node:timers/promises'
import { Partitioners } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import { partitionOf } from '../../src-main/adapters/broker-kafka/murmur2.ts'
import { verdictOf } from '../../src-main/adapters/broker-kafka/verdict.ts'
import type { TopicDestination } from '../../src-main/domain/message.ts'
import type { OutgoingMessage } from '../../src-main/domain/outcome.ts'
import { kafkaAddress, openKafkaTest, openTestKafka } from '../support/kafka.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { word } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

useKafka()

const never = new AbortController().signal
const CONFIRM_TIMEOUT_MS = 1_000

const to = (topic: string, more: Partial<TopicDestination> = {}): TopicDestination => ({
  kind: 'topic',
  topic,
  key: null,
  partition: null,
  ...more,
})

function outgoing(destination: TopicDestination, messageId: string): OutgoingMessage {
  return { messageId, type: null, destination, payload: messageId, headers: null, redriveHeaders: {} }
}

async function behindProxy(context: TestContext) {
  const node = kafkaNode()
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: node.ports.plain })
  context.onTestFinished(() => proxy.close())
  const broker = openTestKafka(context, {
    ...kafkaAddress(node, proxy.port),
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
  })
  return { proxy, broker }
}

const values = async (test: Awaited<ReturnType<typeof openKafkaTest>>, topic: string) =>
  (await test.read(topic)).map(({ value }) => value?.toString())

describe('what kafkajs would lose or double', () => {
  it('is silent at start: no timer of minus fifty years', async (context) => {
    const warnings: string[] = []
    const hear = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`)
    process.on('warning', hear)
    const broker = openTestKafka(context)
    await broker.report(never)
    await wait(50)
    process.off('warning', hear)
    expect(warnings).toEqual([])
  })

  it('sends once what gets no answer, and calls it unknown', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic()
    const { proxy, broker } = await behindProxy(context)
    const publisher = await broker.openPublisher(never)
    expect(word(await publish(publisher, outgoing(to(topic), 'first'), never))).toBe('confirmed')
    proxy.blackHole('down')
    const lost = await publish(publisher, outgoing(to(topic), 'no answer'), never)
    expect(word(lost)).toBe('unknown confirm-timeout')
    proxy.blackHole()
    await wait(2 * CONFIRM_TIMEOUT_MS)
    expect(await values(test, topic)).toEqual(['first', 'no answer'])
  })

  it('never takes the next message for one whose answer was lost', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic()
    const { proxy, broker } = await behindProxy(context)
    const first = await broker.openPublisher(never)
    proxy.blackHole('down')
    await publish(first, outgoing(to(topic), 'A'), never).catch(() => undefined)
    proxy.cut()
    proxy.blackHole()
    expect(word(await publish(first, outgoing(to(topic), 'B'), never))).toBe('refused channel-closed')
    const second = await broker.openPublisher(never)
    expect(word(await publish(second, outgoing(to(topic), 'B'), never))).toBe('confirmed')
    expect((await values(test, topic)).at(-1)).toBe('B')
  })

  it('says which message has no partition, in one batch with others that have', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(2)
    const publisher = await openTestKafka(context).openPublisher(never)
    const results = await Promise.all(
      [0, 2, 1, -1].map((partition, index) =>
        publish(publisher, outgoing(to(topic, { partition }), `m-${index}`), never),
      ),
    )
    expect(results.map(word)).toEqual([
      'confirmed',
      'returned partition-missing',
      'confirmed',
      'returned partition-missing',
    ])
    expect((await values(test, topic)).toSorted()).toEqual(['m-0', 'm-2'])
  })

  it('counts a success without an offset, and every code that leaves it open, as unknown', () => {
    expect(verdictOf(0, '7').outcome).toEqual({ outcome: 'confirmed' })
    for (const [code, offset] of [
      [0, '-1'],
      [-1, '-1'],
      [7, '-1'],
      [20, '-1'],
      [56, '-1'],
      [999, '5'],
    ] as const)
      expect(verdictOf(code, offset).outcome).toHaveProperty('outcome', 'unknown')
    for (const code of [2, 3, 5, 6, 10, 17, 18, 19, 29, 76, 87])
      expect(verdictOf(code, '-1').outcome.outcome).toMatch(/refused|returned/)
  })

  it('makes no topic of a misspelt name, though the server would', async (context) => {
    const test = await openKafkaTest(context)
    const broker = openTestKafka(context)
    const publisher = await broker.openPublisher(never)
    const name = test.unusedName()
    expect(word(await publish(publisher, outgoing(to(name), 'm'), never))).toBe('returned topic-missing')
    expect(await broker.checkDestinations([to(name)], never)).toMatchObject([{ exists: false }])
    expect(await broker.queueDepth(`${name}-group`, never)).toBeNull()
    await wait(300)
    expect(await test.admin.listTopics()).not.toContain(name)
    const { groups } = await test.admin.listGroups()
    expect(groups.map(({ groupId }) => groupId)).not.toContain(`${name}-group`)
  })

  it('chooses the partition that every Java producer chooses', async (context) => {
    const count = 7
    const keys = ['', 'a', 'order-4711', '客户-42', 'x'.repeat(1_001), '🚚', '21', 'foobar']
    const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1 }))
    const oracle = Partitioners.DefaultPartitioner()
    for (const key of keys)
      expect(partitionOf(Buffer.from(key), count)).toBe(
        oracle({ topic: 't', partitionMetadata: partitionMetadata as never, message: { key, value: null } }),
      )
    const test = await openKafkaTest(context)
    const topic = await test.topic(count)
    const publisher = await openTestKafka(context).openPublisher(never)
    for (const key of keys) await publish(publisher, outgoing(to(topic, { key }), 'm'), never)
    for (const { key, partition } of await test.read(topic))
      expect(partition).toBe(partitionOf(Buffer.from(key ?? ''), count))
  })

  it('sends a message without a key to the same partition each time', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(5)
    const publisher = await openTestKafka(context).openPublisher(never)
    for (let round = 0; round < 3; round++)
      for (let id = 0; id < 10; id++) await publish(publisher, outgoing(to(topic), `m-${id}`), never)
    const places = new Map<string, Set<number>>()
    for (const { value, partition } of await test.read(topic)) {
      const id = String(value)
      places.set(id, (places.get(id) ?? new Set()).add(partition))
    }
    expect(places.size).toBe(10)
    expect([...places.values()].every((partitions) => partitions.size === 1)).toBe(true)
    expect(new Set([...places.values()].flatMap((partitions) => [...partitions])).size).toBeGreaterThan(1)
  })

  it('finds the one record that is too large, and stores the others in order', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(1, { 'max.message.bytes': '2000' })
    const publisher = await openTestKafka(context).openPublisher(never)
    const ids = Array.from({ length: 60 }, (_, index) => `m-${String(index).padStart(3, '0')}`)
    const results = await Promise.all(
      ids.map((id, index) => {
        const message = outgoing(to(topic), id)
        return publish(publisher, index === 30 ? { ...message, payload: 'x'.repeat(5_000) } : message, never)
      }),
    )
    expect(results.map(word).filter((said) => said !== 'confirmed')).toEqual(['refused message-too-large'])
    expect(await values(test, topic)).toEqual(ids.filter((_, index) => index !== 30))
  })

  it('tells how far a group is behind, and commits nothing', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(2)
    const broker = openTestKafka(context)
    const publisher = await broker.openPublisher(never)
    for (let id = 0; id < 10; id++)
      await publish(publisher, outgoing(to(topic, { partition: id % 2 }), `m-${id}`), never)
    const groupId = `${topic}-group`
    const partitions = [
      { partition: 0, offset: '2' },
      { partition: 1, offset: '5' },
    ]
    await test.admin.setOffsets({ groupId, topic, partitions })
    expect(await broker.queueDepth(groupId, never)).toBe(3)
    expect(await test.admin.fetchOffsets({ groupId, topics: [topic] })).toMatchObject([{ partitions }])
    await test.admin.deleteGroups([groupId])
  })
})
