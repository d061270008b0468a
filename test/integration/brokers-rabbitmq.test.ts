import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCli } from '../support/cli.ts'
import type { CliResult } from '../support/cli.ts'
import { startRabbitNode } from '../support/rabbitmq-node.ts'
import type { RabbitNode } from '../support/rabbitmq-node.ts'

/** A dozen commands of the broker's own, each a start of its runtime: beside other nodes they took 90 s once. */
const NODE_TIMEOUT_MS = 180_000
/** The server counts every five seconds. */
const COUNTED_TIMEOUT_MS = 25_000
const PASSWORD_VARIABLE = 'REDRIVE_TEST_QUEUES_PASSWORD'

let node: RabbitNode

beforeAll(async () => {
  node = await startRabbitNode({ management: true })
  await node.control('add_vhost', 'shop one')
  for (const [user, tag] of [
    ['looker', 'monitoring'],
    ['manager', 'management'],
    ['nobody', ''],
  ] as const) {
    await node.control('add_user', user, 'pw')
    if (tag !== '') await node.control('set_user_tags', user, tag)
  }
  await node.control('set_permissions', '-p', 'shop one', 'guest', '.*', '.*', '.*')
  await node.control('set_permissions', '-p', 'shop one', 'looker', '^$', '^$', '^$')
  await node.control('set_policy', '-p', 'shop one', 'dead', '^orders$', '{"dead-letter-exchange":"dlx"}')
}, NODE_TIMEOUT_MS)
afterAll(() => node.close(), NODE_TIMEOUT_MS)

async function queues(
  user: string,
  {
    password = 'pw',
    vhost = 'shop%20one',
    management = `http://127.0.0.1:${node.managementPort ?? 0}` as string | null,
  } = {},
): Promise<CliResult> {
  const rabbit = {
    driver: 'rabbitmq',
    url: `amqp://${user}@127.0.0.1:${node.port}/${vhost}`,
    password: { env: PASSWORD_VARIABLE },
    ...(management === null ? {} : { management }),
  }
  const cli = await openCli({ brokers: { rabbit } }, { [PASSWORD_VARIABLE]: password })
  return await cli.json('brokers', 'queues', '--broker', 'rabbit')
}

const failure = async (asked: Promise<CliResult>) => (await asked).records.at(-1)

describe('queues of RabbitMQ', () => {
  test('are listed for an account that may only look, with depth, consumers, arguments and policy', async (context) => {
    const login = { hostname: '127.0.0.1', port: node.port, username: 'guest', password: 'guest' }
    const connection = await connect({ ...login, vhost: 'shop%20one' })
    context.onTestFinished(() => connection.close())
    const channel = await connection.createChannel()
    await channel.assertQueue('orders', { durable: true })
    await channel.assertQueue('pay', {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 },
    })
    for (const n of [1, 2, 3]) channel.sendToQueue('orders', Buffer.from(String(n)))
    await channel.prefetch(1)
    await channel.consume('orders', () => undefined)

    const orders = async () => (await queues('looker')).records.find(({ queue }) => queue === 'orders')
    await expect
      .poll(orders, { timeout: COUNTED_TIMEOUT_MS, interval: 1_000 })
      .toMatchObject({ ready: 2, unacked: 1, consumers: 1 })
    const { records } = await queues('looker')
    expect(records).toMatchObject([
      {
        queue: 'orders',
        type: 'classic',
        policy: 'dead',
        policyDefinition: '{"dead-letter-exchange":"dlx"}',
      },
      { queue: 'pay', type: 'quorum', policy: null, durable: true },
    ])
    expect(JSON.parse(String(records[1]?.['arguments']))).toEqual({
      'x-queue-type': 'quorum',
      'x-delivery-limit': 3,
    })
    const { messageCount } = await channel.checkQueue('orders')
    expect(messageCount).toBe(2)
  })

  test('are not asked for where no address is written', async () => {
    expect(await failure(queues('guest', { management: null }))).toMatchObject({ code: 'management-missing' })
  })

  test('say by name what permission lacks', async () => {
    expect(await failure(queues('looker', { password: 'wrong' }))).toMatchObject({ code: 'auth-failed' })
    const untagged = await failure(queues('nobody'))
    expect(untagged).toMatchObject({ code: 'permission-denied' })
    expect(JSON.stringify(untagged)).toContain('Not management user')
    const stranger = await failure(queues('manager'))
    expect(stranger).toMatchObject({ code: 'permission-denied' })
    expect(JSON.stringify(stranger)).toContain('User not authorised to access virtual host')
    expect(await failure(queues('looker', { vhost: 'nowhere' }))).toMatchObject({ code: 'vhost-unknown' })
  })

  test('say where the plugin is not there, and where somebody else answers', async (context) => {
    const nobody = await failure(queues('looker', { management: 'http://127.0.0.1:9' }))
    expect(nobody).toMatchObject({ code: 'management-absent', detail: { server: '127.0.0.1:9' } })
    const server = createServer((_, response) => void response.end('<html>hello</html>')).listen(
      0,
      '127.0.0.1',
    )
    context.onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const other = await failure(queues('looker', { management: `http://127.0.0.1:${port}` }))
    expect(other).toMatchObject({ code: 'management-absent', detail: { reason: 'the answer is not JSON' } })
    const wrong = await failure(queues('looker', { management: 'http://looker:pw@127.0.0.1:1' }))
    expect(wrong).toMatchObject({ code: 'workspace-invalid' })
    expect(JSON.stringify(wrong)).not.toContain('pw@')
  })
})
