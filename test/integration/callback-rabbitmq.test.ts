import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import type { RunningCli } from '../support/cli.ts'
import { cliFixture } from '../support/cli-fixture.ts'
import type { CliFixture } from '../support/cli-fixture.ts'
import { addRows } from '../support/postgres.ts'
import { connectRabbit } from '../support/rabbitmq.ts'
import { startUpstream } from '../support/upstream-server.ts'
import type { UpstreamServer } from '../support/upstream-server.ts'

const WAIT_MS = 20_000
const DELAY_SEC = 1

interface Scene extends CliFixture {
  readonly upstream: UpstreamServer
  readonly confirmations: string
  readonly checks: string
  readonly start: (...words: readonly string[]) => Promise<Service>
}

interface Service {
  readonly run: RunningCli
  readonly health: () => Promise<{ status: number; body: Record<string, unknown> }>
}

async function scene(context: TestContext, listen: object = {}): Promise<Scene> {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.close())
  const names: string[] = []
  const admin = await connectRabbit()
  const channel = await admin.createChannel()
  const prefix = `redrive-callback-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`
  const [confirmations, checks] = [`${prefix}-confirmations`, `${prefix}-checks`]
  names.push(confirmations, checks, `${checks}.delay`)
  onTestFinished(async () => {
    for (const name of names) await channel.deleteQueue(name)
    await admin.close()
  })
  const fixture = await cliFixture(context, {
    source: {
      callback: {
        listen: { broker: 'rabbit', confirmations, checks, delaySec: DELAY_SEC, ...listen },
        unconfirmedAfterSec: 1,
        resend: { method: 'POST', url: upstream.url, timeoutMs: 2_000 },
      },
    },
  })
  return { ...fixture, upstream, confirmations, checks, start: (...words) => startService(fixture, words) }
}

async function startService({ cli }: CliFixture, words: readonly string[]): Promise<Service> {
  const run = cli.start('callback', '--source', 'orders', '--port', '0', '--json', ...words)
  onTestFinished(() => void run.child.kill('SIGKILL'))
  let said = ''
  run.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await until('the service begins', () => Promise.resolve(said.includes('"health"')))
  const { health } = JSON.parse(said.split('\n')[0] ?? '') as { health: string }
  const look = async () => {
    const answer = await fetch(health)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  await until('the consumers are connected', async () => (await look()).status === 200)
  return { run, health: look }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !(await holds());) {
    if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`)
    await sleep(50)
  }
}

const stored = async ({ health }: Service, what: string): Promise<unknown> =>
  ((await health()).body['counts'] as Record<string, unknown>)[what]

test('without its queues it says what is missing and makes nothing; --declare makes them, with the delay', async (context) => {
  const { cli, confirmations, checks, broker, start } = await scene(context)
  const refused = await cli.json('callback', '--source', 'orders', '--port', '0')
  expect(refused.code).toBe(2)
  expect(refused.stdout).toContain(confirmations)
  expect(refused.stdout).toContain(checks)
  const asking = await broker.throwAway()
  await expect(asking.checkQueue(confirmations)).rejects.toThrow('NOT_FOUND')
  const { run } = await start('--declare')
  expect(await broker.count(`${checks}.delay`)).toBe(0)
  run.child.kill('SIGTERM')
  const { code, records } = await run.result
  expect(code).toBe(0)
  expect(records[0]).toMatchObject({ delays: [{ way: 'queue', place: `${checks}.delay` }], asks: false })
})

test('what is confirmed is not asked for; what is not is asked for three times and then a person’s', async (context) => {
  const { start, broker, confirmations, checks, upstream, cli } = await scene(context)
  const service = await start('--declare', '--resend')
  const send = (queue: string, id: string): void =>
    void broker.channel.sendToQueue(queue, Buffer.from('{}'), { messageId: id, persistent: true })
  send(confirmations, 'm-1')
  for (const id of ['m-1', 'm-2']) send(`${checks}.delay`, id)
  await until('the sender is asked three times', () => Promise.resolve(upstream.asked.length === 3))
  await until('it is a person’s', async () => (await stored(service, 'person')) === 1)
  expect(new Set(upstream.asked)).toEqual(new Set(['m-2']))
  expect(await stored(service, 'confirmations')).toBe(1)
  const journal = await cli.here('journal', 'list')
  const actions = journal.records.map(({ action }) => action)
  expect(actions.filter((action) => action === 'upstream-asking')).toHaveLength(3)
  // The intent is older than what came of it.
  expect(actions.indexOf('upstream-asked')).not.toBe(-1)
  service.run.child.kill('SIGTERM')
  expect((await service.run.result).code).toBe(0)
})

test('a confirmation that waited in the queue while no service ran is stored before anybody is asked', async (context) => {
  const { start, broker, confirmations, checks, upstream } = await scene(context)
  const first = await start('--declare', '--resend')
  first.run.child.kill('SIGKILL')
  await first.run.result
  const ids = Array.from({ length: 2_000 }, (_, n) => `m-${n}`)
  for (const id of ids)
    broker.channel.sendToQueue(confirmations, Buffer.from('{}'), { messageId: id, persistent: true })
  for (const id of ids) broker.channel.sendToQueue(checks, Buffer.from('{}'), { messageId: id })
  await until(
    'they wait',
    async () => (await broker.count(confirmations)) + (await broker.count(checks)) === 4_000,
  )
  const second = await start('--resend')
  await until('every check is answered', async () => (await stored(second, 'waiting')) === 0)
  await until('every confirmation is stored', async () => (await stored(second, 'confirmations')) === 2_000)
  expect(upstream.asked).toEqual([])
})

test('a record without an id is parked, whole, and holds nobody up', async (context) => {
  const { start, broker, confirmations, cli } = await scene(context, { messageId: { pointer: '/order/id' } })
  const service = await start('--declare')
  const bodies = ['not json', '{"order":{}}', '{"order":{"id":"m-7"},"confirmedAt":"2026-01-02T03:04:05Z"}']
  for (const body of bodies)
    broker.channel.sendToQueue(confirmations, Buffer.from(body), { messageId: 'other' })
  await until('the good one is stored', async () => (await stored(service, 'confirmations')) === 1)
  const { records } = await cli.here('unconfirmed', 'parked', '--source', 'orders')
  expect(records.map(({ reason, body }) => [reason, body])).toEqual([
    ['no-id', '{"order":{}}'],
    ['not-json', 'not json'],
  ])
})

test('a second service of the source is refused, and a console beside it asks by hand', async (context) => {
  const { start, database, broker, confirmations, checks, upstream, cli, queue } = await scene(context)
  const service = await start('--declare')
  const second = await cli.json('callback', '--source', 'orders', '--port', '0')
  expect(second.code).toBe(1)
  expect(second.stdout).toContain('callback-busy')
  const rows = ['c-1', 'c-2'].map((message_id) => ({
    ...{ message_id, exchange: '', routing_key: queue, status: 'sent' as const, attempts: 1 },
    payload: '{}',
  }))
  const [one = '', two = ''] = await addRows(database, rows)
  // A message is told only where the service has listened for longer than it is old, and a minute more.
  await database.sql(`update outbox_message set created_at = now() - interval '5 seconds'`)
  broker.channel.sendToQueue(confirmations, Buffer.from('{}'), { messageId: 'c-1' })
  await until('it is stored', async () => (await stored(service, 'confirmations')) === 1)
  const early = await cli.here('unconfirmed', 'list', '--source', 'orders')
  expect(early.records.at(-1)).toMatchObject({ untold: [{ reason: 'older-than-retention', count: 1 }] })
  expect(await broker.count(checks)).toBe(0)
  const words = ['unconfirmed', 'ask', '--source', 'orders', '--reason', 'nobody knows', '--id', one, two]
  const asked = await cli.here(...words)
  expect(asked.records).toMatchObject([
    { id: one, left: 'confirmed' },
    { id: two, left: 'cannot-tell' },
  ])
  expect(upstream.asked).toEqual([])
})

test('confirmations in a table: what is unconfirmed is listed with its age, asked for by hand, counted and limited', async (context) => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.close())
  const { cli, database } = await cliFixture(context, {
    source: {
      callback: {
        confirmations: {
          table: 'public.receipt',
          messageId: 'message_id',
          processedAt: 'at',
          retentionSec: 3_600,
        },
        unconfirmedAfterSec: 30,
        resend: { method: 'POST', url: upstream.url, timeoutMs: 2_000 },
      },
    },
  })
  await database.sql('create table receipt (message_id text primary key, at timestamptz not null)')
  const ids = await addRows(
    database,
    ['confirmed', 'unconfirmed', 'young', 'old'].map((message_id) => ({
      message_id,
      status: 'sent',
      attempts: 1,
    })),
  )
  const [confirmed = '', unconfirmed = ''] = ids
  const age = (sec: number, name: string) =>
    database.sql(
      `update outbox_message set created_at = now() - interval '${sec} seconds' where message_id = '${name}'`,
    )
  for (const name of ['confirmed', 'unconfirmed']) await age(120, name)
  await age(7_200, 'old')
  await database.sql(`insert into receipt values ('confirmed', now())`)
  const listed = await cli.here('unconfirmed', 'list', '--source', 'orders')
  expect(listed.code).toBe(3)
  expect(listed.records).toMatchObject([
    { message: { messageId: 'unconfirmed' }, resends: [] },
    { type: 'page', compared: 3, untold: [{ reason: 'older-than-retention', count: 1 }], current: true },
  ])
  expect(listed.records[0]?.['ageSec']).toBeGreaterThanOrEqual(120)

  const ask = (...chosen: readonly string[]) =>
    cli.here('unconfirmed', 'ask', '--source', 'orders', '--reason', 'the customer waits', '--id', ...chosen)
  upstream.status = null
  expect((await ask(confirmed, unconfirmed)).records).toMatchObject([
    { id: confirmed, left: 'confirmed' },
    { id: unconfirmed, outcome: 'unknown', attempt: 1 },
  ])
  upstream.status = 409
  expect((await ask(unconfirmed)).records).toMatchObject([{ outcome: 'unknown', attempt: 2, status: 409 }])
  upstream.status = 202
  expect((await ask(unconfirmed)).records).toMatchObject([{ outcome: 'accepted', attempt: 3, status: 202 }])
  expect((await ask(unconfirmed)).records).toMatchObject([{ left: 'limit', outcome: null }])
  expect(upstream.asked).toEqual(['unconfirmed', 'unconfirmed', 'unconfirmed'])
  await database.sql('drop table receipt')
  expect((await ask(unconfirmed)).stdout).toContain('table-missing')
})
