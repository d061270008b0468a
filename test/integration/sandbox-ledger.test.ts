import { expect, test } from 'vitest'
import { sql, start, temporaryFolder, until } from '../support/sandbox-run.ts'

test('its ledger shows the three pictures with the reference receiver, and a hole that stays', async () => {
  const sandbox = await start(await temporaryFolder())
  const ledger = <Row extends object>(text: string) => sql<Row>(sandbox, 'ledger', text)
  const stored = await ledger<{ chain: string; ids: string[] }>(
    `select chain_key as chain, array_agg(id::text order by id) as ids from outbox_message group by 1 order by 1`,
  )
  const taken = () =>
    ledger<{ chain: string; ids: string[]; by: string[] }>(
      `select chain_key as chain, array_agg(message_row::text order by booked_at, message_row) as ids,
         array_agg(taken_by order by booked_at, message_row) as by from ledger_entry group by 1 order by 1`,
    )
  await until('each receiver has come as far as it can', async () => {
    const counts = (await taken()).map(({ ids }) => ids.length)
    return counts.length === 4 && counts[0]! >= 6 && counts[1]! >= 6 && counts[2]! >= 6 && counts[3]! >= 3
  })
  await until('the hole was noticed', async () => {
    const [row] = await ledger<{ n: number }>(
      `select count(*)::int as n from ledger_event where event = 'waiting'`,
    )
    return row!.n > 0
  })
  const [normal, doubled, lostOnce, deleted] = await taken()
  const idsOf = (at: number): readonly string[] => stored[at]!.ids.slice(0, 6)
  // 1. Each message once, in order, by the broker.
  expect(normal!.ids.slice(0, 6)).toEqual(idsOf(0))
  expect(new Set(normal!.by)).toEqual(new Set(['broker']))
  // 2. Everything came twice and took effect once.
  expect(doubled!.ids.slice(0, 6)).toEqual(idsOf(1))
  const dropped = await ledger<{ chain: string }>(
    `select chain_key as chain from ledger_event where event = 'duplicate'`,
  )
  expect(dropped.filter(({ chain }) => chain === 'account-2002').length).toBeGreaterThanOrEqual(5)
  expect(new Set(dropped.map(({ chain }) => chain))).toEqual(new Set(['account-2002']))
  // 3. The one that was lost on the way was read from the database, before the one that came.
  expect(lostOnce!.ids.slice(0, 6)).toEqual(idsOf(2))
  expect(lostOnce!.by.slice(0, 6)).toEqual(['broker', 'broker', 'broker', 'catch-up', 'catch-up', 'broker'])
  // 4. What nobody has any more is not passed.
  expect(deleted!.ids).toEqual(stored[3]!.ids.slice(0, 3))
  expect(sandbox.warnings).toEqual([])
})
