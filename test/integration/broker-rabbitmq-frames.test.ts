import type { ConfirmChannel } from 'amqplib'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import { HeaderRefusal } from '../../src-main/adapters/broker-rabbitmq/headers.ts'
import { MessageKinds } from '../../src-main/adapters/broker-rabbitmq/message-kinds.ts'
import { PublishFrames } from '../../src-main/adapters/broker-rabbitmq/publish-frames.ts'
import type { TextMessage } from '../../src-main/adapters/broker-rabbitmq/publish-frames.ts'
import type { Destination } from '../../src-main/domain/message.ts'
import { connectRabbit, openRabbitTest, openTestBroker, outgoing, word } from '../support/rabbitmq.ts'

const never = new AbortController().signal
const redriveHeaders = { 'x-redrive-job': 'job-1', 'x-redrive-attempt': 4 }
const nothing = (): void => undefined

type Parts = ConfirmChannel & {
  readonly ch: number
  readonly connection: {
    readonly channels: Record<number, { readonly buffer: { write: (bytes: Buffer) => boolean } }>
  }
}

/** A channel whose bytes are kept here and do not go out, and how often amqplib itself encoded a message. */
async function tappedChannel() {
  const model = await connectRabbit()
  onTestFinished(() => model.close())
  const channel = (await model.createConfirmChannel()) as Parts
  const slot = channel.connection.channels[channel.ch]
  if (slot === undefined) throw new Error('amqplib keeps its channels elsewhere')
  let written: Buffer[] = []
  slot.buffer.write = (bytes) => written.push(Buffer.from(bytes)) > 0
  return {
    channel,
    taken: (): Buffer => {
      const all = Buffer.concat(written)
      written = []
      return all
    },
  }
}

const name = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed())
const headers = fc.option(
  fc.dictionary(
    fc.string({ maxLength: 10 }).filter((key) => key !== '!'),
    fc.string({ maxLength: 20 }),
    {
      maxKeys: 4,
    },
  ),
)
const message = fc.record({
  exchange: fc.constantFrom('', 'orders', 'ü'.repeat(60)),
  routingKey: name,
  messageId: name,
  type: fc.option(fc.constantFrom('', 'OrderPaid', '订单')),
  headers: fc.oneof(fc.constantFrom({ tenant: 'a' }, null), headers),
  text: fc.oneof(
    name,
    fc.nat({ max: 40_000 }).map((length) => 'é'.repeat(length)),
  ),
})

test('whatever is published in whatever order, the bytes are those of amqplib', async () => {
  const { channel, taken } = await tappedChannel()
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), async (messages) => {
      const kinds = new MessageKinds()
      const frames = new PublishFrames(channel)
      const sent: (readonly [Destination, TextMessage])[] = []
      for (const { exchange, routingKey, messageId, type, headers: table, text } of messages) {
        const contentType = text === '' ? 'text/plain' : 'application/json'
        const described = { headers: table && JSON.stringify(table), redriveHeaders, type, contentType }
        try {
          // Also what occurs once is published by its kind.
          kinds.of(described)
        } catch (error) {
          if (error instanceof HeaderRefusal) continue
          throw error
        }
        const kind = kinds.of(described)
        expect(kind.isKnown).toBe(true)
        sent.push([
          { exchange, routingKey },
          { messageId, text, bytes: Buffer.byteLength(text), kind },
        ])
      }
      for (const [{ exchange, routingKey }, { messageId, text, kind }] of sent) {
        const properties = { ...kind.properties, messageId }
        channel.publish(exchange, routingKey, Buffer.from(text), properties, nothing)
      }
      const expected = taken()
      for (const [to, each] of sent) frames.publish(to, each, nothing)
      await Promise.resolve()
      expect(taken().equals(expected)).toBe(true)
    }),
    { numRuns: 150 },
  )
})

function opened(channel: ConfirmChannel): {
  frames: PublishFrames
  send: (id: string, bytes?: number) => void
} {
  const frames = new PublishFrames(channel)
  const kinds = new MessageKinds()
  const described = { headers: null, redriveHeaders, type: null, contentType: 'application/json' }
  const to: Destination = { exchange: '', routingKey: 'somewhere' }
  return {
    frames,
    send(id, bytes = 10) {
      const sent: TextMessage = { messageId: id, text: 'x'.repeat(bytes), bytes, kind: kinds.of(described) }
      frames.publish(to, sent, nothing)
    },
  }
}

test('of a thousand messages of one kind amqplib encodes the first, the models of the kind, and what is large', async () => {
  const { channel } = await tappedChannel()
  let encoded = 0
  const confirms: unknown = Object.getPrototypeOf(channel)
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(confirms)) as {
    sendMessage: (...values: unknown[]) => unknown
  }
  const original = prototype.sendMessage
  expect(original).toBeTypeOf('function')
  prototype.sendMessage = function (...values) {
    encoded += 1
    return original.apply(this, values)
  }
  onTestFinished(() => void (prototype.sendMessage = original))
  const { send } = opened(channel)
  for (let n = 0; n < 1_000; n += 1) send(`m-${n}`)
  expect(encoded).toBe(4)
  send('large', 20_000)
  expect(encoded).toBe(5)
})

test('on a channel that is closed it throws as amqplib does, and what was not handed on is told unknown', async () => {
  const model = await connectRabbit()
  const channel = await model.createConfirmChannel()
  const errors: unknown[] = []
  const { frames, send } = opened(channel)
  send('first')
  const kinds = new MessageKinds()
  const described = { headers: null, redriveHeaders, type: null, contentType: 'text/plain' }
  kinds.of(described)
  const kind = kinds.of(described)
  const late = { messageId: 'late', text: 'x', bytes: 1, kind }
  frames.publish({ exchange: '', routingKey: 'nowhere' }, late, (error) => errors.push(error))
  const closed = model.close()
  frames.flush()
  await closed
  expect(errors).toHaveLength(1)
  expect(() => send('after')).toThrow(/closed/i)
})

test('five thousand of several kinds, small, large and with headers of their own, arrive in their order', async (context) => {
  const names = await openRabbitTest(context)
  const publisher = await openTestBroker(context).openPublisher(never)
  const queue = await names.queue()
  const sent = Array.from({ length: 5_000 }, (_, n) => ({
    ...outgoing({ exchange: '', routingKey: queue }, `m-${n}`),
    payload: JSON.stringify({ n, text: 'é'.repeat(n % 50 === 7 ? 12_000 : n % 90) }),
    type: n % 3 === 0 ? 'OrderPaid' : null,
    headers: n % 10 === 4 ? JSON.stringify({ trace: `t-${n}` }) : n % 2 === 0 ? '{"tenant": "a"}' : null,
    redriveHeaders,
  }))
  const outcomes = await Promise.all(sent.map((each) => publish(publisher, each, never)))
  expect(new Set(outcomes.map(word))).toEqual(new Set(['confirmed']))
  for (const each of sent) {
    const read = await names.channel.get(queue, { noAck: true })
    if (read === false) throw new Error(`${each.messageId} is not there`)
    expect(read.properties).toMatchObject({
      messageId: each.messageId,
      type: each.type ?? undefined,
      deliveryMode: 2,
      headers: { ...(JSON.parse(each.headers ?? '{}') as object), ...redriveHeaders },
    })
    expect(read.content.toString()).toBe(each.payload)
  }
  expect(await names.channel.get(queue)).toBe(false)
})
