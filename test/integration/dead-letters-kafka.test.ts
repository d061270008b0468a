import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import type { Message } from 'kafkajs'
import { publish } from '../../src-main/ports/broker.ts'
import { isStripped } from '../../src-main/domain/dead-letter/redriven-record.ts'
import type { RecordLetter } from '../../src-main/domain/dead-letter/record-letter.ts'
import type { CopiedRecord } from '../../src-main/domain/outcome.ts'
import { compressions } from '../../src-main/domain/workspace.ts'
import type { Compression } from '../../src-main/domain/workspace.ts'
import type { Topics } from '../../src-main/ports/topics.ts'
import { openCli } from '../support/cli.ts'
import type { Cli, CliResult } from '../support/cli.ts'
import { hardRecords, produce, springHeaders } from '../support/kafka-dead-letters.ts'
import { kafkaAddress, kafkaClient, openKafkaTest, openTestKafka } from '../support/kafka.ts'
import type { KafkaTest, ReadRecord } from '../support/kafka.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { word } from '../support/rabbitmq.ts'

useKafka()

const never = new AbortController().signal

interface Bench {
  readonly test: KafkaTest
  readonly cli: Cli
  readonly origin: string
  readonly letters: string
  readonly dead: (...words: readonly string[]) => Promise<CliResult>
  readonly plan: (...words: readonly string[]) => Promise<CliResult>
  readonly run: () => Promise<CliResult>
}

async function bench(context: TestContext, compression: Compression = 'none'): Promise<Bench> {
  const names = await openKafkaTest(context)
  const [origin, letters] = [await names.topic(3), await names.topic(2)]
  const kafka = {
    driver: 'kafka',
    ...kafkaAddress(kafkaNode()),
    compression,
    deadLetters: [{ topic: letters }],
  }
  const cli = await openCli({ brokers: { kafka } })
  const out = join(cli.folder, 'plan.ndjson')
  let planned: CliResult | null = null
  const dead: Bench['dead'] = (...words) =>
    cli.here('deadletters', ...words, '--broker', 'kafka', '--queue', letters)
  return {
    test: names,
    cli,
    origin,
    letters,
    dead,
    plan: async (...words) => (planned = await dead('plan', '--out', out, ...words)),
    run: () => {
      const { digest, items } = planned?.records[0] ?? {}
      return cli.json('run', out, '--confirm', String(digest), '--count', String(items))
    },
  }
}

async function everything(topics: Topics, topic: string): Promise<RecordLetter[]> {
  const found: RecordLetter[] = []
  for (const span of (await topics.partitions(topic, never)) ?? [])
    for await (const { records } of topics.read({ topic, ...span }, never)) found.push(...records)
  return found
}

/** Everything that a look could leave behind in a cluster. */
async function traces({ admin }: KafkaTest, topics: readonly string[]): Promise<unknown> {
  const offsets = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)))
  return { groups: (await admin.listGroups()).groups, topics: (await admin.listTopics()).sort(), offsets }
}

const hex = (bytes: Uint8Array | string | null | undefined): string | null =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes as string).toString('hex')

/** Without what Redrive takes off and adds. */
function bare({ value, headers }: ReadRecord): string {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('x-redrive-') && !isStripped(name))
  return JSON.stringify([hex(value), own.map(([name, values]) => [name, values.map(hex)]).sort()])
}

function bareMessage({ value, headers }: Message): string {
  const own = Object.entries(headers ?? {}).filter(([name]) => !isStripped(name))
  const values = (one: unknown): (string | null)[] => [one].flat().map((each) => hex(each as string))
  return JSON.stringify([hex(value), own.map(([name, one]) => [name, values(one)]).sort()])
}

describe('dead letters of Kafka', () => {
  test.for(compressions)(
    'are redriven byte for byte to the topic that they came from, packed with %s',
    { timeout: 90_000 },
    async (compression, context) => {
      const { test: names, origin, letters, dead, plan, run } = await bench(context, compression)
      const hard = hardRecords(origin)
      await produce(kafkaNode(), letters, hard, compression)
      const before = await traces(names, [origin, letters])

      const { records: groups, stderr } = await dead('groups')
      expect(stderr).toBe('')
      expect(groups).toMatchObject([{ cause: 'Order <n> not found', count: 6, marked: 0 }])
      await dead('list')
      expect((await plan('--all')).records[0]).toMatchObject({ items: 6, skipped: 0 })
      expect(await traces(names, [origin, letters])).toEqual(before)

      const ran = await run()
      expect(ran.records.find(({ type }) => type === 'summary')).toMatchObject({ confirmed: 6, unknown: 0 })
      const arrived = await names.read(origin)
      expect(arrived.map(bare).sort()).toEqual(hard.map(bareMessage).sort())
      expect(arrived.map(({ key }) => key).sort()).toEqual(
        ['k-1', '\uFFFD\uFFFD', 'gone', null, '', 'large'].sort(),
      )
      const first = arrived.find(({ key }) => key === 'k-1')
      expect(String(first?.headers['x-redrive-origin-topic']?.[0])).toBe(origin)
      expect(String(first?.headers['x-redrive-kept']?.[0])).toContain('kafka_dlt-exception-message')
      expect(await traces(names, [letters])).toMatchObject({ groups: [] })
    },
  )

  test('stay in their topic and are marked: not redriven again but with a reason, discarded and restored', async (context) => {
    const { test: names, cli, origin, letters, dead, plan, run } = await bench(context)
    const messages = [1, 2, 3].map((n) => ({
      key: `k-${n}`,
      value: String(n),
      headers: springHeaders(origin, n, n === 3 ? 'Timed out' : `Order ${n} not found`),
    }))
    await produce(kafkaNode(), letters, messages)
    await plan('--cause', 'Order <n> not found')
    expect((await run()).records.at(-1)).toMatchObject({ confirmed: 2 })

    const { records: listed } = await dead('list')
    expect(listed.map(({ mark }) => (mark as { as: string } | null)?.as ?? null).sort()).toEqual(
      [null, 'redriven', 'redriven'].sort(),
    )
    expect((await dead('groups')).records).toMatchObject([
      { count: 2, marked: 2 },
      { count: 1, marked: 0 },
    ])
    expect((await plan('--cause', 'Order <n> not found')).records[0]).toMatchObject({
      code: 'plan-empty',
      detail: { codes: 'redriven-already' },
    })
    expect((await plan('--all')).records[0]).toMatchObject({ items: 1, skipped: 2 })
    expect((await plan('--all', '--again', 'the first time went to a full disk')).records[0]).toMatchObject({
      items: 3,
    })

    const out = join(cli.folder, 'discard.ndjson')
    const discard = await dead('discard', '--cause', 'Timed out', '--reason', 'a test order', '--out', out)
    const { digest } = discard.records[0] ?? {}
    const carry = ['deadletters', 'discard', '--plan', out, '--confirm', String(digest), '--count', '1']
    expect((await cli.here(...carry)).records[0]).toMatchObject({ removed: 1, missing: 0 })
    // What was marked since the plan was made is left alone, whoever made the mark.
    expect((await run()).records.at(-1)).toMatchObject({ confirmed: 2, skipped: 1 })
    expect(await names.read(letters)).toHaveLength(3)
    expect(await names.read(origin)).toHaveLength(4)

    const discarded = (await dead('list')).records.find(
      ({ mark }) => (mark as { as: string } | null)?.as === 'discarded',
    )
    expect((await plan('--all')).records[0]).toMatchObject({ code: 'plan-empty' })
    expect((await dead('restore', '--id', String(discarded?.['id']))).records[0]).toMatchObject({
      restored: 1,
    })
    expect((await plan('--all')).records[0]).toMatchObject({ items: 1, skipped: 2 })
  }, 180_000)

  test('records that were redriven after the backup went out twice after a restore: those from before count as redriven', async (context) => {
    const { cli, letters, origin, plan } = await bench(context)
    const record = (n: number) => ({
      key: `k-${n}`,
      value: String(n),
      headers: springHeaders(origin, n, 'Timed out'),
    })
    await produce(kafkaNode(), letters, [record(1), record(2)])
    expect((await plan('--all')).records[0]).toMatchObject({ items: 2 })
    await cli.here('store', 'restored', '--reason', 'the disk was lost')
    expect((await plan('--all')).records[0]).toMatchObject({
      code: 'plan-empty',
      detail: { codes: 'redriven-already' },
    })
    await produce(kafkaNode(), letters, [record(3)])
    expect((await plan('--all')).records[0]).toMatchObject({ items: 1, skipped: 2 })
    expect((await plan('--all', '--again', 'none had been redriven')).records[0]).toMatchObject({ items: 3 })
  }, 120_000)

  test('a chosen topic has to exist, is not the one that they are in, and a second plan of the same records sends nothing', async (context) => {
    const { test: names, origin, letters, plan, run, dead, cli } = await bench(context)
    await produce(kafkaNode(), letters, [{ key: 'k', value: '{}' }])
    expect((await plan('--all')).records[0]).toMatchObject({ detail: { codes: 'origin-unknown' } })
    const to = ['--all', '--to', 'chosen', '--to-topic']
    const missing = names.unusedName()
    expect((await plan(...to, missing)).records[0]).toMatchObject({ code: 'destination-invalid' })
    expect((await plan(...to, letters)).records[0]).toMatchObject({ code: 'destination-invalid' })
    const second = join(cli.folder, 'second.ndjson')
    const other = await dead('plan', '--out', second, ...to, origin)
    await plan(...to, origin)
    expect((await run()).records.at(-1)).toMatchObject({ confirmed: 1 })
    const late = await cli.here(
      'run',
      second,
      '--confirm',
      String(other.records[0]?.['digest']),
      '--count',
      '1',
    )
    expect(late.records.at(-1)).toMatchObject({ confirmed: 0, skipped: 1 })
    expect(await names.read(origin)).toHaveLength(1)
    expect((await names.admin.listTopics()).includes(missing)).toBe(false)
  }, 180_000)
})

describe('reading a topic', () => {
  test('keeps the order of headers, repeated names, null and empty values, whoever wrote them', async (context) => {
    const names = await openKafkaTest(context)
    const topic = await names.topic(1)
    const broker = openTestKafka(context)
    const bytes = (text: string): Uint8Array => Buffer.from(text)
    const copy: CopiedRecord = {
      kind: 'record',
      key: null,
      value: Buffer.from([1, 2]),
      headers: [
        ['b', bytes('1')],
        ['7', null],
        ['a', bytes('')],
        ['b', bytes('2')],
        ['名', bytes('ü')],
      ],
    }
    const publisher = await broker.openPublisher(never)
    const destination = { exchange: topic, routingKey: '' }
    const head = { messageId: 'm', type: null, destination, payload: '', headers: null, redriveHeaders: {} }
    expect(word(await publish(publisher, { ...head, copy }, never))).toBe('confirmed')
    const [found] = await everything(broker.topics as Topics, topic)
    expect(found?.key).toBeNull()
    expect(found?.headers.map(([name, value]) => [name, hex(value)])).toEqual(
      copy.headers.map(([name, value]) => [name, hex(value)]),
    )
    expect(hex(found?.value)).toBe('0102')
  })

  test('shows what was committed: nothing of an aborted transaction, no control records, nothing beyond an open one', async (context) => {
    const names = await openKafkaTest(context)
    const topic = await names.topic(1)
    const producer = kafkaClient(kafkaNode()).producer({
      transactionalId: topic,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    const send = async (value: string, end: 'commit' | 'abort'): Promise<void> => {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      await transaction[end]()
    }
    await send('one', 'commit')
    await send('two', 'abort')
    await send('three', 'commit')
    const open = await producer.transaction()
    await open.send({ topic, messages: [{ value: 'four' }] })
    await produce(kafkaNode(), topic, [{ value: 'five' }])
    const topics = openTestKafka(context).topics as Topics
    const values = async (): Promise<string[]> =>
      (await everything(topics, topic)).map(({ value }) => String(value && Buffer.from(value)))
    expect(await values()).toEqual(['one', 'three'])
    await open.commit()
    await expect.poll(values).toEqual(['one', 'three', 'four', 'five'])
    await producer.disconnect()
  })

  test('goes on where retention has removed the beginning, and ends where there is no such topic', async (context) => {
    const names = await openKafkaTest(context)
    const topic = await names.topic(1)
    await produce(
      kafkaNode(),
      topic,
      [1, 2, 3, 4].map((n) => ({ value: String(n) })),
    )
    const topics = openTestKafka(context).topics as Topics
    await names.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
    const found: RecordLetter[] = []
    const range = { topic, partition: 0, begin: 0n, end: 4n }
    for await (const { records } of topics.read(range, never)) found.push(...records)
    expect(found.map(({ offset }) => offset)).toEqual([2n, 3n])
    const missing = names.unusedName()
    expect(await topics.partitions(missing, never)).toBeNull()
    expect((await names.admin.listTopics()).includes(missing)).toBe(false)
  })
})
