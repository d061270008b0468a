import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'amqplib'
import type { Channel } from 'amqplib'
import { dropDatabase, openDatabase, referenceSchema } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { rabbit } from '../support/rabbitmq.ts'
import { openTestEngine } from '../support/test-engine.ts'
import type { TestEngine, TestEngineOptions } from '../support/test-engine.ts'

/** Longest silence of a queue that still holds messages before reading it is given up. */
const READ_TIMEOUT_MS = 30_000
const READ_POLL_MS = 20

/** A database, a queue and folders for the stores: what a proof needs, in a test or outside of one. */
export interface Stage {
  readonly database: TestDatabase
  readonly queue: string
  /** An engine with a store of its own; closed with the stage at the latest. */
  engine(options?: Partial<TestEngineOptions>): Promise<TestEngine>
  folder(): Promise<string>
  /** Message ids of everything that the queue holds, in its order; takes them out. */
  take(): Promise<readonly string[]>
  /** Empties table and queue. */
  clear(): Promise<void>
  /** Called before everything else when the stage is closed. */
  onClose(work: () => Promise<unknown>): void
  close(): Promise<void>
}

export interface StageOptions {
  /** A database that is there already; one is made and dropped otherwise. */
  readonly database?: TestDatabase
  /** Of a broker of the test's own. */
  readonly brokerPort?: number
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const name = `redrive_test_${process.pid}_${randomBytes(4).toString('hex')}`
  const database = options.database ?? (await openDatabase(name, true))
  await database.sql(await referenceSchema())
  const queue = name.replaceAll('_', '-')
  await withChannel(options, (channel) => channel.assertQueue(queue, { durable: true }))
  const closing: (() => Promise<unknown>)[] = []
  const onClose = (work: () => Promise<unknown>): void => void closing.unshift(work)
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'redrive-faults-'))
    onClose(() => rm(path, { recursive: true, force: true }))
    return path
  }
  return {
    database,
    queue,
    folder,
    onClose,
    async engine(more = {}) {
      const dataDir = more.dataDir ?? (await folder())
      const place = options.brokerPort === undefined ? {} : { brokerPort: options.brokerPort }
      const engine = openTestEngine({ databaseUrl: database.url, ...place, ...more, dataDir })
      let closed: Promise<void> | null = null
      const close = (): Promise<void> => (closed ??= engine.close())
      onClose(close)
      return { ...engine, close }
    },
    take: () => withChannel(options, (channel) => takeAll(channel, queue)),
    async clear() {
      await withChannel(options, (channel) => channel.purgeQueue(queue))
      await database.sql('truncate outbox_message restart identity')
    },
    async close() {
      for (const work of closing) await work()
      await withChannel(options, (channel) => channel.deleteQueue(queue)).catch(() => undefined)
      await database.close()
      if (options.database === undefined) await dropDatabase(name)
    },
  }
}

/** A connection for one question: the broker may have been restarted since the one before. */
async function withChannel<T>(
  { brokerPort }: StageOptions,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const { host: hostname, user: username, password } = rabbit
  const port = brokerPort ?? rabbit.port
  const connection = await connect({ protocol: 'amqp', hostname, port, username, password })
  connection.on('error', () => undefined)
  try {
    return await work(await connection.createChannel())
  } finally {
    await connection.close()
  }
}

async function takeAll(channel: Channel, queue: string): Promise<readonly string[]> {
  const ids: string[] = []
  const { messageCount } = await channel.checkQueue(queue)
  const { consumerTag } = await channel.consume(
    queue,
    (message) => void ids.push(String(message?.properties.messageId)),
    { noAck: true },
  )
  for (let waitedMs = 0; ids.length < messageCount; waitedMs += READ_POLL_MS) {
    if (waitedMs > READ_TIMEOUT_MS) throw new Error(`the queue gave ${ids.length} of ${messageCount}`)
    await new Promise((later) => setTimeout(later, READ_POLL_MS))
  }
  await channel.cancel(consumerTag)
  return ids
}
