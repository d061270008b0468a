import { expect, onTestFinished, test } from 'vitest'
import { readerOf } from '../../src-main/app/audit/chain-view.ts'
import { auditPatience } from '../../src-main/app/audit/read-chains.ts'
import type { ChainReader } from '../../src-main/ports/chains.ts'
import { openChains } from '../support/chain-tables.ts'
import { addRows, openOutbox, testDatabase } from '../support/postgres.ts'
import { connectTo, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { lines, readAll } from '../support/read-chains.ts'

const short = { ...auditPatience, steadyMs: 50, holeMs: 300 }

async function chainsOf(database: TestDatabase): Promise<ChainReader> {
  return readerOf(await openOutbox(database), 'orders')
}

async function session(database: TestDatabase) {
  const client = await connectTo(database.name)
  onTestFinished(() => client.end().catch(() => undefined))
  return client
}

test(
  'the commit-order trap: a number that was drawn, without a transaction id yet, is in flight',
  { timeout: 60_000 },
  async () => {
    const database = await testDatabase()
    const reader = await chainsOf(database)
    const [head] = await addRows(database, [{ chain_key: 'c' }])
    const slow = await session(database)
    await slow.query('begin')
    // The first numbers of a sequence are written to the log: the transaction gets an id by that. These are not.
    const { rows } = await slow.query(
      `select nextval(pg_get_serial_sequence('outbox_message', 'id'))::text as id, txid_current_if_assigned() as xid`,
    )
    const { id, xid } = rows[0] as { id: string; xid: string | null }
    expect(xid).toBeNull()
    await addRows(database, [{ chain_key: 'c', prev_id: id }])
    expect(lines(await readAll(reader, { patience: short }))).toEqual([
      `missing 3 <- 2: in-flight transaction-open`,
    ])

    await slow.query(
      `insert into outbox_message (id, prev_id, chain_key, message_id, payload) overriding system value values ($1, $2, 'c', 'm', '{}')`,
      [id, head],
    )
    const waiting = readAll(reader)
    setTimeout(() => void slow.query('commit'), 500)
    expect(lines(await waiting)).toEqual([])
  },
)

test(
  'a number that was rolled back is not lost; one that was deleted may be; one that was seen before is',
  { timeout: 120_000 },
  async () => {
    const database = await testDatabase()
    const reader = await chainsOf(database)
    const [head] = await addRows(database, [{ chain_key: 'c' }])
    await database.sql('begin')
    const [burnt] = await addRows(database, [{ chain_key: 'c', prev_id: head! }])
    await database.sql('rollback')
    const [third] = await addRows(database, [{ chain_key: 'c', prev_id: burnt! }])
    expect(lines(await readAll(reader))).toEqual([`missing 3 <- 2: rolled-back never-deleted`])

    const [fourth] = await addRows(database, [{ chain_key: 'd' }])
    await addRows(database, [{ chain_key: 'd', prev_id: fourth! }])
    await database.sql('delete from outbox_message where id = $1', [fourth])
    // At once: the counters do not know of it yet, and must be waited for.
    expect(lines(await readAll(reader)).sort()).toEqual([
      'missing 3 <- 2: unknown burnt-or-deleted',
      'missing 5 <- 4: unknown burnt-or-deleted',
    ])
    const mark = { readTo: '5', intactTo: '5' }
    expect(lines(await readAll(reader, { mark })).sort()).toEqual([
      'missing 3 <- 2: lost verified-before',
      'missing 5 <- 4: lost verified-before',
    ])
    await addRows(database, [
      { chain_key: 'e', prev_id: third! },
      { chain_key: 'f', prev_id: '4000000000000000000' },
    ])
    expect(lines(await readAll(reader, { scope: { kind: 'chains', chains: ['e', 'f'] } })).sort()).toEqual([
      'missing 6 <- 3: unknown other-chain',
      'missing 7 <- 4000000000000000000: lost not-from-sequence',
    ])
  },
)

test('a role that may not look at the sequence was told that the sequence had given the number', async () => {
  const database = await testDatabase()
  const role = `${database.name}_looker`
  await database.sql(
    `create role ${role} login password '${serverAddress().password}'; grant select on outbox_message to ${role}`,
  )
  onTestFinished(() =>
    database.sql(`drop owned by ${role}; drop role ${role}`).then(
      () => undefined,
      () => undefined,
    ),
  )
  const [head, second] = await addRows(database, [{ chain_key: 'c' }, { chain_key: 'c' }])
  await database.sql('update outbox_message set prev_id = $1 where id = $2', [head, second])
  await addRows(database, [{ chain_key: 'c', prev_id: second! }])
  await database.sql('delete from outbox_message where id = $1', [second])
  const url = new URL(database.url)
  url.username = role
  const shape = {
    rowKey: 'id',
    chain: 'chain_key',
    id: 'id',
    previousId: 'prev_id',
    numbers: 'linked',
  } as const
  const reader = await openChains({ url: url.href }, 'outbox_message', shape)
  expect(lines(await readAll(reader))).toEqual(['missing 3 <- 2: unknown sequence-hidden'])
})

test(
  'bare numbers of a sequence: holes are waited for in the same way, and told as ranges',
  { timeout: 60_000 },
  async () => {
    const database = await testDatabase({ empty: true })
    await database.sql(
      'create table numbered (n bigserial primary key, k text, x text); create index on numbered (k, n)',
    )
    const reader = await openChains(database, 'numbered', {
      rowKey: 'n',
      chain: 'k',
      id: 'n',
      previousId: null,
      numbers: 'continuous',
    })
    await database.sql(`insert into numbered (k) select 'a' from generate_series(1, 5)`)
    expect(lines(await readAll(reader))).toEqual([])
    const slow = await session(database)
    await slow.query('begin')
    await slow.query(`insert into numbered (k) select 'a' from generate_series(1, 3)`)
    await database.sql(`insert into numbered (k) values ('a')`)
    expect(lines(await readAll(reader, { patience: short }))).toEqual([
      'missing 9 <- 6..8: in-flight transaction-open',
    ])
    await slow.query('rollback')
    const settled = await readAll(reader)
    expect(lines(settled)).toEqual(['missing 9 <- 6..8: rolled-back never-deleted'])
  },
)
