import { describe, expect, test } from 'vitest'
import { profileByName } from '../../src-main/adapters/profiles/profiles.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { rpTransactionMessage } from '../layouts/frameworks/rp-transaction-message.ts'
import { openMapped, signal } from '../support/mapped-table.ts'
import { mysqlDatabase, openMysql } from '../support/mysql.ts'
import { openOutbox, testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { query } from './outbox-fixture.ts'

const servers = ['postgres', 'mysql'] as const
type Server = (typeof servers)[number]

async function database(server: Server, empty = false): Promise<TestDatabase> {
  return server === 'postgres' ? testDatabase({ empty }) : mysqlDatabase({ empty })
}

const hourAgo = { postgres: `now() - interval '1 hour'`, mysql: `utc_timestamp(6) - interval 1 hour` }
const now = { postgres: 'now()', mysql: 'utc_timestamp(6)' }

/** Half messages in the reference outbox: one of an hour ago, one of now, and one that is no half message. */
async function prepared(server: Server) {
  const on = await database(server)
  const rows = [
    `('old', 'prepared', ${hourAgo[server]})`,
    `('new', 'prepared', ${now[server]})`,
    `('plain', 'pending', ${hourAgo[server]})`,
  ]
  const values = rows.map((row) => row.replace(/\)$/, `, 'orders', 'paid', '{"a": 1}')`))
  await on.sql(
    `insert into outbox_message (message_id, status, created_at, exchange, routing_key, payload) values ${values.join(', ')}`,
  )
  const outbox = await (server === 'postgres' ? openOutbox(on) : openMysql(on))
  return { on, outbox, rows: await rowsOf(outbox) }
}

async function rowsOf(outbox: Outbox) {
  const { messages } = await outbox.list(query({}), signal())
  return Object.fromEntries(messages.map((message) => [message.messageId, message]))
}

type Rows = Awaited<ReturnType<typeof rowsOf>>
const asked = (rows: Rows, messageId: string, reason = 'asked') => {
  const { id, version } = rows[messageId]!
  return { id, version, reason }
}

describe.each(servers)('half messages on %s', (server) => {
  test('are listed as such, and as unconfirmed once they have waited too long', async () => {
    const { outbox, rows } = await prepared(server)
    expect(rows['old']).toMatchObject({ state: 'waiting-confirm', trouble: 'unconfirmed' })
    expect(rows['new']).toMatchObject({ state: 'waiting-confirm', trouble: null })
    expect((await outbox.count({ trouble: 'unconfirmed' }, 5_000, signal())).count).toBe(1)
    const { messages } = await outbox.list(query({ trouble: 'unconfirmed' }), signal())
    expect(messages.map(({ messageId }) => messageId)).toEqual(['old'])
    const waiting = await outbox.list(query({ states: ['waiting-confirm'], ageSecMin: 60 }), signal())
    expect(waiting.messages.map(({ messageId }) => messageId)).toEqual(['old'])
  })

  test('a sweep leaves them alone until they are committed, and takes them at once then', async () => {
    const { outbox, rows } = await prepared(server)
    const rule = { limit: 10, attemptsMax: 3, stuckAfterSec: 10, chained: false, repeat: false }
    const first = await outbox.claimDue(rule, 'Redrive job-1: claimed', signal())
    expect(first.map(({ messageId }) => messageId)).toEqual(['plain'])
    const [done] = await outbox.decide('commit', [asked(rows, 'new')], signal())
    const after = await rowsOf(outbox)
    expect(done).toEqual({ id: rows['new']!.id, applied: true, version: after['new']!.version })
    expect(after['new']).toMatchObject({ state: 'pending', attempts: 0, trouble: null })
    const second = await outbox.claimDue(rule, 'Redrive job-2: claimed', signal())
    expect(second.map(({ messageId }) => messageId)).toEqual(['new'])
    expect(second[0]).toMatchObject({ payload: '{"a": 1}', destination: { exchange: 'orders' } })
  })

  test('rolled back they are resolved, with the reason, and never sent', async () => {
    const { outbox, rows } = await prepared(server)
    const reason = 'Redrive check-1: the producer said "it\'s gone" ✗'
    const [done] = await outbox.decide('rollback', [asked(rows, 'old', reason)], signal())
    expect(done).toMatchObject({ applied: true })
    const after = await rowsOf(outbox)
    expect(after['old']).toMatchObject({ state: 'discarded', lastError: reason, trouble: null })
    const rule = { limit: 10, attemptsMax: 3, stuckAfterSec: 1, chained: false, repeat: false }
    const due = await outbox.claimDue(rule, 'Redrive job-1: claimed', signal())
    expect(due.map(({ messageId }) => messageId)).toEqual(['plain'])
  })

  test('a row that changed, is decided already, is no half message or is not there is left alone', async () => {
    const { on, outbox, rows } = await prepared(server)
    const [first] = await outbox.decide('commit', [asked(rows, 'old')], signal())
    expect(first?.applied).toBe(true)
    await on.sql(`update outbox_message set payload = '{"a": 2}' where message_id = 'new'`)
    const before = await rowsOf(outbox)
    const requests = [
      asked(rows, 'old'),
      asked(before, 'old'),
      asked(rows, 'new'),
      asked(rows, 'plain'),
      { id: '999999', version: '1', reason: '' },
    ]
    for (const action of ['commit', 'rollback'] as const) {
      const results = await outbox.decide(action, requests, signal())
      expect(results.map(({ id, applied }) => ({ id, applied }))).toEqual(
        requests.map(({ id }) => ({ id, applied: false })),
      )
    }
    expect(await rowsOf(outbox)).toEqual(before)
  })

  test('two that decide differently at once: one of them is heard', async () => {
    const { outbox, rows } = await prepared(server)
    const results = await Promise.all([
      outbox.decide('commit', [asked(rows, 'old')], signal()),
      outbox.decide('rollback', [asked(rows, 'old')], signal()),
    ])
    expect(results.flat().filter(({ applied }) => applied)).toHaveLength(1)
    const { state } = (await rowsOf(outbox))['old']!
    expect(state).toBe(results[0][0]?.applied ? 'pending' : 'discarded')
  })

  test('a layout that does not count checks says that it did not', async () => {
    const { outbox, rows } = await prepared(server)
    expect(await outbox.decide('check', [asked(rows, 'old')], signal())).toEqual([
      { id: rows['old']!.id, applied: false },
    ])
    expect(rows['old']).not.toHaveProperty('checks')
    expect(await rowsOf(outbox)).toEqual(rows)
  })

  test('a layout that counts them counts in the row, and only while it is a half message', async () => {
    const reference = profileByName('redrive-reference')
    const on = await database(server)
    await on.sql('alter table outbox_message add column checked integer not null default 0')
    await on.sql(
      `insert into outbox_message (message_id, status, created_at, payload) values ('old', 'prepared', ${hourAgo[server]}, '{}')`,
    )
    const mapping: Mapping = {
      ...reference,
      halfMessages: {
        ...reference.halfMessages!,
        checks: { value: 'checked', set: { checked: { column: 'checked', plus: 1 } } },
      },
    }
    const outbox = await openMapped(on, 'outbox_message', mapping)
    const seen = await rowsOf(outbox)
    expect(seen['old']!.checks).toBe(0)
    const [counted] = await outbox.decide('check', [asked(seen, 'old')], signal())
    const after = await rowsOf(outbox)
    expect(counted).toMatchObject({ applied: true, version: after['old']!.version })
    expect(after['old']!.checks).toBe(1)
    expect((await outbox.decide('check', [asked(seen, 'old')], signal()))[0]?.applied).toBe(false)
    await outbox.decide('commit', [asked(after, 'old')], signal())
    const committed = await rowsOf(outbox)
    expect((await outbox.decide('check', [asked(committed, 'old')], signal()))[0]?.applied).toBe(false)
    expect((await rowsOf(outbox))['old']!.checks).toBe(1)
  })

  test('of rp_transaction_message: a commit is what its message service sends, a rollback removes the row', async () => {
    const { outbox, on, rows } = await independentService(server)
    expect(rows['t-1']).toMatchObject({ state: 'waiting-confirm' })
    const [commit, rollback] = [asked(rows, 't-1'), asked(rows, 't-2')]
    expect((await outbox.decide('commit', [commit], signal()))[0]?.applied).toBe(true)
    expect(await outbox.decide('rollback', [rollback], signal())).toEqual([
      { id: rollback.id, applied: true, version: '' },
    ])
    const after = await on.sql(
      'select message_id, status, areadly_dead, message_send_times, message_body from rp_transaction_message order by message_id',
    )
    expect(after.map((row) => Object.values(row).map(String))).toEqual([
      ['t-1', 'SENDING', 'NO', '0', '{"order":"t-1"}'],
      ['t-5', 'SENDING', 'YES', '5', '{"order":"t-5"}'],
    ])
    expect((await outbox.decide('rollback', [asked(rows, 't-5')], signal()))[0]?.applied).toBe(false)
  })
})

async function independentService(server: Server) {
  const on = await database(server, true)
  const ddl =
    server === 'mysql'
      ? rpTransactionMessage.schema
      : rpTransactionMessage.schema
          .replace(/, key AK_Key_2 \(message_id\)\s*\) engine.*/s, ')')
          .replace(` default '0000-00-00 00:00:00'`, '')
          .replaceAll(/(small)?int\(\d+\)/g, 'integer')
          .replaceAll('datetime', 'timestamp')
          .replaceAll('longtext', 'text')
  await on.sql(ddl)
  const rows = [
    ['t-1', 'WAITING_CONFIRM', 'NO', 0],
    ['t-2', 'WAITING_CONFIRM', 'NO', 0],
    ['t-5', 'SENDING', 'YES', 5],
  ] as const
  for (const [id, status, dead, times] of rows)
    await on.sql(
      `insert into rp_transaction_message (id, message_id, message_body, consumer_queue, status, areadly_dead,
         message_send_times, create_time, edit_time)
       values ('row-${id}', '${id}', '{"order":"${id}"}', 'BANK_NOTIFY', '${status}', '${dead}', ${times},
         '2026-01-01 10:00:00', '2026-01-01 10:00:00')`,
    )
  const outbox = await openMapped(on, 'rp_transaction_message', profileByName('rp-transaction-message'))
  return { on, outbox, rows: await rowsOf(outbox) }
}
