import { expect, test } from 'vitest'
import { addRows, openOutbox, testDatabase } from '../support/postgres.ts'

const LIST = { filter: {}, order: 'newest', cursor: null, limit: 100, budgetMs: 10_000 } as const
const signal = () => AbortSignal.timeout(20_000)

test('bigints beyond 2^53 survive, and are ordered as numbers', async () => {
  const database = await testDatabase()
  const ids = ['9', '10', '9007199254740993', '9223372036854775807']
  for (const id of ids) {
    await database.sql(
      `insert into outbox_message (id, prev_id, chain_key, message_id, payload) overriding system value
       values ($1::bigint, 9007199254740993, 'c', $1::bigint::text, '{}')`,
      [id],
    )
  }
  const outbox = await openOutbox(database)
  const page = await outbox.list({ ...LIST, limit: 2 }, signal())
  expect(page.messages.map((one) => one.id)).toEqual(ids.slice(2).reverse())
  expect(page.messages[0]!.chain!.previousId).toBe('9007199254740993')
  const rest = await outbox.list({ ...LIST, limit: 2, cursor: page.nextCursor }, signal())
  expect(rest.messages.map((one) => one.id)).toEqual(['10', '9'])
  expect((await outbox.read(ids, signal())).map((one) => one.id)).toEqual(ids)
})

test('slices reach both ends of the bigints without overflow', async () => {
  const database = await testDatabase()
  await database.sql('drop index outbox_message_open_idx')
  const ids = ['-9223372036854775808', '0', '9223372036854775807']
  for (const id of ids) {
    await database.sql(
      `insert into outbox_message (id, message_id, payload, status) overriding system value values ($1::bigint, $1::bigint::text, '{}', 'failed')`,
      [id],
    )
  }
  const outbox = await openOutbox(database)
  for (const order of ['newest', 'oldest'] as const) {
    const page = await outbox.list(
      { ...LIST, filter: { trouble: 'failed' }, order, budgetMs: 25_000 },
      signal(),
    )
    expect(page.scope).toEqual({ complete: true })
    expect(page.messages.map((one) => one.id)).toEqual(order === 'oldest' ? ids : ids.toReversed())
  }
})

test('microseconds survive; infinity is no time', async () => {
  const database = await testDatabase()
  const [id] = await addRows(database, [
    {
      created_at: '2026-02-28 23:59:59.123456+00',
      updated_at: '2026-03-01 00:00:00.1+00',
      next_attempt_at: 'infinity',
      status: 'failed',
    },
  ])
  // A session in another zone and style than the adapter's must not show through.
  await database.sql(`alter database "${database.name}" set timezone = 'Asia/Kolkata'`)
  await database.sql(`alter database "${database.name}" set datestyle = 'German'`)
  const outbox = await openOutbox(database)
  const [message] = await outbox.read([id!], signal())
  expect(message).toMatchObject({
    createdAt: '2026-02-28T23:59:59.123456Z',
    updatedAt: '2026-03-01T00:00:00.100000Z',
    nextAttemptAt: null,
    state: 'discarded',
  })
})

test('JSON is the text of the server, byte for byte', async () => {
  const database = await testDatabase()
  const payload =
    '{"big": 12345678901234567890.1234567890123456789, "e": "\\u0001 漢字 \\" ✓", "nested": [1.0, {"a": null}]}'
  const [id] = await addRows(database, [{ payload, headers: '{"n": 9007199254740993}', status: 'failed' }])
  const [stored] = await database.sql('select payload::text, headers::text from outbox_message')
  const outbox = await openOutbox(database)
  const [message] = await outbox.read([id!], signal())
  expect(message!.content).toEqual({ payload: stored!['payload'], headers: stored!['headers'] })
  expect(message!.content.payload).toContain('12345678901234567890.1234567890123456789')
  const [claim] = await outbox.claim([{ id: id!, version: message!.version }], 'job', signal())
  expect(claim).toMatchObject({ claimed: true, content: message!.content })
})

test('json columns keep even spaces and duplicate keys', async () => {
  const database = await testDatabase()
  await database.sql('alter table outbox_message alter payload type json, alter headers type json')
  const payload = '{ "a" : 1,   "a": 2 , "z": 1e400 }'
  const [id] = await addRows(database, [{ payload }])
  const outbox = await openOutbox(database)
  expect((await outbox.read([id!], signal()))[0]!.content.payload).toBe(payload)
})

test('an undo restores every column to the microsecond, whatever stands in the error', async () => {
  const database = await testDatabase()
  const [id] = await addRows(database, [
    {
      status: 'failed',
      last_error: `it's "quoted", {braced}, \\N, null, line\nbreak, 漢字`,
      updated_at: '2026-03-01 00:00:00.000001+00',
      next_attempt_at: '2027-01-01 00:00:00.654321+05:30',
    },
  ])
  const outbox = await openOutbox(database)
  const [before] = await database.sql('select * from outbox_message')
  const [row] = await outbox.read([id!], signal())
  const [resolved] = await outbox.resolve([{ id: id!, version: row!.version, token: 'd' }], signal())
  if (!resolved!.applied) return expect.fail('not applied')
  await outbox.undo([{ id: id!, version: resolved!.version, before: resolved!.before }], signal())
  expect((await database.sql('select * from outbox_message'))[0]).toEqual(before)
})

test('a very long error neither breaks the index nor the row', async () => {
  const database = await testDatabase()
  const [long] = await database.sql(
    `select string_agg(md5(n::text), '') as text from generate_series(1, 2000) n`,
  )
  const [id] = await addRows(database, [{ status: 'failed', last_error: long!['text']! }])
  const outbox = await openOutbox(database)
  expect((await outbox.read([id!], signal()))[0]!.lastError).toBe(long!['text'])
  const groups = await outbox.groups({ trouble: 'failed' }, 'error', 10_000, signal())
  expect(groups.groups).toHaveLength(1)
})
