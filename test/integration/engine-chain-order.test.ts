import { expect, test } from 'vitest'
import { addRows } from '../support/postgres.ts'
import { itemsOf, openScene, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'

const CHAINS = 50
const LENGTH = 20
const POISONED_CHAIN = 7
const POISONED_PLACE = 5

/** Chains side by side, as services write them: one message of each, then the next of each. */
async function addChains({ database, queue }: Scene, chains: number, length: number): Promise<void> {
  await database.sql(
    `insert into outbox_message (chain_key, message_id, exchange, routing_key, type, payload, headers, status, attempts, created_at, updated_at, last_error)
     select 'chain-' || c, 'message-' || c || '-' || i, '', $1, 'OrderPaid', jsonb_build_object('at', i), '{}', 'failed', 3,
       now() - interval '1 hour', now() - interval '1 hour', 'timeout'
     from generate_series(1, $3::int) i, generate_series(1, $2::int) c order by i, c`,
    [queue, chains, length],
  )
}

/** Message ids by chain, in the order of the queue. */
async function queueByChain({ rabbit, queue }: Scene): Promise<ReadonlyMap<string, string[]>> {
  const chains = new Map<string, string[]>()
  for (const { messageId } of await rabbit.drain(queue)) {
    const chain = messageId.split('-')[1] ?? ''
    chains.set(chain, [...(chains.get(chain) ?? []), messageId])
  }
  return chains
}

function chainOf(chain: number, length: number): string[] {
  return Array.from({ length }, (_, index) => `message-${chain}-${index + 1}`)
}

test('the publisher stays until the last message of the longest chain has gone', async (context) => {
  const scene = await openScene(context, { batch: 500 })
  await addChains(scene, 2, 60)
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }))
  expect(job).toMatchObject({ state: 'done', interruption: null, tally: { confirmed: 120, unknown: 0 } })
  expect(await queueByChain(scene)).toEqual(
    new Map([
      ['1', chainOf(1, 60)],
      ['2', chainOf(2, 60)],
    ]),
  )
})

test('50 chains, one poisoned: the rest of that chain is parked, every queue is in order, and goes on in order', async (context) => {
  const scene = await openScene(context, { batch: 70 })
  await addChains(scene, CHAINS, LENGTH)
  const poison = `message-${POISONED_CHAIN}-${POISONED_PLACE}`
  await scene.database.sql(
    `update outbox_message set routing_key = 'redrive-no-such-queue' where message_id = $1`,
    [poison],
  )
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }))
  const parkedCount = LENGTH - POISONED_PLACE
  expect(job).toMatchObject({
    state: 'done',
    tally: {
      confirmed: CHAINS * LENGTH - 1 - parkedCount,
      returned: 1,
      parked: parkedCount,
      unknown: 0,
      unmarked: 0,
    },
  })
  const chains = await queueByChain(scene)
  for (let chain = 1; chain <= CHAINS; chain += 1) {
    const length = chain === POISONED_CHAIN ? POISONED_PLACE - 1 : LENGTH
    expect(chains.get(String(chain))).toEqual(chainOf(chain, length))
  }

  const items = await itemsOf(scene, job)
  const poisoned = items.find(({ messageId }) => messageId === poison)
  const parked = items.filter(({ result }) => result === 'parked')
  expect(poisoned).toMatchObject({ result: 'returned', marked: true })
  expect(parked.map(({ messageId }) => messageId)).toEqual(
    chainOf(POISONED_CHAIN, LENGTH).slice(POISONED_PLACE),
  )
  for (const { reason } of parked) expect(reason).toBe(`parked behind ${poisoned?.id}`)
  // Nobody holds the rows that did not go, and those that had been claimed say why.
  expect(await statuses(scene)).toEqual({ sent: job.tally.confirmed, failed: parkedCount + 1 })
  const errors = await scene.database.sql(
    `select distinct last_error from outbox_message where status = 'failed' and message_id <> $1 and last_error <> 'timeout'`,
    [poison],
  )
  expect(errors).toEqual([
    { last_error: `Redrive ${job.job}: parked behind an earlier message of its chain` },
  ])

  // With the cause removed the rest goes, in order again.
  await scene.database.sql(`update outbox_message set routing_key = $1 where message_id = $2`, [
    scene.queue,
    poison,
  ])
  const rest = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }))
  expect(rest).toMatchObject({ state: 'done', tally: { confirmed: parkedCount + 1 } })
  expect([...(await queueByChain(scene)).values()]).toEqual([
    chainOf(POISONED_CHAIN, LENGTH).slice(POISONED_PLACE - 1),
  ])
})

test('a row that had changed is a hole in its chain: nothing later of it goes', async (context) => {
  const scene = await openScene(context, { batch: 4 })
  const target = { exchange: '', routing_key: scene.queue, status: 'failed' as const, attempts: 3 }
  const rows = Array.from({ length: 24 }, (_, index) => ({
    ...target,
    chain_key: index % 2 === 0 ? 'even' : 'odd',
    message_id: `message-${index % 2 === 0 ? 'even' : 'odd'}-${Math.floor(index / 2)}`,
  }))
  const ids = await addRows(scene.database, rows)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.database.sql(`update outbox_message set payload = '{"other": 1}' where id = $1`, [ids[7]!])
  const job = await scene.engine.run(plan)
  expect(job).toMatchObject({ state: 'done', tally: { confirmed: 15, skipped: 1, parked: 8 } })
  const items = await itemsOf(scene, job)
  const parked = items.filter(({ result }) => result === 'parked')
  expect(
    parked.every(({ chainKey, reason }) => chainKey === 'odd' && reason === `parked behind ${ids[7]}`),
  ).toBe(true)
  const chains = await queueByChain(scene)
  expect(chains.get('odd')).toHaveLength(3)
  expect(chains.get('even')).toHaveLength(12)
})
