import { randomBytes } from 'node:crypto'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { connectRabbit } from './rabbitmq.ts'

/** Ways to die; each is one cause, however many messages die of it. */
export const deaths = ['rejected', 'expired', 'not found', 'timed out', 'bad payload'] as const
export type Death = (typeof deaths)[number]

/** What Spring's recoverer writes into a message that it republishes. */
const errors: Readonly<Record<Exclude<Death, 'rejected' | 'expired'>, (n: number) => string>> = {
  'not found': (n) => `Order ${n} not found for customer ${n * 7}`,
  'timed out': (n) => `Read timed out after ${5_000 + n} ms calling payments`,
  'bad payload': (n) => `Cannot deserialize value of type \`Money\` from String "${n}.0.0"`,
}

/** A queue with consumers that fail in every way, and the queue where its dead letters end. */
export interface DeadLetterScene {
  readonly exchange: string
  readonly queue: string
  readonly deadLetters: string
  readonly channel: ConfirmChannel
  /** Publishes `each` messages per cause to the exchange and lets them die. Answers with their ids by cause. */
  die(each: number): Promise<Readonly<Record<Death, readonly string[]>>>
  /** Ids of all messages of a queue, taken out of it. */
  drain(queue: string): Promise<readonly string[]>
  /** Ids of all messages of a queue, which are put back. */
  peek(queue: string): Promise<readonly string[]>
  depth(queue: string): Promise<number>
  close(): Promise<void>
}

const EXPIRED_WAIT_MS = 20
const WAIT_MS_MAX = 20_000

export async function openDeadLetterScene(
  deadLetterArguments: Readonly<Record<string, unknown>> = {},
): Promise<DeadLetterScene> {
  const connection: ChannelModel = await connectRabbit()
  const channel = await connection.createConfirmChannel()
  const prefix = `redrive-test-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`
  const [exchange, queue, deadLetters] = [`${prefix}-x`, `${prefix}-q`, `${prefix}-dlq`]
  await channel.assertExchange(exchange, 'topic')
  await channel.assertQueue(deadLetters, { arguments: deadLetterArguments })
  await channel.assertQueue(queue, {
    arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': deadLetters },
  })
  await channel.bindQueue(queue, exchange, 'orders.#')
  const depth = async (name: string): Promise<number> => (await channel.checkQueue(name)).messageCount

  async function until(name: string, messages: number): Promise<void> {
    for (const endMs = Date.now() + WAIT_MS_MAX; (await depth(name)) < messages;) {
      if (Date.now() > endMs) throw new Error(`${name} never had ${messages} messages`)
      await new Promise((resolve) => setTimeout(resolve, EXPIRED_WAIT_MS))
    }
  }

  async function die(each: number): Promise<Record<Death, string[]>> {
    const ids = Object.fromEntries(deaths.map((death) => [death, [] as string[]])) as Record<Death, string[]>
    const before = await depth(deadLetters)
    for (let n = 0; n < each; n += 1) {
      for (const death of deaths) {
        const messageId = `${death.replace(' ', '-')}-${n}`
        ids[death].push(messageId)
        channel.publish(exchange, 'orders.placed', Buffer.from(JSON.stringify({ order: n, death })), {
          persistent: true,
          messageId,
          type: 'OrderPlaced',
          headers: { tenant: 'shop', n },
          ...(death === 'expired' ? { expiration: '1' } : {}),
        })
      }
    }
    await channel.waitForConfirms()
    await failEach(channel, { queue, deadLetters, exchange })
    await until(deadLetters, before + each * deaths.length)
    return ids
  }

  return {
    exchange,
    queue,
    deadLetters,
    channel,
    die,
    depth,
    async drain(name) {
      const ids: string[] = []
      for (;;) {
        const message = await channel.get(name, { noAck: true })
        if (message === false) return ids
        ids.push(String(message.properties.messageId))
      }
    },
    async peek(name) {
      const looking = await connection.createChannel()
      const ids: string[] = []
      for (;;) {
        const message = await looking.get(name)
        if (message === false) break
        ids.push(String(message.properties.messageId))
      }
      looking.nackAll()
      await looking.close()
      return ids
    },
    async close() {
      await channel.deleteExchange(exchange)
      for (const name of [queue, deadLetters]) await channel.deleteQueue(name)
      await channel.close()
      await connection.close()
    },
  }
}

/** A consumer that takes nothing: each message is rejected, or republished with the error as Spring does it. */
async function failEach(
  channel: ConfirmChannel,
  { queue, deadLetters, exchange }: Readonly<Record<'queue' | 'deadLetters' | 'exchange', string>>,
): Promise<void> {
  for (;;) {
    const message = await channel.get(queue)
    if (message === false) return await channel.waitForConfirms()
    const { death, order } = JSON.parse(message.content.toString()) as { death: Death; order: number }
    if (death === 'rejected' || death === 'expired') {
      // One that had not expired by now is left to do so.
      channel.nack(message, false, death === 'expired')
      if (death === 'expired') await new Promise((resolve) => setTimeout(resolve, 2))
      continue
    }
    const { headers, ...properties } = message.properties
    channel.sendToQueue(deadLetters, message.content, {
      ...properties,
      headers: {
        ...headers,
        'x-exception-message': errors[death](order),
        'x-exception-stacktrace': `java.lang.IllegalStateException: ${errors[death](order)}\n\tat com.shop.Consumer.on(Consumer.java:41)`,
        'x-original-exchange': exchange,
        'x-original-routingKey': 'orders.placed',
      },
    })
    channel.ack(message)
  }
}
