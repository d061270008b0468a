import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openLogEvidence } from '../../src-main/app/evidence/log-evidence.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { readRange } from '../../src-main/app/brokers/reading.ts'
import type { RecordRangeRequest } from '../../src-main/app/brokers/spans.ts'
import type { RecordLetter } from '../../src-main/domain/dead-letter/record-letter.ts'
import type { RecordLog } from '../../src-main/ports/topics.ts'
import { openCli } from '../support/cli.ts'
import {
  connectRabbit,
  openRabbitTest,
  openTestBroker,
  rabbit,
  rabbitmqctl,
  rabbitUrl,
} from '../support/rabbitmq.ts'
import { evidenceLogConformance } from './evidence-log.ts'
import { readSpan, recordLogConformance } from './record-log.ts'
import type { LoggedRecord } from './record-log.ts'

const STREAM = { 'x-queue-type': 'stream', 'x-max-length-bytes': 50_000_000 }
/** A server counts the messages of a stream every few seconds. */
const COUNTED = { timeout: 25_000, interval: 500 }
const TEST_TIMEOUT_MS = 60_000
/** A time of a stream is a whole second. */
const PAUSE_MS = 2_100
const MANY = 5_000

const never = new AbortController().signal

async function append(stream: string, records: readonly LoggedRecord[]): Promise<void> {
  const connection = await connectRabbit()
  const channel = await connection.createConfirmChannel()
  for (const { value, atSec, headers } of records)
    channel.sendToQueue(stream, Buffer.from(value), { timestamp: atSec, headers: { ...headers } })
  await channel.waitForConfirms()
  await connection.close()
}

const numbered = (count: number): readonly LoggedRecord[] =>
  Array.from({ length: count }, (_, n) => ({ value: String(n), atSec: 1_700_000_000 }))
const text = ({ value }: RecordLetter): string => Buffer.from(value ?? []).toString()
const streamsOf = (context: TestContext): RecordLog => openTestBroker(context).streams as RecordLog

async function read(log: RecordLog, range: RecordRangeRequest, limit = 1_000) {
  const found: string[] = []
  const options = {
    topics: log,
    nowMs: Date.now,
    onFound: (record: RecordLetter) => void found.push(text(record)),
    onProgress: () => undefined,
  }
  return { ended: await readRange({ range, search: null, limit }, options, never), found }
}

/**
 * Consumers live and die with their connection, and neither a passive declaration nor the list of consumers counts those of a
 * stream. Only this file reads any.
 */
async function readers(): Promise<number> {
  const listed = await rabbitmqctl('list_connections', 'client_properties')
  return listed.split('redrive reads a stream').length - 1
}

evidenceLogConformance('a stream of RabbitMQ', async (context) => {
  const names = await openRabbitTest(context)
  return {
    broker: openTestBroker(context),
    make: () => names.queue(STREAM),
    unusedName: () => names.unusedName(),
    publish: (stream, records) =>
      append(
        stream,
        records.map((one) => ({ ...one, atSec: 1_700_000_000 })),
      ),
    makeAnew: async (stream) => {
      await names.channel.deleteQueue(stream)
      await names.channel.assertQueue(stream, { durable: true, arguments: STREAM })
    },
    traces: () => readers(),
  }
})

test('a queue that is no stream proves nothing, and is not read: its messages would be gone from it', async (context) => {
  const names = await openRabbitTest(context)
  const queue = await names.queue()
  names.channel.sendToQueue(queue, Buffer.from('{"messageId":"m-1"}'))
  const broker = openTestBroker(context)
  const config = { broker: 'rabbit', log: queue, retentionSec: null }
  const reader = openLogEvidence({ config, broker: () => Promise.resolve(broker), clock: systemClock() })
  const look = reader.look([{ id: '1', messageId: 'm-1', createdAt: new Date().toISOString() }], never)
  await expect(look).rejects.toMatchObject({ code: 'not-a-stream' })
  expect(await names.count(queue)).toBe(1)
})

recordLogConformance('streams of RabbitMQ', async (context) => {
  const names = await openRabbitTest(context)
  const { version } = await openTestBroker(context).report(never)
  let last = ''
  return {
    log: streamsOf(context),
    make: () => names.queue(STREAM),
    unusedName: () => (last = names.unusedName()),
    // From 4.0 on a stream keeps messages of AMQP 1.0, and hands its binary headers over as text.
    binaryHeaders: Number.parseInt(version) < 4 ? 'kept' : 'as-text',
    append,
    traces: async () => {
      const throwAway = await names.throwAway()
      const exists = (name: string): Promise<boolean> =>
        throwAway.checkQueue(name).then(
          () => true,
          () => false,
        )
      return {
        exists: last !== '' && (await exists(last)),
        readers: await readers(),
      }
    },
  }
})

describe('a stream of RabbitMQ', () => {
  test(
    'keeps its messages, is delivered to another consumer as new, and has no consumer of ours afterwards',
    { timeout: TEST_TIMEOUT_MS },
    async (context) => {
      const names = await openRabbitTest(context)
      const log = streamsOf(context)
      const stream = await names.queue(STREAM)
      await append(stream, numbered(300))
      const count = () => names.count(stream)
      await expect.poll(count, COUNTED).toBe(300)
      const pages = log.read({ topic: stream, partition: 0, begin: 0n, end: 300n }, never)
      const iterator = pages[Symbol.asyncIterator]()
      await iterator.next()
      await expect.poll(() => readers(), COUNTED).toBe(1)
      await iterator.return?.()
      expect(await readers()).toBe(0)
      await readSpan(log, stream, [0n, 300n])
      expect([await count(), await readers()]).toEqual([300, 0])

      await names.channel.prefetch(10)
      const other = Promise.withResolvers<unknown>()
      const first = (message: Parameters<Parameters<typeof names.channel.consume>[1]>[0]): void =>
        other.resolve(
          message && [message.fields.redelivered, message.properties.headers?.['x-stream-offset']],
        )
      const { consumerTag } = await names.channel.consume(stream, first, {
        arguments: { 'x-stream-offset': 'first' },
      })
      expect(await other.promise).toEqual([false, 0])
      await names.channel.cancel(consumerTag)
    },
  )

  test(
    'is read by offset, by its newest, by time to the second, and up to a limit',
    { timeout: TEST_TIMEOUT_MS },
    async (context) => {
      const names = await openRabbitTest(context)
      const log = streamsOf(context)
      const stream = await names.queue(STREAM)
      await append(
        stream,
        [1, 2].map((n) => ({ value: `early-${n}`, atSec: 1 })),
      )
      await sleep(PAUSE_MS)
      const between = Date.now()
      await append(
        stream,
        [1, 2, 3].map((n) => ({ value: `middle-${n}`, atSec: 1 })),
      )
      await sleep(PAUSE_MS)
      const after = Date.now()
      await append(stream, [{ value: 'late', atSec: 1 }])
      const where = { topic: stream, partition: null }
      const middle = ['middle-1', 'middle-2', 'middle-3']
      expect(await read(log, { ...where, kind: 'offsets', from: 1n, to: 3n })).toEqual({
        ended: 'complete',
        found: ['early-2', 'middle-1'],
      })
      expect((await read(log, { ...where, kind: 'tail', records: 2 })).found).toEqual(['middle-3', 'late'])
      expect(await read(log, { ...where, kind: 'times', sinceMs: between, untilMs: after })).toEqual({
        ended: 'complete',
        found: middle,
      })
      expect((await read(log, { ...where, kind: 'times', sinceMs: between, untilMs: null })).found).toEqual([
        ...middle,
        'late',
      ])
      const future = Date.now() + 3_600_000
      expect(await read(log, { ...where, kind: 'times', sinceMs: future, untilMs: null })).toEqual({
        ended: 'complete',
        found: [],
      })
      expect(await read(log, { ...where, kind: 'offsets', from: 0n, to: null }, 2)).toEqual({
        ended: 'found-limit',
        found: ['early-1', 'early-2'],
      })
      expect(await readers()).toBe(0)
    },
  )

  test('whose end runs away is not called complete', { timeout: TEST_TIMEOUT_MS }, async (context) => {
    const names = await openRabbitTest(context)
    const log = streamsOf(context)
    const stream = await names.queue(STREAM)
    const stop = new AbortController()
    const producing = (async () => {
      for (; !stop.signal.aborted; await sleep(5)) names.channel.sendToQueue(stream, Buffer.from('more'))
    })()
    try {
      await sleep(100)
      const { ended } = await read(log, { topic: stream, partition: null, kind: 'tail', records: 3 })
      expect(ended).toBe('end-moving')
      const part = { topic: stream, partition: null, kind: 'offsets', from: 0n, to: 2n } as const
      expect(await read(log, part)).toEqual({ ended: 'complete', found: ['more', 'more'] })
    } finally {
      stop.abort()
      await producing
    }
  })

  test('that is deleted while it is read says so', async (context) => {
    const names = await openRabbitTest(context)
    const log = streamsOf(context)
    const stream = await names.queue(STREAM)
    await append(stream, numbered(MANY))
    const seen: RecordLetter[] = []
    const reading = (async () => {
      const range = { topic: stream, partition: 0, begin: 0n, end: BigInt(MANY) }
      for await (const { records } of log.read(range, never)) {
        if (seen.length === 0) await names.channel.deleteQueue(stream)
        seen.push(...records)
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'topic-missing' })
    expect(seen.length).toBeLessThan(MANY)
  })

  test.each(['classic', 'quorum'])(
    'is not mistaken for a %s queue, whose messages stay untouched',
    async (type) => {
      // A connection of its own, because the context of a table's test comes last.
      const connection = await connectRabbit()
      const channel = await connection.createConfirmChannel()
      const { queue } = await channel.assertQueue(`redrive-test-${type}-${Date.now()}`, {
        durable: true,
        arguments: { 'x-queue-type': type },
      })
      channel.sendToQueue(queue, Buffer.from('mine'))
      await channel.waitForConfirms()
      const cli = await openCli(
        {
          brokers: {
            rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { env: 'REDRIVE_TEST_STREAM_PW' } },
          },
        },
        { REDRIVE_TEST_STREAM_PW: rabbit.password },
      )
      const { records } = await cli.json(
        'brokers',
        'records',
        '--broker',
        'rabbit',
        '--topic',
        queue,
        '--tail',
        '5',
      )
      expect(records.at(-1)).toMatchObject({ code: 'not-a-stream', detail: { queue, type } })
      const message = await channel.get(queue)
      expect(message && [message.content.toString(), message.fields.redelivered]).toEqual(['mine', false])
      await channel.deleteQueue(queue)
      await connection.close()
    },
  )

  test('is read and searched from the command line', async (context) => {
    const names = await openRabbitTest(context)
    const stream = await names.queue(STREAM)
    await append(stream, [
      ...numbered(3),
      { value: 'this one', atSec: 1_700_000_000, headers: { kind: 'wanted' } },
    ])
    const cli = await openCli(
      {
        brokers: {
          rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { env: 'REDRIVE_TEST_STREAM_PW' } },
        },
      },
      { REDRIVE_TEST_STREAM_PW: rabbit.password },
    )
    const words = [
      '--broker',
      'rabbit',
      '--topic',
      stream,
      '--from',
      '0',
      '--search',
      'kind=wanted',
      '--in',
      'header',
    ]
    const { records } = await cli.json('brokers', 'records', ...words)
    expect(records).toMatchObject([
      { topic: stream, partition: 0, offset: '3', key: { text: stream }, payload: { text: 'this one' } },
      { type: 'summary', scanned: 4, total: 4, found: 1, ended: 'complete', complete: true },
    ])
  })
})
