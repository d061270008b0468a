import { randomBytes } from 'node:crypto'
import type { ConfirmChannel } from 'amqplib'
import { openRabbitBroker } from '../../src-main/adapters/broker-rabbitmq/rabbit-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { PUBLISH_WINDOW_MAX, publish } from '../../src-main/ports/broker.ts'
import type { Publisher } from '../../src-main/ports/broker.ts'
import { connectRabbit, rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import type { BenchLine } from './bench-line.ts'
import { ratioOfRounds, timed } from './paired-rounds.ts'
import { publishFloor } from './resend-floors.ts'

const MESSAGES = 30_000
const ROUNDS = 5
const RATIO_MIN = 0.9
const PAYLOAD = JSON.stringify({ order: 4711, amount: '19.90', note: 'x'.repeat(250) })
const ROUTING_KEY = 'orders.paid'

const never = new AbortController().signal

/**
 * Publishing through Redrive's port against the bare confirm channel of amqplib: the same message, persistent and
 * mandatory, the same properties and headers, the same window, in the same round. The bare channel is as amqplib opens it:
 * each packet is a write of its own. Redrive bundles those of one turn, which is part of what is measured.
 */
export async function benchRabbit(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const connection = await connectRabbit()
  const channel = await connection.createConfirmChannel()
  const password = async () => rabbit.password
  const broker = openRabbitBroker({ url: rabbitUrl(), password, clock: systemClock() })
  const exchange = `redrive-bench-${randomBytes(4).toString('hex')}`
  try {
    await channel.assertExchange(exchange, 'direct', { durable: true })
    const publisher = await broker.openPublisher(never)
    const job = { exchange, routingKey: ROUTING_KEY, payload: PAYLOAD, count: MESSAGES }
    const value = await ratioOfRounds({
      rounds: ROUNDS,
      messages: MESSAGES,
      floorName: 'amqplib',
      place: async () => exchange,
      own: () => intoQueue(channel, exchange, () => publishAll(publisher, exchange)),
      floor: () => intoQueue(channel, exchange, () => publishFloor(channel, job)),
      print,
    })
    const name = `publish ${MESSAGES} to RabbitMQ`
    return [{ name, value, limit: RATIO_MIN, bound: 'least', ok: value >= RATIO_MIN }]
  } finally {
    await broker.close()
    await channel.deleteExchange(exchange)
    await connection.close()
  }
}

/** Into a queue of its own, which is deleted with what is in it: neither finds the other's messages on the disk. */
async function intoQueue(
  channel: ConfirmChannel,
  exchange: string,
  work: () => Promise<void>,
): Promise<number> {
  const { queue } = await channel.assertQueue(`${exchange}-q`, { durable: true })
  await channel.bindQueue(queue, exchange, ROUTING_KEY)
  const tookMs = await timed(work)
  await channel.deleteQueue(queue)
  return tookMs
}

/** As many under way as the floor has, and one more for each answer. */
function publishAll(publisher: Publisher, exchange: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let begun = 0
  let answered = 0
  const fill = (): void => {
    while (begun < MESSAGES && begun - answered < PUBLISH_WINDOW_MAX) {
      begun += 1
      one(publisher, exchange, begun).then(() => {
        answered += 1
        if (answered === MESSAGES) resolve()
        else fill()
      }, reject)
    }
  }
  fill()
  return promise
}

async function one(publisher: Publisher, exchange: string, index: number): Promise<void> {
  const { outcome } = await publish(
    publisher,
    {
      messageId: `m-${index}`,
      type: 'OrderPaid',
      destination: { exchange, routingKey: ROUTING_KEY },
      payload: PAYLOAD,
      knownJson: true,
      headers: '{"content-type": "application/json"}',
      redriveHeaders: { 'x-redrive-job': 'job-of-the-bench-00', 'x-redrive-attempt': 4 },
    },
    never,
  )
  if (outcome !== 'confirmed') throw new Error(`a message of the bench was ${outcome}`)
}
