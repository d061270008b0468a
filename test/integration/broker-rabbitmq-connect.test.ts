import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import { parseRabbitUrl } from '../../src-main/adapters/broker-rabbitmq/address.ts'
import { classify } from '../../src-main/adapters/broker-rabbitmq/classify.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { publish } from '../../src-main/ports/broker.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import {
  connectRabbit,
  openRabbitTest,
  openTestBroker,
  outgoing,
  rabbit,
  rabbitmqctl,
  rabbitUrl,
  word,
} from '../support/rabbitmq.ts'

const never = new AbortController().signal
const SECRET = 'not the pässword: %2f@/'
const stamp = Date.now().toString(36)
const USER = `redrive test @:/%${stamp}`
const PASSWORD = `p ä@:/?#%2f${stamp}`
const VHOST = `redrive/test%2f ü${stamp}`

async function errorOf(work: Promise<unknown>): Promise<RedriveError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RedriveError)
  return error as RedriveError
}

/** Both ways to ask, and that the password is in nothing that is shown. */
async function failure(broker: Broker): Promise<RedriveError> {
  const error = await errorOf(broker.report(never))
  expect((await errorOf(broker.openPublisher(never))).code).toBe(error.code)
  expect(JSON.stringify([error.message, error.detail, broker.state()])).not.toContain(SECRET)
  return error
}

async function listening(context: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

describe('a connection that cannot be made', () => {
  it('a wrong password: auth-failed, not tried again by itself', async (context) => {
    const broker = openTestBroker(context, { password: async () => SECRET })
    const error = await failure(broker)
    expect(error).toMatchObject({ code: 'auth-failed', retry: 'never' })
    expect(error.detail).toMatchObject({
      host: rabbit.host,
      port: rabbit.port,
      vhost: '/',
      user: rabbit.user,
    })
    expect(broker.state()).toMatchObject({ state: 'disconnected', retryInMs: null })
  })

  it('a password that is right the next time', async (context) => {
    let password = SECRET
    const broker = openTestBroker(context, { password: async () => password })
    await failure(broker)
    password = rabbit.password
    await expect(broker.report(never)).resolves.toMatchObject({ product: 'RabbitMQ' })
    await broker.openPublisher(never)
    expect(broker.state()).toEqual({ state: 'connected' })
  })

  it('a virtual host that does not exist: vhost-unknown', async (context) => {
    const broker = openTestBroker(context, { url: rabbitUrl({ vhost: 'no such vhost' }) })
    const error = await failure(broker)
    expect(error).toMatchObject({ code: 'vhost-unknown', retry: 'never', detail: { vhost: 'no such vhost' } })
  })

  it('a host where nothing listens: host-unreachable, at once, and tried again', async (context) => {
    const server = createServer()
    const port = await listening(context, server)
    server.close()
    const startedAt = performance.now()
    const broker = openTestBroker(context, { port })
    expect(await failure(broker)).toMatchObject({
      code: 'host-unreachable',
      retry: 'later',
      detail: { port },
    })
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    await expect
      .poll(() => broker.state())
      .toMatchObject({ state: 'disconnected', retryInMs: expect.any(Number) })
  })

  it('a name that does not exist: host-unreachable', async (context) => {
    const broker = openTestBroker(context, { url: 'amqp://guest@redrive-no-such-host.invalid/' })
    expect(await failure(broker)).toMatchObject({ code: 'host-unreachable' })
  })

  it('TLS where plain text is spoken: tls-failed', async (context) => {
    const url = rabbitUrl().replace('amqp://', 'amqps://')
    const broker = openTestBroker(context, { url, tls: { mode: 'verify-full' } })
    expect(await failure(broker)).toMatchObject({ code: 'tls-failed', retry: 'never' })
  })

  it('a certificate file that cannot be read: tls-failed, with its name', async (context) => {
    const broker = openTestBroker(context, { tls: { mode: 'verify-full', caFile: 'no/such/ca.pem' } })
    expect(await failure(broker)).toMatchObject({ code: 'tls-failed', detail: { file: 'no/such/ca.pem' } })
  })

  it('something else answers: broker-failed', async (context) => {
    const port = await listening(
      context,
      createServer((socket) => {
        socket.on('error', () => undefined)
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
      }),
    )
    expect(await failure(openTestBroker(context, { port }))).toMatchObject({
      code: 'broker-failed',
      retry: 'never',
    })
  })

  it('a secret that is missing keeps its own code', async (context) => {
    const missing = new RedriveError('secret-missing', 'never', { name: 'brokers.rabbit' })
    const broker = openTestBroker(context, { password: () => Promise.reject(missing) })
    expect(await failure(broker)).toBe(missing)
  })

  it('a caller who gives up, and a close while nobody answers', async (context) => {
    const port = await listening(context, createServer())
    const broker = openTestBroker(context, { port })
    const startedAt = performance.now()
    await expect(broker.report(AbortSignal.timeout(100))).rejects.toThrow()
    const waiting = broker.openPublisher(never)
    const closed = errorOf(waiting)
    await broker.close()
    expect((await closed).code).toBe('connection-lost')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('users, rights and virtual hosts', () => {
  beforeAll(async () => {
    await rabbitmqctl('add_vhost', VHOST)
    await rabbitmqctl('add_user', USER, PASSWORD)
    await rabbitmqctl('set_permissions', '-p', VHOST, USER, '^$', '^(allowed|amq\\.default)$', '^$')
    await rabbitmqctl('set_permissions', '-p', VHOST, rabbit.user, '.*', '.*', '.*')
  })

  afterAll(async () => {
    await rabbitmqctl('delete_user', USER)
    await rabbitmqctl('delete_vhost', VHOST)
  })

  function restricted(context: TestContext): Broker {
    const url = `amqp://${encodeURIComponent(USER)}@${rabbit.host}:${rabbit.port}/${encodeURIComponent(VHOST)}`
    return openTestBroker(context, { url, password: async () => PASSWORD })
  }

  it('names with every special character, percent-encoded', async (context) => {
    await expect(restricted(context).report(never)).resolves.toMatchObject({ product: 'RabbitMQ' })
  })

  it('a user without the right to publish: refused as such, what is allowed goes through', async (context) => {
    const admin = await connectRabbit(VHOST)
    const channel = await admin.createChannel()
    await channel.assertQueue('queue')
    for (const exchange of ['allowed', 'forbidden']) {
      await channel.assertExchange(exchange, 'fanout')
      await channel.bindQueue('queue', exchange, '')
    }
    const broker = restricted(context)
    const published = async (exchange: string, id: string): Promise<string> => {
      const publisher = await broker.openPublisher(never)
      const result = await publish(publisher, outgoing({ exchange, routingKey: '' }, id), never)
      await publisher.close()
      return word(result)
    }
    expect(await published('allowed', 'm-1')).toBe('confirmed')
    expect(await published('forbidden', 'm-2')).toBe('refused permission-denied')
    expect(await published('allowed', 'm-3')).toBe('confirmed')
    expect((await channel.checkQueue('queue')).messageCount).toBe(2)
    await channel.close()
    await admin.close()
  })

  it('the broker closes the connections: disconnected with its reason, then connected again', async (context) => {
    const broker = restricted(context)
    const publisher = await broker.openPublisher(never)
    await broker.report(never)
    const reasons: string[] = []
    broker.watch((state) => state.state === 'disconnected' && reasons.push(state.reason))
    await rabbitmqctl('close_all_connections', '--vhost', VHOST, 'maintenance tonight')
    await expect.poll(() => reasons.join()).toContain('maintenance tonight')
    await expect.poll(() => broker.state().state, { timeout: 10_000 }).toBe('connected')
    const late = await publish(publisher, outgoing({ exchange: '', routingKey: 'queue' }, 'late'), never)
    expect(word(late)).toBe('refused channel-closed')
    await broker.openPublisher(never)
  })

  it('both connections carry their names; publishing goes on when the looking one is closed', async (context) => {
    const names = await openRabbitTest(context)
    const queue = await names.queue()
    const broker = openTestBroker(context)
    await broker.report(never)
    const publisher = await broker.openPublisher(never)
    const listed = await rabbitmqctl('list_connections', 'pid', 'client_properties')
    const pidOf = (name: string): string | undefined =>
      listed
        .split('\n')
        .find((line) => line.includes(`"${name}"`))
        ?.split('\t')[0]
    expect(pidOf('redrive publish')).toBeDefined()
    const looking = pidOf('redrive look')
    await rabbitmqctl('close_connection', String(looking), 'closed by the test')
    const result = await publish(publisher, outgoing({ exchange: '', routingKey: queue }, 'm-1'), never)
    expect(word(result)).toBe('confirmed')
  })
})

describe('reading a url', () => {
  it.each([
    ['amqp://guest@127.0.0.1:5672/', { host: '127.0.0.1', port: 5672, vhost: '/', user: 'guest' }],
    ['amqp://host', { host: 'host', port: 5672, vhost: '/', user: 'guest' }],
    ['amqp://host/%2f', { vhost: '/' }],
    ['amqp://host/%2F', { vhost: '/' }],
    ['amqp://host/a%252fb', { vhost: 'a%2fb' }],
    ['amqp://%C3%A9t%40@host:1/shop', { user: 'ét@', port: 1, vhost: 'shop' }],
    ['amqps://host/', { port: 5671, encrypted: true }],
    ['amqp://[::1]:5673/x', { host: '::1', port: 5673, vhost: 'x' }],
  ])('%s', (url, expected) => {
    expect(parseRabbitUrl(url)).toMatchObject(expected)
  })

  it.each([
    'http://host/',
    'amqp://',
    'amqp://host:99999/',
    'amqp://host/a/b',
    'amqp://%zz@host/',
    'amqp://u:pw@host/',
  ])('%s is refused without repeating it', (url) => {
    try {
      parseRabbitUrl(url)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'workspace-invalid', retry: 'never' })
      expect(String(error)).not.toContain('pw')
    }
  })

  it('tls makes it encrypted, and contradictions are refused', () => {
    expect(parseRabbitUrl('amqp://host/', { mode: 'require' })).toMatchObject({ encrypted: true, port: 5671 })
    expect(() => parseRabbitUrl('amqps://host/', { mode: 'disable' })).toThrow()
  })
})

describe('classify', () => {
  it.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), true, 'host-unreachable'],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), true, 'host-unreachable'],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), false, 'connection-lost'],
    [Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), true, 'tls-failed'],
    [Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), true, 'tls-failed'],
    [Object.assign(new Error('x'), { code: 320 }), false, 'connection-lost'],
    [Object.assign(new Error('x'), { code: 403 }), false, 'permission-denied'],
    [Object.assign(new Error('x'), { code: 404 }), false, 'exchange-missing'],
    [Object.assign(new Error('x'), { code: 541 }), false, 'broker-failed'],
    [new Error('Heartbeat timeout'), false, 'connection-lost'],
    [new Error('channel closed'), false, 'channel-closed'],
    [new AggregateError([Object.assign(new Error('a'), {}), new Error('b')]), true, 'broker-failed'],
    [undefined, false, 'broker-failed'],
    ['text', true, 'broker-failed'],
    [{ toString: null }, true, 'broker-failed'],
  ])('is total: %s', (error, connecting, code) => {
    expect(classify(error, {}, connecting).code).toBe(code)
  })
})
