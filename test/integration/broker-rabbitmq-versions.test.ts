import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import { deathStory } from '../../src-main/domain/dead-letter/story.ts'
import { letterDigest } from '../../src-main/domain/dead-letter/letter.ts'
import type { Letter } from '../../src-main/domain/dead-letter/letter.ts'
import { redrivenCopy } from '../../src-main/domain/dead-letter/redriven.ts'
import { openRabbitBroker } from '../../src-main/adapters/broker-rabbitmq/rabbit-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { DeadLetters } from '../../src-main/ports/dead-letters.ts'
import { openRabbitTest, openTestBroker, outgoing, rabbit, rabbitUrl, word } from '../support/rabbitmq.ts'
import type { RabbitTest } from '../support/rabbitmq.ts'

/** What differs between RabbitMQ 3 and 4; the same file is run on both. */
const never = new AbortController().signal
const MIB = 1024 * 1024

async function openLetters(context: TestContext): Promise<DeadLetters> {
  const password = async () => rabbit.password
  const broker = openRabbitBroker({ url: rabbitUrl(), password, clock: systemClock() })
  context.onTestFinished(() => broker.close())
  const { deadLetters } = broker
  if (deadLetters === undefined) throw new Error('the broker reads no dead letters')
  return deadLetters
}

async function majorOf({ channel }: RabbitTest): Promise<number> {
  const { version } = channel.connection.serverProperties
  return Number.parseInt(String(version), 10)
}

/** A queue whose rejected messages end in another one, both bound to nothing. */
async function dyingQueue(names: RabbitTest) {
  const letters = await names.queue()
  const queue = await names.queue({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': letters })
  const exchange = await names.exchange()
  await names.channel.bindQueue(queue, exchange, 'orders.placed')
  const reject = async (): Promise<void> => {
    const message = await names.channel.get(queue)
    if (message === false) throw new Error('there is nothing to reject')
    names.channel.nack(message, false, false)
    await expect.poll(() => names.count(letters)).toBe(1)
  }
  return { letters, queue, exchange, reject }
}

test('a message that died, was redriven and died again: 4 writes over its x-death, and the story stays true', async (context) => {
  const names = await openRabbitTest(context)
  const major = await majorOf(names)
  const deadLetters = await openLetters(context)
  const { letters, queue, exchange, reject } = await dyingQueue(names)
  names.channel.publish(exchange, 'orders.placed', Buffer.from('{}'), { messageId: 'm', persistent: true })
  await reject()

  const take = async (): Promise<Letter> => {
    const holding = await deadLetters.hold(letters, never)
    const [held] = await holding.next(1, never)
    if (held === undefined) throw new Error('there is no letter')
    await holding.remove([held.tag], never)
    await holding.close()
    return held.letter
  }
  const first = await take()
  const origin = { queue, exchange, routingKey: 'orders.placed', record: null }
  expect(deathStory(first)).toMatchObject({ reason: 'rejected', deaths: 1, origin, redrive: null })
  expect(Object.hasOwn(first.headers, 'x-last-death-queue')).toBe(major >= 4)

  const publisher = await openTestBroker(context).openPublisher(never)
  const copy = redrivenCopy(first, letterDigest(first))
  const straight = { ...outgoing({ exchange: '', routingKey: queue }, 'm'), copy }
  expect(word(await publish(publisher, straight, never))).toBe('confirmed')
  await reject()
  const second = await take()
  // What the broker tells by now is the way of the redrive, on 4 and, as nothing stale went out, on 3.
  expect(second.headers['x-first-death-exchange']).toBe('')
  expect(deathStory(second)).toMatchObject({ reason: 'rejected', deaths: 1, origin, redrive: { times: 1 } })
})

test('a payload beyond what the version takes is refused by itself; what it takes arrives', async (context) => {
  const names = await openRabbitTest(context)
  const major = await majorOf(names)
  const queue = await names.queue()
  const to = { exchange: '', routingKey: queue }
  const large = { ...outgoing(to, 'large'), payload: 'x'.repeat(16 * MIB + 1) }
  const whole = { ...outgoing(to, 'whole'), payload: 'x'.repeat(16 * MIB) }
  const publisher = await openTestBroker(context).openPublisher(never)
  const results = [large, whole, outgoing(to, 'small')].map((message) => publish(publisher, message, never))
  const expected = major >= 4 ? 'refused message-too-large' : 'confirmed'
  expect((await Promise.all(results)).map(word)).toEqual([expected, 'confirmed', 'confirmed'])

  // A broker that takes less than Redrive was told: it closes the channel, and says why.
  const told = await openTestBroker(context, { payloadBytesMax: 20 * MIB }).openPublisher(never)
  expect(word(await publish(told, large, never))).toBe(expected)
}, 60_000)

test('a quorum queue that nobody gave a limit, and a transient one: told apart, and only one may be read', async (context) => {
  const names = await openRabbitTest(context)
  const deadLetters = await openLetters(context)
  const quorum = await names.queue({ 'x-queue-type': 'quorum' })
  expect(await deadLetters.facts(quorum, never)).toMatchObject({
    type: 'quorum',
    refusal: 'may-delete',
  })
  const stream = await names.queue({ 'x-queue-type': 'stream' })
  expect(await deadLetters.facts(stream, never)).toMatchObject({ type: 'stream', refusal: 'is-stream' })
  const transient = names.unusedName()
  // 4.3 makes none any more; where they still are, they are read as others.
  const channel = await names.throwAway()
  await channel.assertQueue(transient, { durable: false, autoDelete: false })
  context.onTestFinished(() => names.channel.deleteQueue(transient).then(() => undefined))
  names.channel.sendToQueue(transient, Buffer.from('{}'), { messageId: 'm' })
  await expect.poll(() => names.count(transient)).toBe(1)
  expect(await deadLetters.facts(transient, never)).toMatchObject({ type: 'classic', refusal: null })
  const holding = await deadLetters.hold(transient, never)
  expect(await holding.next(2, never)).toHaveLength(1)
  await holding.close()
  expect(await names.count(transient)).toBe(1)
})

test('a queue with arguments of its own, as a queue that consumers work on has: its type is told all the same', async (context) => {
  const names = await openRabbitTest(context)
  const deadLetters = await openLetters(context)
  const dying = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': "it's dead" }
  const classic = await names.queue({
    ...dying,
    'x-message-ttl': 100_000_000_000,
    'x-expires': 600_000,
    'x-max-length': 50,
    'x-max-priority': 3,
    'x-single-active-consumer': true,
    'x-overflow': 'reject-publish',
  })
  expect(await deadLetters.facts(classic, never)).toMatchObject({ type: 'classic', refusal: null })
  const quorum = await names.queue({ ...dying, 'x-queue-type': 'quorum', 'x-delivery-limit': 7 })
  const told = { type: 'quorum', deliveryLimit: 7, refusal: 'may-delete' }
  expect(await deadLetters.facts(quorum, never)).toMatchObject(told)
  // What cannot be told is not read.
  const odd = names.unusedName()
  await names.channel.assertQueue(odd, { durable: true, autoDelete: true })
  context.onTestFinished(() => names.channel.deleteQueue(odd).then(() => undefined))
  expect(await deadLetters.facts(odd, never)).toMatchObject({ type: null, refusal: 'type-unknown' })
  // Nothing was made, and nothing was changed.
  expect(await names.count(classic)).toBe(0)
})
