import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import {
  ELSEWHERE,
  ELSEWHERE_DDL,
  NO_STATUS,
  NO_STATUS_DDL,
  TWO_STATUSES,
  TWO_STATUSES_DDL,
} from '../support/invented-layouts.ts'
import { allOf, byMessageId, countOf, mappedTable, signal, statesOf } from '../support/mapped-table.ts'

test('two statuses that are combined, a soft delete, times of three kinds', async () => {
  const { database, outbox } = await mappedTable(TWO_STATUSES_DDL, 'public.msg', TWO_STATUSES)
  expect(await statesOf(outbox)).toEqual({
    new: 'pending',
    sending: 'in-flight',
    done: 'sent',
    'done though dead': 'sent',
    dead: 'failed',
    again: 'retrying',
    'used up': 'retrying',
  })
  expect(await countOf(outbox, {})).toBe(7)
  expect((await allOf(outbox, { trouble: 'failed' })).map((one) => one.messageId)).toEqual([
    'dead',
    'used up',
  ])
  const sending = await byMessageId(outbox, 'sending')
  expect(sending).toMatchObject({
    trouble: 'stuck',
    createdAt: '2026-01-02T00:00:00.000000Z',
    updatedAt: '2026-01-02T00:00:00.000000Z',
    attempts: 0,
    attemptsMax: 4,
    type: 'Order',
    destination: { exchange: 'orders', routingKey: '' },
    chain: null,
  })
  const dead = await byMessageId(outbox, 'dead')
  expect(dead).toMatchObject({ createdAt: null, updatedAt: null, attempts: 4 })
  const fresh = await byMessageId(outbox, 'new')
  const asked = [dead, sending, fresh].map(({ id, version }) => ({ id, version }))

  const [seen] = await outbox.preview('retry', asked.slice(0, 1), signal())
  expect(seen).toMatchObject({
    applied: true,
    before: { is_dead: 'Y', phase: '1', tries: '5' },
    after: { is_dead: 'N', phase: '0', tries: '1' },
    message: { state: 'pending', attempts: 0 },
    risks: [],
  })
  expect(await byMessageId(outbox, 'dead'), 'a preview changes nothing').toEqual(dead)

  expect(await outbox.retry(asked, signal())).toEqual([
    { id: '5', applied: true },
    { id: '2', applied: true },
    { id: '1', applied: false },
  ])
  const rows = await database.sql('select phase, is_dead, tries, body, touched from msg where id = 5')
  expect(rows).toMatchObject([{ phase: '0', is_dead: 'N', tries: '1', body: 'e' }])
  expect(Math.abs(Number(rows[0]!['touched']) - Date.now())).toBeLessThan(60_000)
  expect(await outbox.retry(asked, signal()), 'the version is another one now').toEqual(
    asked.map(({ id }) => ({ id, applied: false })),
  )

  const again = await byMessageId(outbox, 'again')
  const [resolved] = await outbox.resolve([{ ...again, token: 'decided' }], signal())
  expect(resolved).toMatchObject({ applied: true })
  expect(await byMessageId(outbox, 'again')).toMatchObject({ state: 'sent', lastError: 'decided' })
  if (resolved?.applied !== true) return expect.fail('not resolved')
  await outbox.undo([{ id: again.id, version: resolved.version, before: resolved.before }], signal())
  expect(await byMessageId(outbox, 'again')).toMatchObject({ state: 'retrying', lastError: null })
})

test('a retry that resets only the status is seen to fail again', async () => {
  const mapping: Mapping = {
    ...TWO_STATUSES,
    times: { ...TWO_STATUSES.times, purge: 'purge_at', nextAttempt: 'next_at' },
    retry: { set: { is_dead: false, phase: 0 } },
  }
  const { outbox } = await mappedTable(
    `create table msg (id bigint primary key, msg_key text not null, phase smallint, is_dead char(1), removed smallint,
       tries int, topic text, body text, created timestamp, touched bigint, err text, purge_at timestamptz,
       next_at timestamptz);
     insert into msg values (1, 'dead', 1, 'Y', 0, 5, 't', 'b', now(), 0, null, now() - interval '1 hour', 'infinity')`,
    'public.msg',
    mapping,
  )
  const [dead] = await allOf(outbox)
  const [seen] = await outbox.preview('retry', [dead!], signal())
  expect(seen!.risks).toEqual(['fails-again', 'purged', 'waits'])
})

test('no status at all: times, children in another table, a composite key, an older row in the way', async () => {
  const { database, outbox } = await mappedTable(NO_STATUS_DDL, 'public.parcel', NO_STATUS)
  expect(await statesOf(outbox)).toEqual({
    'a/1': 'sent',
    'a/2': 'failed',
    'a/3': 'scheduled',
    'b/10': 'scheduled',
    'c"d/1': 'retrying',
    'e/1': 'in-flight',
  })
  expect(await countOf(outbox, { states: ['scheduled', 'failed'] })).toBe(3)
  expect(
    (await outbox.groups({}, 'error', 5_000, signal())).groups.map(({ key, count }) => [key, count]),
  ).toEqual([
    ['', 4],
    ['no. 3', 1],
    ['refused', 1],
  ])
  const failed = await byMessageId(outbox, 'a/2')
  expect(failed).toMatchObject({
    id: '["a","2"]',
    attempts: 3,
    attemptsMax: 3,
    lastError: 'no. 3',
    chain: { key: 'a', previousId: null },
    destination: { exchange: 'parcels', routingKey: 'to.a' },
    nextAttemptAt: null,
  })
  expect((await byMessageId(outbox, 'a/1')).type).toBe('Box')
  const blocked = await byMessageId(outbox, 'a/3')
  expect(await outbox.retry([blocked, failed], signal()), 'the guard holds back what is blocked').toEqual([
    { id: blocked.id, applied: false },
    { id: failed.id, applied: true },
  ])
  expect(await byMessageId(outbox, 'a/2')).toMatchObject({ state: 'retrying', attemptsMax: 6 })
  const quoted = await byMessageId(outbox, 'c"d/1')
  expect(await outbox.read([quoted.id, '["c"]', 'nonsense', '["a","x"]'], signal())).toHaveLength(1)
  await outbox.resolve([{ ...quoted, token: 'x' }], signal())
  expect(await byMessageId(outbox, 'c"d/1')).toMatchObject({ state: 'sent' })
  await expect(outbox.claim([quoted], 'token', signal())).rejects.toMatchObject({
    code: 'action-refused',
    detail: { action: 'resend' },
  })
  expect(await database.sql('select count(*) as n from parcel where posted_at is not null')).toEqual([
    { n: '2' },
  ])
})

test('the payload in a table of another schema, an address in parts, header arrays, a lease, a scope', async () => {
  const { database, outbox } = await mappedTable(ELSEWHERE_DDL, 'public.note', ELSEWHERE)
  const all = await allOf(outbox)
  expect(all.map(({ state }) => state)).toEqual(['pending', 'failed', 'failed', 'unknown'])
  const [first, second, held] = await outbox.read(
    all.map(({ id }) => id),
    signal(),
  )
  expect(first).toMatchObject({
    type: 'Paid',
    destination: { exchange: 'ex', routingKey: 'key.one' },
    attempts: null,
    attemptsMax: null,
    messages: 1,
    createdAt: '2026-01-02T02:04:05.500000Z',
    content: { payload: '{"n": 1}' },
  })
  expect(JSON.parse(first!.content.headers ?? '')).toEqual({ a: '1', b: '2' })
  expect(second).toMatchObject({
    messages: 3,
    createdAt: null,
    content: { payload: '\\xff00', headers: null },
  })
  expect(await outbox.retry([second!, held!], signal())).toEqual([
    { id: second!.id, applied: true },
    { id: held!.id, applied: false },
  ])
  const fresh = await byMessageId(outbox, second!.id)
  const [gone] = await outbox.resolve([{ ...fresh, token: 'x' }], signal())
  expect(gone).toMatchObject({ applied: true, before: 'null' })
  expect(await database.sql('select count(*) as n from note')).toEqual([{ n: '4' }])
})
