import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { EventFingerprint } from '../../src-main/domain/same-event.ts'
import { cliFixture } from '../support/cli-fixture.ts'
import { openMapped } from '../support/mapped-table.ts'
import { addRows, openOutbox, testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

const never = new AbortController().signal
const WINDOW_SEC = 60
const fingerprint: EventFingerprint = {
  fields: ['type', { path: ['payment'], in: { column: 'payload' } }],
  windowSec: WINDOW_SEC,
}

/** A payment at so many seconds after noon. */
function paid(messageId: string, payment: unknown, second: string, more: object = {}) {
  const created = `2026-03-01 12:00:00+00`
  return {
    message_id: messageId,
    type: 'Paid',
    payload: JSON.stringify({ payment, click: messageId }),
    created_at: new Date(Date.parse(created) + Number(second) * 1_000).toISOString(),
    ...more,
  }
}

async function pairs(
  database: TestDatabase,
  changes: Partial<EventFingerprint> = {},
  since: string | null = null,
) {
  const outbox = await openOutbox(database)
  const search = { fingerprint: { ...fingerprint, ...changes }, since, statementMs: 30_000 }
  const { events, messages, cut } = await outbox.events!.search(search, never)
  expect(cut).toBe(false)
  return {
    messages,
    pairs: events.map(({ first, again, apartMs }) => [first.messageId, again.messageId, apartMs]),
  }
}

test(
  'one event under two ids is found up to the edge of the window, wherever that lies in time',
  { timeout: 60_000 },
  async () => {
    const database = await testDatabase()
    // Windows of every phase, so that no edge of a slot hides a pair.
    const rows = Array.from({ length: 45 }, (_, at) => at * 7.3).flatMap((start, at) => [
      paid(`in-${at}`, `in ${at}`, String(start)),
      paid(`in-${at}-again`, `in ${at}`, String(start + WINDOW_SEC)),
      paid(`out-${at}`, `out ${at}`, String(start)),
      paid(`out-${at}-again`, `out ${at}`, String(start + WINDOW_SEC + 0.001)),
    ])
    await addRows(database, rows)
    const found = await pairs(database)
    expect(found.messages).toBe(rows.length)
    expect(found.pairs.toSorted()).toEqual(
      Array.from({ length: 45 }, (_, at) => [`in-${at}`, `in-${at}-again`, WINDOW_SEC * 1_000]).toSorted(),
    )
    expect((await pairs(database, { windowSec: WINDOW_SEC - 1 })).pairs).toEqual([])
  },
)

test(
  'copies under one id are none; others between them do not hide a pair; values are compared as they are',
  { timeout: 60_000 },
  async () => {
    const database = await testDatabase()
    await database.sql('alter table outbox_message drop constraint outbox_message_message_id_key')
    await addRows(database, [
      paid('copied', 'a', '0'),
      paid('copied', 'a', '1'),
      paid('clicked', 'b', '0'),
      paid('clicked-again', 'b', '2'),
      paid('clicked-again', 'b', '3'),
      paid('other type', 'b', '1', { type: 'Refunded' }),
      paid('number', 7, '0'),
      paid('text', '7', '1'),
      paid('none', null, '0'),
      paid('none either', undefined, '0.5'),
      paid('same moment', 'c', '9'),
      paid('same moment too', 'c', '9'),
    ])
    const found = await pairs(database)
    expect(found.pairs).toEqual([
      ['none', 'none either', 500],
      ['number', 'text', 1_000],
      ['clicked', 'clicked-again', 2_000],
      ['clicked', 'clicked-again', 3_000],
      ['same moment', 'same moment too', 0],
    ])
    expect((await pairs(database, { windowSec: 0 })).pairs).toEqual([['same moment', 'same moment too', 0]])
    expect((await pairs(database, {}, '10')).pairs).toEqual([['same moment', 'same moment too', 0]])
    await expect(pairs(database, { fields: ['no_such_column'] })).rejects.toMatchObject({
      code: 'column-missing',
    })
  },
)

test(
  'by the command line: a line for each, and the exit code says it',
  { timeout: 120_000 },
  async (context) => {
    const outbox = { profile: 'auto', table: 'public.outbox_message', fingerprint }
    const { cli, database } = await cliFixture(context, { source: { outbox } })
    await addRows(database, [paid('one', 'a', '0'), paid('two', 'b', '0')])
    const clean = await cli.here('audit', '--source', 'orders', '--fingerprints')
    expect(clean.records).toEqual([{ type: 'summary', verdict: 'intact', messages: 2, findings: 0 }])
    expect(clean.code).toBe(0)
    await addRows(database, [paid('three', 'a', '1.5')])
    const found = await cli.here('audit', '--source', 'orders', '--fingerprints')
    expect(found.records).toEqual([
      {
        ...{ type: 'finding', kind: 'same-event', id: '3', messageId: 'three' },
        ...{ firstId: '1', firstMessageId: 'one', apartMs: 1_500 },
      },
      { type: 'summary', verdict: 'broken', messages: 3, findings: 1 },
    ])
    expect(found.code).toBe(3)
    expect((await cli.here('audit', '--source', 'orders', '--fingerprints', '--new')).code).toBe(2)
  },
)

test('an outbox that does not say when a message was stored has no window, and is not compared', async () => {
  const database = await testDatabase()
  const timeless: Mapping = {
    profile: 'timeless',
    key: 'id',
    messageId: 'message_id',
    type: 'type',
    payload: { value: 'payload', encoding: 'json' },
    times: {},
    states: [{ state: 'unknown', when: { all: [] } }],
    sentRows: 'unknown',
    relay: { model: 'none' },
  }
  const outbox = await openMapped(database, 'public.outbox_message', timeless)
  const search = { fingerprint: { ...fingerprint, fields: ['type'] }, since: null, statementMs: 30_000 }
  await expect(outbox.events?.search(search, never)).rejects.toMatchObject({ code: 'time-not-mapped' })
})
