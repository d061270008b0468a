import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { UNDER_WAY_SEC_MAX } from '../../src-main/app/dead-letters/arrivals.ts'
import { openDeadLetterScene } from '../support/dead-letter-scene.ts'
import type { DeadLetterScene } from '../support/dead-letter-scene.ts'
import { openCli } from '../support/cli.ts'
import type { Cli, CliResult } from '../support/cli.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { openRabbitTest, rabbit, rabbitUrl } from '../support/rabbitmq.ts'

interface Bench {
  readonly cli: Cli
  readonly scene: DeadLetterScene
  /** `deadletters …` on the scene's queue, with what reading costs agreed to. */
  readonly letters: (...words: readonly string[]) => Promise<CliResult>
  /** Plans and runs; answers with the summary of the job. */
  readonly redrive: (...words: readonly string[]) => Promise<Record<string, unknown> | undefined>
}

async function bench(context: TestContext, port = rabbit.port): Promise<Bench> {
  const scene = await openDeadLetterScene()
  context.onTestFinished(() => scene.close())
  const cli = await openCli({
    brokers: {
      rabbit: { driver: 'rabbitmq', url: rabbitUrl({ port }), password: { value: rabbit.password } },
    },
  })
  const queue = ['--broker', 'rabbit', '--queue', scene.deadLetters, '--read']
  const letters = (...words: readonly string[]): Promise<CliResult> =>
    cli.here('deadletters', ...words, ...queue)
  const redrive: Bench['redrive'] = async (...words) => {
    const out = join(cli.folder, 'plan.ndjson')
    const planned = await letters('plan', '--out', out, ...words)
    const { digest, items } = planned.records[0] ?? {}
    expect(planned.stderr).toBe('')
    const ran = await cli.json('run', out, '--confirm', String(digest), '--count', String(items))
    return ran.records.find(({ type }) => type === 'summary')
  }
  return { cli, scene, letters, redrive }
}

test('a quorum queue with a delivery limit: what a look would delete is refused, and nothing is lost by asking', async (context) => {
  const names = await openRabbitTest(context)
  const queue = await names.queue({ 'x-queue-type': 'quorum', 'x-delivery-limit': 3 })
  const doomed = await names.queue({ 'x-queue-type': 'quorum', 'x-delivery-limit': 3 })
  for (const name of [queue, doomed]) names.channel.sendToQueue(name, Buffer.from('{}'), { messageId: 'm' })
  const cli = await openCli({
    brokers: { rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } } },
  })
  for (let time = 0; time < 6; time += 1) {
    const { code, records } = await cli.here(
      'deadletters',
      'groups',
      '--broker',
      'rabbit',
      '--queue',
      queue,
      '--read',
    )
    expect(code).not.toBe(0)
    expect(records[0]).toMatchObject({ code: 'look-refused', detail: { refusal: 'may-delete' } })
    // What another console does: get, and put back.
    const message = await names.channel.get(doomed)
    if (message !== false) names.channel.nack(message, false, true)
  }
  await expect.poll(() => names.count(queue)).toBe(1)
  expect(await names.channel.get(doomed)).toBe(false)
}, 90_000)

test('redriven by group to the exchange it was published to; what nobody takes stays among the dead letters', async (context) => {
  const { scene, letters, redrive } = await bench(context)
  await scene.die(4)
  const { records: groups } = await letters('groups')
  expect(groups.map(({ count }) => count)).toEqual([4, 4, 4, 4, 4])
  expect(groups.map(({ cause }) => cause)).toContain('Order <n> not found for customer <n>')

  expect(await redrive('--cause', 'Order <n> not found for customer <n>')).toMatchObject({ confirmed: 4 })
  expect((await scene.drain(scene.queue)).toSorted()).toEqual([0, 1, 2, 3].map((n) => `not-found-${n}`))
  expect(await scene.depth(scene.deadLetters)).toBe(16)

  // Nothing is bound for this key: the broker returns the message, and it is not taken out.
  const lost = ['--all', '--to', 'chosen', '--to-exchange', scene.exchange, '--to-key', 'nobody']
  expect(await redrive(...lost)).toMatchObject({ confirmed: 0, returned: 16 })
  await expect.poll(() => scene.depth(scene.deadLetters)).toBe(16)
}, 60_000)

test('a letter that is gone when its turn comes is skipped; one that came back three times is held', async (context) => {
  const { scene, letters, redrive, cli } = await bench(context)
  scene.channel.sendToQueue(scene.deadLetters, Buffer.from([0xff, 0x00, 0xfe]), {
    messageId: 'binary',
    contentType: 'application/x-avro',
    headers: {
      'x-redrive-id': 'r',
      'x-redrive-times': 3,
      'x-redrive-origin-routing-key': scene.queue,
      'x-redrive-origin-exchange': '',
    },
  })
  scene.channel.sendToQueue(scene.deadLetters, Buffer.from('{}'), {
    messageId: 'leaves',
    headers: { 'x-original-exchange': '', 'x-original-routingKey': scene.queue },
  })
  await scene.channel.waitForConfirms()
  const out = join(cli.folder, 'kept.ndjson')
  const planned = await letters('plan', '--all', '--out', out)
  expect(planned.records[0]).toMatchObject({ items: 1, skipped: 1 })
  expect(await scene.drain(scene.deadLetters)).toHaveLength(2)
  const { digest } = planned.records[0] ?? {}
  const ran = await cli.json('run', out, '--confirm', String(digest), '--count', '1')
  expect(ran.records.at(-1)).toMatchObject({ skipped: 1, confirmed: 0 })

  scene.channel.sendToQueue(scene.deadLetters, Buffer.from([0xff, 0x00, 0xfe]), {
    messageId: 'binary',
    contentType: 'application/x-avro',
    correlationId: 'c',
    headers: { 'x-redrive-id': 'r', 'x-redrive-times': 3, CC: ['elsewhere'] },
  })
  await scene.channel.waitForConfirms()
  const to = ['--to', 'chosen', '--to-key', scene.queue]
  expect(await redrive('--all', '--with-held', ...to)).toMatchObject({ confirmed: 1 })
  const arrived = await scene.channel.get(scene.queue, { noAck: true })
  if (arrived === false) throw new Error('it did not arrive')
  expect([...arrived.content]).toEqual([0xff, 0x00, 0xfe])
  expect(arrived.properties).toMatchObject({
    messageId: 'binary',
    contentType: 'application/x-avro',
    correlationId: 'c',
    headers: { 'x-redrive-id': 'r', 'x-redrive-times': 4 },
  })
  expect(arrived.properties.headers).not.toHaveProperty('CC')
}, 60_000)

test('discarding takes a plan, a reason and the count, and is in the journal before it happens', async (context) => {
  const { scene, letters, cli } = await bench(context)
  await scene.die(2)
  const out = join(cli.folder, 'discard.ndjson')
  const words = ['discard', '--cause', "rejected in queue '" + scene.queue + "'", '--out', out]
  expect((await letters(...words)).code).not.toBe(0)
  const { records } = await letters(...words, '--reason', 'test orders')
  const { digest, items } = records[0] ?? {}
  expect(items).toBe(2)
  const carry = ['deadletters', 'discard', '--plan', out, '--confirm', String(digest)]
  expect((await cli.here(...carry)).records[0]).toMatchObject({ code: 'count-not-typed' })
  expect((await cli.here('run', out, '--confirm', String(digest), '--count', '2')).records[0]).toMatchObject({
    code: 'plan-invalid',
  })
  expect((await cli.here(...carry, '--count', '2')).records[0]).toMatchObject({ removed: 2, missing: 0 })
  expect(await scene.depth(scene.deadLetters)).toBe(8)
  const { records: journal } = await cli.here('journal', 'list')
  const actions = journal.map(({ action }) => action)
  expect(actions.indexOf('dead-letters-discarded')).toBeLessThan(actions.indexOf('dead-letters-discarding'))
}, 60_000)

test('what is unknown is settled by a look into the queue it went to: what is there was sent, the rest stays unknown until nobody can have consumed it', async (context) => {
  const proxy = await openTcpProxy({ host: rabbit.host, port: rabbit.port })
  context.onTestFinished(() => proxy.close())
  const { cli, scene, redrive } = await bench(context, proxy.port)
  await scene.die(3)
  const dead = 15
  // The broker has them and its answer never comes; then the broker never gets them.
  proxy.cutAt('not-found-1', true)
  const arrived = await redrive('--cause', 'Order <n> not found for customer <n>')
  proxy.cutAt('timed-out-1', false)
  const never = await redrive('--cause', 'Read timed out after <n> ms calling payments')
  const there = Number(arrived?.['unknown'])
  expect(there).toBeGreaterThan(0)
  expect(Number(never?.['unknown'])).toBeGreaterThan(0)
  const confirmed = Number(arrived?.['confirmed']) + Number(never?.['confirmed'])
  await expect.poll(() => scene.depth(scene.deadLetters)).toBe(dead - confirmed)

  const settle = async (job: unknown, ...words: readonly string[]) =>
    await cli.here('jobs', 'settle', String(job), '--by', 'queue', '--queue', scene.queue, ...words)
  const asked = await settle(arrived?.['job'])
  expect(asked.records[0]).toMatchObject({ type: 'cost', facts: { type: 'classic' } })
  expect(asked.records.at(-1)).toMatchObject({ code: 'usage' })
  const settled = await settle(arrived?.['job'], '--read')
  expect(settled.records[0]).toMatchObject({ settled: there, unmarked: 0, unsettled: 0 })
  const left = await settle(never?.['job'], '--read')
  expect(left.records[0]).toMatchObject({ settled: 0, unsettled: never?.['unknown'] })
  // What the dead process had handed over may still come in.
  const early = await settle(never?.['job'], '--read', '--untouched')
  expect(early.records[0]).toMatchObject({ settled: 0, unsettled: never?.['unknown'] })
  const consumer = await scene.channel.consume(scene.queue, () => undefined, { noAck: false })
  await setTimeout((UNDER_WAY_SEC_MAX + 1) * 1_000)
  const costs = await settle(never?.['job'], '--read', '--untouched')
  expect(costs.records[0]).toMatchObject({ code: 'action-refused' })
  await scene.channel.cancel(consumer.consumerTag)
  await scene.channel.recover()
  const gone = await settle(never?.['job'], '--read', '--untouched')
  expect(gone.records[0]).toMatchObject({
    settled: never?.['unknown'],
    notSent: never?.['unknown'],
    unsettled: 0,
  })
  await expect.poll(() => scene.depth(scene.deadLetters)).toBe(dead - confirmed - there)
  expect((await scene.drain(scene.queue)).length).toBe(confirmed + there)

  const { records: journal } = await cli.here('journal', 'list')
  const actions = journal.map(({ action }) => action)
  // The newest first: the look is written down before anything is settled by it.
  expect(actions.indexOf('job-settled')).toBeLessThan(actions.indexOf('job-settling'))
  const lookedAt = journal.filter(({ action }) => action === 'dead-letters-looked')
  expect(lookedAt.map(({ source }) => source)).toContain(`rabbit/${scene.queue}`)
}, 150_000)
