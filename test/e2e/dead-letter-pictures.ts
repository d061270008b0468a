import type { ClientContext } from '@orpc/client'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { createRouterClient } from '@orpc/server'
import type { Page } from 'playwright-core'
import type { EngineRouter } from '../../src-main/api/router.ts'
import { openDeadLetterScene } from '../support/dead-letter-scene.ts'
import { kafkaVersion } from '../support/kafka-jars.ts'
import { produce, springHeaders } from '../support/kafka-dead-letters.ts'
import { makeKafkaNode, stopKafkaNode } from '../support/kafka-node.ts'
import { kafkaAddress, kafkaClient } from '../support/kafka.ts'
import { rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

type Client = ReturnType<typeof createRouterClient<EngineRouter, ClientContext>>

export interface DeadLetterPictures {
  /** What a workspace says of them. */
  readonly brokers: Readonly<Record<string, object>>
  /** Looks, redrives, discards; and one outcome that nobody knows. */
  happen(client: Client): Promise<void>
  readonly shots: readonly {
    readonly name: string
    readonly path: string
    readonly act?: (page: Page) => Promise<void>
  }[]
  close(): Promise<void>
}

const [ORIGIN, LETTERS] = ['orders', 'orders-dlt']
const EACH = 14
const CAUSES = [
  (n: number) => `Order ${n} not found`,
  () => 'Read timed out after 5000 ms calling payments',
  (n: number) => `Cannot deserialize value of type \`Money\` from String "${n}.0.0"`,
]

/** Dead letters on real brokers, beside the sandbox's one queue: a topic of Kafka, a classic and a quorum queue. */
export async function openDeadLetterPictures(): Promise<DeadLetterPictures> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-pictures-'))
  const node = await makeKafkaNode(join(folder, 'node'), kafkaVersion, process.pid)
  const admin = kafkaClient(node).admin()
  await admin.connect()
  await admin.createTopics({
    topics: [ORIGIN, LETTERS].map((topic) => ({ topic, numPartitions: 3 })),
  })
  await admin.disconnect()
  const records = CAUSES.flatMap((error, kind) =>
    Array.from({ length: EACH - kind * 3 }, (_, n) => ({
      key: `order-${n}`,
      value: n === 3 && kind === 0 ? null : JSON.stringify({ order: n, amount: '19.90' }),
      headers: { 'x-message-id': `order-${kind}-${n}`, ...springHeaders(ORIGIN, n, error(n)) },
    })),
  )
  await produce(node, LETTERS, records)
  const scene = await openDeadLetterScene()
  const quorum = `${scene.queue}-quorum`
  await scene.channel.assertQueue(quorum, { arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 } })
  const proxy = await openTcpProxy({ host: rabbit.host, port: rabbit.port })
  const places = {
    topic: `kafka/${LETTERS}`,
    queue: `rabbit/${scene.deadLetters}`,
    quorum: `rabbit/${quorum}`,
  }
  const url = rabbitUrl({ port: proxy.port })
  return {
    brokers: {
      kafka: { driver: 'kafka', ...kafkaAddress(node), deadLetters: [{ topic: LETTERS }] },
      rabbit: {
        driver: 'rabbitmq',
        url,
        password: { value: rabbit.password },
        deadLetters: [{ queue: scene.deadLetters }, { queue: quorum }],
      },
    },
    async happen(client) {
      for (const source of [places.topic, places.queue])
        await client.connections.unlock({
          source,
          minutes: 60,
          typedName: source,
          reason: 'the queue is repaired',
        })
      await redriveAndDiscard(client)
      await scene.die(4)
      await lookAt(client, 'rabbit', scene.deadLetters)
      await scene.die(2)
      // The broker has it, and its answer never comes.
      proxy.cutAt('not-found-1', true)
      await redrive(
        client,
        { broker: 'rabbit', queue: scene.deadLetters },
        'Order <n> not found for customer <n>',
      )
      await lookAt(client, 'rabbit', scene.deadLetters)
      await scene.die(1)
      await lookAt(client, 'rabbit', scene.deadLetters)
    },
    shots: shotsOf(places, scene.queue),
    close: async () => {
      await scene.channel.deleteQueue(quorum)
      await scene.close()
      await proxy.close()
      await stopKafkaNode(node)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function redriveAndDiscard(client: Client): Promise<void> {
  const place = { broker: 'kafka', queue: LETTERS }
  const { groups } = await lookAt(client, place.broker, place.queue)
  await redrive(client, place, groups[1]?.cause ?? null)
  const { look } = await lookAt(client, place.broker, place.queue)
  const selection = { kind: 'causes' as const, causes: [groups[2]?.cause ?? null] }
  const planned = await client.deadLetters.planDiscard({
    look,
    selection,
    reason: 'test orders, ticket 1042',
  })
  await client.deadLetters.discard({ plan: planned.plan, digest: planned.digest, typedCount: planned.items })
  await lookAt(client, place.broker, place.queue)
}

async function lookAt(client: Client, broker: string, queue: string) {
  const { facts } = await client.deadLetters.queue({ broker, queue })
  return await client.deadLetters.look({ broker, queue, limit: 10_000, costs: facts?.costs ?? [] })
}

async function redrive(
  client: Client,
  { broker, queue }: { readonly broker: string; readonly queue: string },
  cause: string | null,
): Promise<void> {
  const { look } = await lookAt(client, broker, queue)
  const selection = { kind: 'causes' as const, causes: [cause] }
  const to = { kind: 'origin' as const }
  const planned = await client.deadLetters.planRedrive({ look, selection, to, heldAfter: 3, again: null })
  const options = { typedCount: planned.items, rate: null, ramp: false, brake: null }
  const { job } = await client.jobs.run({ plan: planned.plan, digest: planned.digest, ...options })
  for await (const { state } of await client.jobs.watch({ job })) if (state !== 'running') break
}

function shotsOf(
  { topic, queue, quorum }: Readonly<Record<'topic' | 'queue' | 'quorum', string>>,
  target: string,
): DeadLetterPictures['shots'] {
  const path = (place: string): string => `#/dead-letters?queue=${encodeURIComponent(place)}`
  const marked = (as: string) => async (page: Page) => {
    await page.locator(`[data-mark=${as}]`).first().click()
  }
  const chosen = (at: number) => async (page: Page) => {
    await page.locator('[data-cause] .cause').nth(at).click()
    await page.locator('[data-letter]').first().click()
  }
  return [
    { name: 'dead-letters-topic', path: path(topic), act: marked('discarded') },
    { name: 'dead-letters-topic-redriven', path: path(topic), act: marked('redriven') },
    {
      name: 'dead-letters-topic-redrive',
      path: path(topic),
      act: async (page) => {
        await chosen(0)(page)
        await page.locator('[data-test=open-redrive]').click()
      },
    },
    {
      name: 'dead-letters-topic-discard',
      path: path(topic),
      act: async (page) => {
        await chosen(0)(page)
        await page.locator('[data-test=open-discard]').click()
      },
    },
    { name: 'dead-letters-rabbit', path: path(queue), act: chosen(0) },
    { name: 'dead-letters-quorum', path: path(quorum) },
    {
      name: 'dead-letters-settle',
      path: '#/unknown?source=' + encodeURIComponent(queue),
      act: async (page) => {
        await page.locator('.items .item').first().waitFor()
        await page.keyboard.press('e')
        await page.locator('[data-test=settle-by-queue]').click()
        await page.locator('[data-test=settle-queue] input').fill(target)
        await page.locator('[data-test=ask-queue]').click()
      },
    },
  ]
}
