import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import { CHAIN_HEADER, ID_HEADER, PREVIOUS_HEADER, startReceiver } from '../../resources/receiver/receiver.ts'
import type { ReceiverEvent } from '../../resources/receiver/receiver.ts'
import { addRows, testDatabase } from '../support/postgres.ts'
import { connectTo, serverAddress } from '../support/postgres-server.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { eventually } from '../support/resend-scene.ts'

const RECIPE = resolve(import.meta.dirname, '../../resources/receiver/catch-up.sql')

async function openStage(context: TestContext) {
  const database = await testDatabase()
  const rabbit = await openRabbitTest(context)
  const queue = await rabbit.queue()
  await database.sql(await readFile(RECIPE, 'utf8'))
  await database.sql(
    'create table effect (n bigserial primary key, chain text, id bigint, by text, payload jsonb)',
  )
  const pool = new pg.Pool({ ...serverAddress(), database: database.name, max: 4 })
  const events: ReceiverEvent[] = []
  const start = async () => {
    const receiver = await startReceiver({
      database: pool,
      outbox: pool,
      channel: rabbit.channel,
      queue,
      handle: async (client, { chain, id, by, payload }) => {
        await client.query('insert into effect (chain, id, by, payload) values ($1, $2, $3, $4)', [
          chain,
          id,
          by,
          payload,
        ])
      },
      tell: (event) => events.push(event),
    })
    return receiver
  }
  const receiver = await start()
  onTestFinished(async () => {
    await receiver.stop()
    await pool.end()
  })
  /** Stores a message behind the one given; it is not sent yet. */
  const store = async (chain: string, previous: string | null): Promise<string> =>
    (
      await addRows(database, [
        { chain_key: chain, prev_id: previous, payload: `{"of":"${chain}"}`, status: 'sent' },
      ])
    )[0]!
  const send = (chain: string, id: string, previous: string | null): void => {
    const headers = {
      [CHAIN_HEADER]: chain,
      [ID_HEADER]: id,
      ...(previous !== null && { [PREVIOUS_HEADER]: previous }),
    }
    const payload = Buffer.from(`{"of":"${chain}"}`)
    rabbit.channel.publish('', queue, payload, { messageId: `m-${id}`, headers, persistent: true })
  }
  const effects = async (chain: string) =>
    (await database.sql('select id, by from effect where chain = $1 order by n', [chain])).map(
      ({ id, by }) => `${id} ${by}`,
    )
  const told = (event: ReceiverEvent['event']): number => events.filter((one) => one.event === event).length
  return { database, queue, rabbit, store, send, effects, told }
}

async function storeFive(store: (chain: string, previous: string | null) => Promise<string>, chain: string) {
  const ids: string[] = []
  for (let at = 0; at < 5; at += 1) ids.push(await store(chain, ids.at(-1) ?? null))
  return ids
}

test('normal flow: each message takes effect once, in order', async (context) => {
  const { store, send, effects, told } = await openStage(context)
  const ids = await storeFive(store, 'c')
  ids.forEach((id, at) => send('c', id, ids[at - 1] ?? null))
  await eventually('five effects', async () => (await effects('c')).length === 5)
  expect(await effects('c')).toEqual(ids.map((id) => `${id} broker`))
  expect([told('gap'), told('duplicate')]).toEqual([0, 0])
})

test('duplicates are dropped, whenever they come', async (context) => {
  const { store, send, effects, told, rabbit, queue } = await openStage(context)
  const ids = await storeFive(store, 'c')
  for (const [at, id] of ids.entries()) {
    send('c', id, ids[at - 1] ?? null)
    send('c', id, ids[at - 1] ?? null)
  }
  send('c', ids[0]!, null)
  send('c', ids[2]!, ids[1]!)
  await eventually('seven duplicates', async () => told('duplicate') === 7)
  expect(await effects('c')).toEqual(ids.map((id) => `${id} broker`))
  await eventually('an empty queue', async () => (await rabbit.count(queue)) === 0)
})

test('lost messages are read from the database, before the one that showed the hole', async (context) => {
  const { store, send, effects, told } = await openStage(context)
  const ids = await storeFive(store, 'c')
  send('c', ids[0]!, null)
  // The second and the third never come; the fourth shows it.
  send('c', ids[3]!, ids[2]!)
  send('c', ids[4]!, ids[3]!)
  await eventually('five effects', async () => (await effects('c')).length === 5)
  expect(await effects('c')).toEqual([
    `${ids[0]} broker`,
    `${ids[1]} catch-up`,
    `${ids[2]} catch-up`,
    `${ids[3]} catch-up`,
    `${ids[4]} broker`,
  ])
  expect(told('gap')).toBe(1)
  // One of the lost comes after all.
  send('c', ids[1]!, ids[0]!)
  await eventually('the late one is dropped', async () => told('duplicate') === 1)
  expect((await effects('c')).length).toBe(5)
})

test(
  'more than a batch was lost, and the chain is new to the receiver',
  { timeout: 60_000 },
  async (context) => {
    const { database, send, effects } = await openStage(context)
    await database.sql(
      `insert into outbox_message (id, prev_id, chain_key, message_id, payload) overriding system value
     select n, case when n > 1 then n - 1 end, 'long', 'long-' || n, '{}' from generate_series(1, 250) n`,
    )
    send('long', '250', '249')
    await eventually('all effects', async () => (await effects('long')).length === 250)
    expect(await effects('long')).toEqual(Array.from({ length: 250 }, (_, at) => `${at + 1} catch-up`))
  },
)

test('a message whose transaction is still open is waited for, and never passed', async (context) => {
  const { database, store, send, effects, told } = await openStage(context)
  const first = await store('c', null)
  const slow = await connectTo(database.name)
  onTestFinished(() => slow.end())
  await slow.query('begin')
  const { rows } = await slow.query(
    `insert into outbox_message (prev_id, chain_key, message_id, payload) values ($1, 'c', 'slow', '{}') returning id::text`,
    [first],
  )
  const second = (rows[0] as { id: string }).id
  const third = await store('c', second)
  send('c', first, null)
  send('c', third, second)
  await eventually('the receiver waits', async () => told('waiting') > 0)
  expect(await effects('c')).toEqual([`${first} broker`])
  await slow.query('commit')
  await eventually('three effects', async () => (await effects('c')).length === 3)
  expect((await effects('c')).map((one) => one.split(' ')[0])).toEqual([first, second, third])
})
