import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openCli } from '../support/cli.ts'
import type { RunningCli } from '../support/cli.ts'
import { kafkaAddress, kafkaClient, openKafkaTest } from '../support/kafka.ts'
import type { KafkaTest } from '../support/kafka.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { startUpstream } from '../support/upstream-server.ts'

useKafka()

const WAIT_MS = 30_000

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !(await holds());) {
    if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`)
    await sleep(50)
  }
}

async function scene(context: TestContext, names: (kafka: KafkaTest) => Promise<[string, string]>) {
  const kafka = await openKafkaTest(context)
  const [confirmations, checks] = await names(kafka)
  const upstream = await startUpstream()
  onTestFinished(() => upstream.close())
  const database = await testDatabase()
  const group = kafka.unusedName()
  const cli = await openCli({
    sources: {
      orders: {
        driver: 'postgres',
        url: database.url,
        password: { value: serverAddress().password },
        environment: 'development',
        outbox: { profile: 'auto', table: 'public.outbox_message' },
        callback: {
          listen: { broker: 'kafka', confirmations, checks, delaySec: 2, group },
          resend: { method: 'POST', url: upstream.url, timeoutMs: 2_000 },
        },
      },
    },
    brokers: { kafka: { driver: 'kafka', ...kafkaAddress(kafkaNode()) } },
  })
  const client = kafkaClient(kafkaNode())
  const producer = client.producer()
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  const start = async (...words: readonly string[]) => {
    const run: RunningCli = cli.start('callback', '--source', 'orders', '--port', '0', '--json', ...words)
    onTestFinished(() => void run.child.kill('SIGKILL'))
    let said = ''
    run.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until('the service begins', () => Promise.resolve(said.includes('"health"')))
    const { health } = JSON.parse(said.split('\n')[0] ?? '') as { health: string }
    const counts = async () => {
      const body = (await (await fetch(health)).json()) as { counts: Record<string, number> }
      return body.counts
    }
    await until('connected', async () => (await fetch(health)).status === 200)
    return { run, counts }
  }
  const send = (topic: string, ids: readonly string[], at?: number) =>
    producer.send({
      topic,
      messages: ids.map((id) => ({
        key: id,
        value: '{}',
        headers: { 'x-message-id': id },
        ...(at === undefined ? {} : { timestamp: String(at) }),
      })),
    })
  return { kafka, confirmations, checks, upstream, group, start, send, cli }
}

test('confirmations are stored before their offsets are committed, and are read on from there after kill -9', async (context) => {
  const { kafka, confirmations, group, start, send } = await scene(context, async (made) => [
    await made.topic(3),
    await made.topic(2),
  ])
  const ids = Array.from({ length: 3_000 }, (_, n) => `m-${n}`)
  const first = await start()
  await send(confirmations, ids.slice(0, 1_500))
  await until('some are stored', async () => (await first.counts())['confirmations']! > 0)
  first.run.child.kill('SIGKILL')
  await first.run.result
  await send(confirmations, ids.slice(1_500))
  const second = await start()
  await until('all are stored', async () => (await second.counts())['confirmations'] === 3_000)
  const committed = async (): Promise<number> => {
    const [topic] = await kafka.admin.fetchOffsets({ groupId: group, topics: [confirmations] })
    return (topic?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  }
  await until('the group has committed all', async () => (await committed()) === 3_000)
  second.run.child.kill('SIGTERM')
  expect((await second.run.result).code).toBe(0)
})

test('a check waits for its time by the record, and only what is not confirmed is asked for', async (context) => {
  const { confirmations, checks, upstream, start, send } = await scene(context, async (made) => [
    await made.topic(2),
    await made.topic(2),
  ])
  const service = await start('--resend')
  const sentAt = Date.now()
  const late = sentAt + 3_600_000
  // One that is not due for an hour stands in front of those that are, in every partition.
  await send(checks, ['late-1', 'late-2', 'late-3', 'late-4'], late)
  await send(checks, ['m-1', 'm-2'])
  await send(confirmations, ['m-1'])
  await until('it is asked for', () => Promise.resolve(upstream.asked.length === 1))
  expect(Date.now() - sentAt).toBeGreaterThanOrEqual(2_000)
  await until('three times', () => Promise.resolve(upstream.asked.length === 3))
  await until('it is a person’s', async () => (await service.counts())['person'] === 1)
  expect(new Set(upstream.asked)).toEqual(new Set(['m-2']))
  expect(await service.counts()).toMatchObject({ confirmations: 1, waiting: 4 })
})

test('topics that are missing are told, and made with --declare only', async (context) => {
  const { kafka, confirmations, checks, start, cli } = await scene(context, (made) =>
    Promise.resolve([made.unusedName(), made.unusedName()]),
  )
  const refused = await cli.json('callback', '--source', 'orders', '--port', '0')
  expect(refused.code).toBe(2)
  expect(refused.stdout).toContain(confirmations)
  expect((await kafka.admin.listTopics()).includes(checks)).toBe(false)
  const { run } = await start('--declare')
  expect(
    (await kafka.admin.listTopics()).filter((topic) => topic === confirmations || topic === checks),
  ).toHaveLength(2)
  run.child.kill('SIGTERM')
  expect((await run.result).records[0]).toMatchObject({ delays: [{ way: 'timestamp', place: checks }] })
  await kafka.admin.deleteTopics({ topics: [confirmations, checks] })
})
