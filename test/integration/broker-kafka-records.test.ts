import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import { compressions } from '../../src-main/domain/workspace.ts'
import type { KafkaLogin, TlsOptions } from '../../src-main/domain/workspace.ts'
import type { OutgoingMessage } from '../../src-main/domain/outcome.ts'
import { kafkaUsers } from '../support/kafka-node.ts'
import { openKafkaTest, openTestKafka } from '../support/kafka.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { printedPassword } from '../support/printed-password.ts'
import { word } from '../support/rabbitmq.ts'

useKafka()

const never = new AbortController().signal

function outgoing(topic: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    messageId: 'm-1',
    type: 'OrderPaid',
    destination: { kind: 'topic', topic, key: 'k', partition: null },
    payload: '{}',
    headers: null,
    redriveHeaders: { 'x-redrive-job': 'job', 'x-redrive-attempt': 2 },
    ...more,
  }
}

describe('records', () => {
  it.for(compressions)('arrive byte for byte, packed with %s', async (compression, context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(1)
    const publisher = await openTestKafka(context, { compression }).openPublisher(never)
    const large = JSON.stringify({ text: randomBytes(340_000).toString('hex') + 'ü你🚚'.repeat(20_000) })
    const binary = Buffer.from([0, 255, 128, 10])
    const headers = `{"bytes": {"$base64": "${binary.toString('base64')}"}, "twice": ["b", null, "a"], "none": "", "no": null}`
    const sent = [
      outgoing(topic, { payload: large.slice(0, 900_000), headers }),
      outgoing(topic, { messageId: 'm-2', payload: null }),
      outgoing(topic, { messageId: 'm-3', payload: '', type: null }),
    ]
    const results = await Promise.all(sent.map((message) => publish(publisher, message, never)))
    expect(results.map(word)).toEqual(['confirmed', 'confirmed', 'confirmed'])
    const [first, second, third] = await test.read(topic)
    expect(first?.value?.equals(Buffer.from(large.slice(0, 900_000)))).toBe(true)
    expect(first?.key).toBe('k')
    expect(first?.headers).toEqual({
      bytes: [binary],
      twice: [Buffer.from('b'), null, Buffer.from('a')],
      none: [Buffer.from('')],
      no: [null],
      'x-message-id': [Buffer.from('m-1')],
      'x-message-type': [Buffer.from('OrderPaid')],
      'x-redrive-job': [Buffer.from('job')],
      'x-redrive-attempt': [Buffer.from('2')],
    })
    expect(second?.value).toBeNull()
    expect(third?.value?.length).toBe(0)
  })

  it('are refused by the name of a header that cannot be sent as it is', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(1)
    const publisher = await openTestKafka(context).openPublisher(never)
    for (const [headers, name] of [
      ['{"deep": {"a": 1}}', 'deep'],
      ['{"deep": [["a"]]}', 'deep'],
      ['{"bytes": {"$base64": "*"}}', 'bytes'],
      ['{"twin": "a", "twin": "b"}', 'twin'],
      ['{"x-message-id": "another"}', 'x-message-id'],
    ] as const) {
      const result = await publish(publisher, outgoing(topic, { headers }), never)
      expect(word(result)).toBe('refused headers-not-json')
      expect(result).toHaveProperty('reason', expect.stringContaining(`"${name}"`))
    }
    expect(await test.read(topic)).toEqual([])
  })
})

describe('logins', () => {
  const { admin, scram, looker } = kafkaUsers
  const login = (mechanism: KafkaLogin['mechanism'], user: string): KafkaLogin => ({ mechanism, user })
  const sasl = () => ({ brokers: [`127.0.0.1:${kafkaNode().ports.sasl}`] })
  const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const nowSec = Math.floor(Date.now() / 1_000)
  const token = `${base64({ alg: 'none' })}.${base64({ sub: 'admin', iat: nowSec, exp: nowSec + 600 })}.`

  it.for([
    [login('plain', 'admin'), admin],
    [login('scram-sha-256', 'scram'), scram],
    [login('scram-sha-512', 'scram'), scram],
    [login('oauthbearer', 'admin'), token],
  ] as const)('by $0.mechanism', async ([as, password], context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(1)
    const broker = openTestKafka(context, { ...sasl(), login: as, password: async () => password })
    expect(await broker.report(never)).toMatchObject({ product: 'Apache Kafka', cluster: { nodes: 1 } })
    const publisher = await broker.openPublisher(never)
    expect(word(await publish(publisher, outgoing(topic), never))).toBe('confirmed')
  })

  it.for(['plain', 'scram-sha-256'] as const)(
    'a wrong password of %s is told as such',
    async (mechanism, context) => {
      const options = { ...sasl(), login: login(mechanism, 'admin'), password: async () => 'wrong' }
      const broker = openTestKafka(context, options)
      await expect(broker.openPublisher(never)).rejects.toMatchObject({ code: 'auth-failed', retry: 'never' })
      await expect(broker.report(never)).rejects.toMatchObject({ code: 'auth-failed' })
      expect(broker.state()).toMatchObject({ state: 'disconnected', retryInMs: null })
    },
  )

  it('one that a command prints is asked for again where it is refused', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(1)
    const printed = await printedPassword('it-ran-out')
    const { password } = printed
    expect(await password()).toBe('it-ran-out')
    await printed.set(admin)
    await printed.later(60)
    const broker = openTestKafka(context, { ...sasl(), login: login('plain', 'admin'), password })
    const publisher = await broker.openPublisher(never)
    expect(word(await publish(publisher, outgoing(topic), never))).toBe('confirmed')
  })

  it('without rights on a topic: cannot be told, and refused', async (context) => {
    const test = await openKafkaTest(context)
    const topic = await test.topic(1)
    const options = { ...sasl(), login: login('plain', 'looker'), password: async () => looker }
    const broker = openTestKafka(context, options)
    expect(await broker.checkDestinations([outgoing(topic).destination], never)).toMatchObject([
      { exists: null },
    ])
    const publisher = await broker.openPublisher(never)
    expect(word(await publish(publisher, outgoing(topic), never))).toBe('refused permission-denied')
    expect(await test.read(topic)).toEqual([])
  })

  it('over TLS, with the certificate checked or refused', async (context) => {
    const { ports, caFile } = kafkaNode()
    const tls = (mode: TlsOptions['mode'], ca: boolean): TlsOptions => ({ mode, ...(ca ? { caFile } : {}) })
    const open = (options: TlsOptions) =>
      openTestKafka(context, { brokers: [`127.0.0.1:${ports.tls}`], tls: options })
    await expect(open(tls('verify-full', false)).report(never)).rejects.toMatchObject({ code: 'tls-failed' })
    await expect(
      open({ ...tls('verify-full', true), serverName: 'another.test' }).report(never),
    ).rejects.toMatchObject({ code: 'tls-failed' })
    // The listener takes whoever knows its CA; that it is encrypted is all that is said here.
    for (const options of [tls('verify-full', true), tls('require', false)])
      expect(await open(options).report(never)).toMatchObject({ product: 'Apache Kafka' })
  })

  it('nobody there is told as such', async (context) => {
    const broker = openTestKafka(context, { brokers: ['127.0.0.1:1'] })
    await expect(broker.report(never)).rejects.toMatchObject({ code: 'host-unreachable', retry: 'later' })
    await expect(broker.openPublisher(never)).rejects.toMatchObject({ code: 'host-unreachable' })
  })
})
