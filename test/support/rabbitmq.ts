import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import type { Channel, ChannelModel } from 'amqplib'
import type { TestContext } from 'vitest'
import { openRabbitBroker } from '../../src-main/adapters/broker-rabbitmq/rabbit-broker.ts'
import type { RabbitBrokerOptions } from '../../src-main/adapters/broker-rabbitmq/rabbit-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { Destination } from '../../src-main/domain/message.ts'
import type { OutgoingMessage, PublishOutcome } from '../../src-main/domain/outcome.ts'
import type { Broker } from '../../src-main/ports/broker.ts'

const run = promisify(execFile)
const server = new URL(process.env['REDRIVE_TEST_RABBIT'] ?? 'amqp://guest:guest@127.0.0.1:5672/')
/** A queue that a test reads holds no more than this. */
const DRAIN_MAX = 200_000

/** The broker of the tests. */
export const rabbit = {
  host: server.hostname,
  port: Number(server.port === '' ? 5672 : server.port),
  user: decodeURIComponent(server.username),
  password: decodeURIComponent(server.password),
}

/** An address for openRabbitBroker: without the password, on another port where a proxy is between. */
export function rabbitUrl(options: { readonly port?: number; readonly vhost?: string } = {}): string {
  const user = encodeURIComponent(rabbit.user)
  return `amqp://${user}@${rabbit.host}:${options.port ?? rabbit.port}/${encodeURIComponent(options.vhost ?? '/')}`
}

export interface ReadMessage {
  readonly messageId: string
  readonly type: string | null
  readonly payload: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly contentType: string | null
  readonly persistent: boolean
}

/** Names of one test on the real broker. Everything is durable, deleted when the test has passed and kept when not. */
export interface RabbitTest {
  readonly channel: Channel
  /** A channel for a question whose answer may close it. */
  throwAway(): Promise<Channel>
  queue(queueArguments?: Readonly<Record<string, unknown>>): Promise<string>
  exchange(type?: string, exchangeArguments?: Readonly<Record<string, unknown>>): Promise<string>
  /** Not declared. */
  unusedName(): string
  count(queue: string): Promise<number>
  /** Takes everything out, in order. */
  drain(queue: string): Promise<readonly ReadMessage[]>
}

export async function openRabbitTest(context: TestContext): Promise<RabbitTest> {
  const connection = await connectRabbit()
  const channel = await connection.createChannel()
  const prefix = `redrive-test-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`
  const queues: string[] = []
  const exchanges: string[] = []
  let names = 0
  const unusedName = (): string => `${prefix}-${++names}`
  context.onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') {
      for (const name of exchanges) await channel.deleteExchange(name)
      for (const name of queues) await channel.deleteQueue(name)
    }
    await channel.close()
    await connection.close()
  })
  return {
    channel,
    unusedName,
    throwAway: async () => {
      const other = await connection.createChannel()
      other.on('error', () => undefined)
      return other
    },
    queue: async (queueArguments = {}) => {
      const name = unusedName()
      await channel.assertQueue(name, { durable: true, arguments: queueArguments })
      queues.push(name)
      return name
    },
    exchange: async (type = 'direct', exchangeArguments = {}) => {
      const name = unusedName()
      await channel.assertExchange(name, type, { durable: true, arguments: exchangeArguments })
      exchanges.push(name)
      return name
    },
    count: async (queue) => (await channel.checkQueue(queue)).messageCount,
    drain: async (queue) => await drain(channel, queue),
  }
}

/** A connection of the test's own, for an administrator's or a consumer's part. Fails by name where no broker answers. */
export async function connectRabbit(vhost = '/'): Promise<ChannelModel> {
  const { host: hostname, port, user: username, password } = rabbit
  try {
    return await connect({
      protocol: 'amqp',
      hostname,
      port,
      username,
      password,
      vhost: encodeURIComponent(vhost),
    })
  } catch (cause) {
    throw new Error(`RabbitMQ does not answer on ${hostname}:${port} (REDRIVE_TEST_RABBIT)`, { cause })
  }
}

async function drain(channel: Channel, queue: string): Promise<readonly ReadMessage[]> {
  const messages: ReadMessage[] = []
  while (messages.length < DRAIN_MAX) {
    const message = await channel.get(queue, { noAck: true })
    if (message === false) return messages
    const { properties, content } = message
    messages.push({
      messageId: String(properties.messageId),
      type: (properties.type as string | undefined) ?? null,
      payload: content.toString('utf8'),
      headers: properties.headers ?? {},
      contentType: (properties.contentType as string | undefined) ?? null,
      persistent: properties.deliveryMode === 2,
    })
  }
  throw new Error(`more than ${DRAIN_MAX} messages in ${queue}`)
}

/** One object for all messages, as a job has it. */
const redriveHeaders = {}

export function outgoing(destination: Destination, messageId: string): OutgoingMessage {
  const payload = JSON.stringify({ order: messageId })
  return { messageId, type: null, destination, payload, headers: null, redriveHeaders }
}

/** `confirmed`, or the outcome with its code. */
export function word(result: PublishOutcome): string {
  return 'code' in result ? `${result.outcome} ${result.code}` : result.outcome
}

/** The broker's own administration; needs the rights of its owner. */
export async function rabbitmqctl(...words: readonly string[]): Promise<string> {
  const { stdout } = await run('rabbitmqctl', ['--quiet', ...words])
  return stdout
}

/** A broker under test, closed when the test ends. */
export function openTestBroker(
  context: TestContext,
  options: Partial<RabbitBrokerOptions> & { readonly port?: number } = {},
): Broker {
  const { port, ...rest } = options
  const broker = openRabbitBroker({
    url: rabbitUrl(port === undefined ? {} : { port }),
    password: async () => rabbit.password,
    clock: systemClock(),
    ...rest,
  })
  context.onTestFinished(() => broker.close())
  return broker
}
