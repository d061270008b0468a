import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { composedEngine } from '../support/composed-engine.ts'
import { openCli } from '../support/cli.ts'
import type { CliResult } from '../support/cli.ts'
import { produce } from '../support/kafka-dead-letters.ts'
import { kafkaAddress, openKafkaTest } from '../support/kafka.ts'
import type { KafkaTest } from '../support/kafka.ts'
import { kafkaUsers } from '../support/kafka-node.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'

useKafka()

const BASE_MS = 1_700_000_000_000
/** Enough to be more than one page, and to be interrupted. */
const MANY = 200_000
const HEARD = { timeout: 20_000, interval: 500 }

interface Bench {
  readonly names: KafkaTest
  readonly topic: string
  readonly brokers: (...words: readonly string[]) => Promise<CliResult>
  readonly plain: (...words: readonly string[]) => Promise<CliResult>
}

/** Two partitions with ten records each; one of them is special. */
async function bench(context: TestContext): Promise<Bench> {
  const names = await openKafkaTest(context)
  // Its records are of 2023: retention would remove them as soon as it looks.
  const topic = await names.topic(2, { 'retention.ms': '-1' })
  const messages = Array.from({ length: 20 }, (_, n) => ({
    key: `order-${n}`,
    value: JSON.stringify({ n, note: n === 13 ? 'Lost in the Warehouse' : 'fine' }),
    partition: n % 2,
    timestamp: String(BASE_MS + n * 1_000),
    headers: { tenant: n < 10 ? 'acme' : 'globex', trace: Buffer.from([0xff, n]) },
  }))
  await produce(kafkaNode(), topic, messages)
  const cli = await openCli({ brokers: { kafka: { driver: 'kafka', ...kafkaAddress(kafkaNode()) } } })
  return {
    names,
    topic,
    brokers: (what, ...words) => cli.here('brokers', what ?? '', '--broker', 'kafka', ...words),
    plain: (what, ...words) => cli.plainHere('brokers', what ?? '', '--broker', 'kafka', ...words),
  }
}

const offsets = ({ records }: CliResult): string[] =>
  records.flatMap(({ partition, offset }) =>
    typeof offset === 'string' ? [`${Number(partition)}@${offset}`] : [],
  )
const summary = ({ records }: CliResult): Record<string, unknown> | undefined => records.at(-1)

describe('looking into Kafka', () => {
  test('reads a range by offset, by time and by its tail, and says whether that was all', async (context) => {
    const { topic, brokers } = await bench(context)
    const read = (...words: readonly string[]) => brokers('records', '--topic', topic, ...words)

    const byOffset = await read('--partition', '1', '--from', '7', '--to', '9')
    expect(offsets(byOffset)).toEqual(['1@7', '1@8'])
    expect(summary(byOffset)).toMatchObject({ scanned: 2, total: 2, complete: true, ended: 'complete' })

    const since = await read('--since', new Date(BASE_MS + 16_500).toISOString())
    expect(offsets(since)).toEqual(['1@8', '0@9', '1@9'])
    const between = await read(
      ...['--since', new Date(BASE_MS + 3_000).toISOString()],
      ...['--until', new Date(BASE_MS + 6_000).toISOString()],
    )
    expect(offsets(between)).toEqual(['1@1', '0@2', '1@2'])

    const tail = await read('--tail', '3')
    expect(offsets(tail)).toHaveLength(3)
    expect(offsets(tail)[0]).toBe('1@9')
    expect(summary(tail)).toMatchObject({ complete: true, total: 3 })

    const cut = await read('--from', '0', '--limit', '4')
    expect(offsets(cut)).toEqual(['0@0', '1@0', '0@1', '1@1'])
    expect(summary(cut)).toMatchObject({ found: 4, total: 20, complete: false, ended: 'found-limit' })
  })

  test('searches keys, headers and payloads, and shows what is binary as hex', async (context) => {
    const { topic, brokers } = await bench(context)
    const search = (text: string, ...words: readonly string[]) =>
      brokers('records', '--topic', topic, '--from', '0', '--search', text, ...words)

    const byPayload = await search('lost in the warehouse')
    expect(offsets(byPayload)).toEqual(['1@6'])
    expect(summary(byPayload)).toMatchObject({ scanned: 20, total: 20, found: 1, complete: true })
    expect(byPayload.records[0]).toMatchObject({
      topic,
      at: new Date(BASE_MS + 13_000).toISOString(),
      key: { text: 'order-13' },
      payload: { text: '{"n":13,"note":"Lost in the Warehouse"}', cut: false },
    })
    expect(byPayload.records[0]?.['headers']).toMatchObject([
      { name: 'tenant', value: { text: 'globex' } },
      { name: 'trace', value: { text: null, hex: 'ff0d' } },
    ])
    expect(offsets(await search('ORDER-1', '--in', 'key'))).toHaveLength(11)
    expect(offsets(await search('order-1', '--in', 'payload'))).toEqual([])
    expect(offsets(await search('tenant=glob', '--in', 'header'))).toHaveLength(10)
    expect(offsets(await search('tenant=order', '--in', 'header'))).toEqual([])
  })

  test('lists topics and groups, with lag and where nothing is committed; leaves nothing behind', async (context) => {
    const { names, topic, brokers } = await bench(context)
    const groupId = names.unusedName()
    await names.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '4' }] })
    context.onTestFinished(() => names.admin.deleteGroups([groupId]).then(() => undefined))
    const traces = async (): Promise<unknown> => ({
      topics: (await names.admin.listTopics()).sort(),
      groups: (await names.admin.listGroups()).groups,
      offsets: await names.admin.fetchOffsets({ groupId }),
    })
    const before = await traces()

    const { records: topics } = await brokers('topics')
    expect(topics).toContainEqual({ topic, internal: false, partitions: 2, records: 20 })
    expect(topics.some((one) => one['internal'])).toBe(false)
    const all = await brokers('topics', '--internal')
    expect(all.records.some((one) => one['topic'] === '__consumer_offsets' && one['internal'])).toBe(true)

    const { records: groups } = await brokers('groups')
    expect(groups.find(({ group }) => group === groupId)).toMatchObject({
      state: 'Empty',
      members: 0,
      lag: 6,
    })
    const one = await brokers('groups', '--group', groupId)
    expect(one.records.slice(1)).toEqual([
      { topic, partition: 0, committed: '4', begin: '0', end: '10', lag: 6 },
      { topic, partition: 1, committed: null, begin: '0', end: '10', lag: null },
    ])
    await brokers('records', '--topic', topic, '--tail', '5')
    expect(await traces()).toEqual(before)
  })

  test('says what is wrong by name, and makes no topic of a misspelt one', async (context) => {
    const { names, topic, brokers, plain } = await bench(context)
    const missing = names.unusedName()
    const code = async (...words: readonly string[]) => (await brokers(...words)).records.at(-1)?.['code']
    expect(await code('records', '--topic', missing, '--tail', '1')).toBe('topic-missing')
    expect(await code('records', '--topic', topic, '--partition', '9', '--tail', '1')).toBe(
      'partition-missing',
    )
    expect(await code('groups', '--group', missing)).toBe('group-missing')
    expect(await code('queues')).toBe('no-queues')
    expect(await code('records', '--topic', topic)).toBe('usage')
    expect(await code('records', '--topic', topic, '--tail', '1', '--from', '0')).toBe('usage')
    expect(await names.admin.listTopics()).not.toContain(missing)
    const people = await plain('records', '--topic', topic, '--tail', '2')
    expect(people.stderr).toContain('Scanned 2 of 2, 2 found; everything of the range was seen.')
    expect(people.stdout).toContain('tenant=globex trace=0xff')
  })

  test('shows an account what it may see, and says by name what it may not', async (context) => {
    const { names, topic } = await bench(context)
    const hidden = await names.topic(1)
    const groupId = names.unusedName()
    await names.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '4' }] })
    context.onTestFinished(() => names.admin.deleteGroups([groupId]).then(() => undefined))
    const rule = {
      resourceType: kafkajs.AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
      principal: 'User:looker',
      host: '*',
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
      operation: kafkajs.AclOperationTypes.READ,
    }
    await names.admin.createAcls({ acl: [rule] })
    context.onTestFinished(() => names.admin.deleteAcls({ filters: [rule] }).then(() => undefined))
    const kafka = {
      driver: 'kafka',
      brokers: [`127.0.0.1:${kafkaNode().ports.sasl}`],
      sasl: { mechanism: 'plain', user: 'looker' },
      password: { value: kafkaUsers.looker },
    }
    const cli = await openCli({ brokers: { kafka } })
    const look = (what: string, ...words: readonly string[]) =>
      cli.here('brokers', what, '--broker', 'kafka', ...words)
    // The node hears of the right a moment later.
    await expect
      .poll(async () => offsets(await look('records', '--topic', topic, '--tail', '2')), HEARD)
      .toHaveLength(2)
    const listed = (await look('topics')).records.map((one) => one['topic'])
    expect(listed).toContain(topic)
    expect(listed).not.toContain(hidden)
    const denied = await look('records', '--topic', hidden, '--tail', '1')
    expect(denied.records.at(-1)).toMatchObject({ code: 'permission-denied' })
    expect((await look('groups')).records.map(({ group }) => group)).not.toContain(groupId)
    expect((await look('groups', '--group', groupId)).records.at(-1)).toMatchObject({ code: 'group-missing' })
  })

  test(
    'tells how far a long search is, and ends with what it has when it is interrupted',
    { timeout: 60_000 },
    async (context) => {
      const { topic, brokers } = await bench(context)
      const filler = Array.from({ length: MANY }, (_, n) => ({
        value: `filler-${n}`.padEnd(200, '.'),
        partition: 0,
      }))
      await produce(kafkaNode(), topic, filler, 'none', 4_000)
      const seen: number[] = []
      const { records } = await brokers(
        'records',
        '--topic',
        topic,
        '--from',
        '0',
        '--search',
        `filler-${MANY - 1}`,
      )
      expect(records.at(-1)).toMatchObject({ scanned: MANY + 20, total: MANY + 20, found: 1, complete: true })

      const folder = (
        await openCli({ brokers: { kafka: { driver: 'kafka', ...kafkaAddress(kafkaNode()) } } })
      ).folder
      const { router } = await composedEngine(folder)
      const client = createRouterClient(router, calling())
      const range = { kind: 'offsets', from: '0', to: null } as const
      const asked = { broker: 'kafka', topic, partition: null, range, limit: 10 }
      const { reading } = await client.brokers.read({
        ...asked,
        search: { text: 'nowhere', place: 'payload' },
      })
      for await (const { scanned, total, ended } of await client.brokers.follow({ reading })) {
        seen.push(scanned)
        if (ended === null) await client.brokers.cancel({ reading })
        if (total > 0) expect(total).toBe(MANY + 20)
      }
      expect(seen).toEqual(seen.toSorted((one, other) => one - other))
      expect(await client.brokers.cancel({ reading })).toMatchObject({ ended: 'cancelled', found: 0 })
      expect(seen.at(-1)).toBeLessThan(MANY + 20)
    },
  )
})
