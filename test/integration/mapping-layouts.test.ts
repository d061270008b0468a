import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { allOf, byMessageId, countOf, mappedTable, signal, statesOf } from '../support/mapped-table.ts'

// Layouts that no framework has: whatever these need, the language has to say.

const TWO_STATUSES: Mapping = {
  profile: 'two-statuses',
  key: 'id',
  messageId: 'msg_key',
  type: { text: 'Order' },
  destination: { kind: 'kafka', exchange: 'topic' },
  payload: { value: 'body', encoding: 'text' },
  times: { created: 'created', updated: 'touched' },
  attempts: { value: 'tries', startsAt: 1, limit: { setting: 'give-up' } },
  lastError: 'err',
  deleted: { column: 'removed', equals: true },
  settings: { 'give-up': 4 },
  columns: {
    created: { time: 'local', zone: 'Asia/Shanghai', none: ['1970-01-01 00:00:00'] },
    touched: { time: 'epoch-ms', none: [0] },
    is_dead: { truth: ['Y', 'N'] },
    removed: { truth: [1, 0] },
  },
  states: [
    { state: 'sent', when: { column: 'phase', equals: 2 } },
    { state: 'failed', when: { column: 'is_dead', equals: true } },
    { state: 'in-flight', when: { column: 'phase', equals: 1 } },
    { state: 'retrying', when: { column: 'tries', above: 1 } },
    { state: 'pending', when: { column: 'phase', equals: 0 } },
  ],
  sentRows: 'kept',
  relay: { model: 'poller' },
  retry: {
    from: ['failed', 'in-flight'],
    set: { is_dead: false, phase: 0, tries: 1, touched: { is: 'now' }, err: null },
    never: ['body', 'msg_key'],
  },
  resolve: { set: { phase: 2, is_dead: false, touched: { is: 'now' }, err: { is: 'token' } } },
}

test('two statuses that are combined, a soft delete, times of three kinds', async () => {
  const { database, outbox } = await mappedTable(
    `create table msg (id bigint primary key, msg_key varchar(40) not null, phase smallint not null,
       is_dead char(1) not null default 'N', removed smallint not null default 0, tries int not null default 1,
       topic text, body text, created timestamp not null default (now() at time zone 'Asia/Shanghai'),
       touched bigint not null default 0, err text);
     insert into msg (id, msg_key, phase, is_dead, removed, tries, topic, body, created, touched) values
       (1, 'new', 0, 'N', 0, 1, 'orders', 'a', default, 0),
       (2, 'sending', 1, 'N', 0, 1, 'orders', 'b', '2026-01-02 08:00', 1767312000000),
       (3, 'done', 2, 'N', 0, 1, 'orders', 'c', default, 0),
       (4, 'done though dead', 2, 'Y', 0, 1, 'orders', 'd', default, 0),
       (5, 'dead', 1, 'Y', 0, 5, 'pay', 'e', '1970-01-01', 0),
       (6, 'again', 0, 'N', 0, 3, 'pay', 'f', default, 0),
       (7, 'removed', 0, 'N', 1, 1, 'pay', 'g', default, 0),
       (8, 'used up', 0, 'N', 0, 5, 'pay', 'h', default, 0)`,
    'public.msg',
    TWO_STATUSES,
  )
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

const NO_STATUS: Mapping = {
  profile: 'no-status',
  key: ['tenant', 'no'],
  messageId: { concat: [{ column: 'tenant' }, '/', { column: 'no' }] },
  type: { path: ['meta', 'kind'], in: { column: 'doc' } },
  chain: { key: 'tenant', sequence: 'no' },
  destination: { exchange: { text: 'parcels' }, routingKey: { concat: ['to.', { column: 'tenant' }] } },
  payload: { value: 'doc', encoding: 'json' },
  times: { created: 'born', sent: 'posted_at', nextAttempt: 'next_at' },
  attempts: { value: { count: 'tries' }, limit: 'tries_max' },
  lastError: { of: 'last', value: { column: 'error' } },
  columns: { next_at: { time: 'epoch-s', none: [0] } },
  companions: {
    tries: {
      table: 'parcel_try',
      on: {
        all: [
          { column: 'tenant', equals: { row: 'tenant' } },
          { column: 'no', equals: { row: 'no' } },
        ],
      },
    },
    last: {
      table: 'parcel_try',
      on: {
        all: [
          { column: 'tenant', equals: { row: 'tenant' } },
          { column: 'no', equals: { row: 'no' } },
          { column: 'latest', equals: true },
        ],
      },
    },
    older: {
      on: {
        all: [
          { column: 'tenant', equals: { row: 'tenant' } },
          { column: 'no', below: { row: 'no' } },
          { column: 'posted_at', isNull: true },
        ],
      },
    },
  },
  states: [
    { state: 'sent', when: { column: 'posted_at', isNull: false } },
    { state: 'failed', when: { value: { count: 'tries' }, atLeast: { column: 'tries_max' } } },
    { state: 'in-flight', when: { exists: 'tries', where: { column: 'ended', isNull: true } } },
    {
      state: 'scheduled',
      when: { any: [{ column: 'next_at', above: { is: 'now' } }, { exists: 'older' }] },
    },
    { state: 'retrying', when: { exists: 'tries' } },
    { state: 'pending', when: { all: [] } },
  ],
  sentRows: 'kept',
  relay: { model: 'poller', headOfLine: { unit: ['tenant'], failedBlocks: true } },
  retry: {
    guard: { not: { exists: 'older' } },
    set: { tries_max: { add: [{ count: 'tries' }, 3] }, next_at: { is: 'now', minusSec: 1 } },
  },
  resolve: { set: { posted_at: { is: 'now' } } },
}

test('no status at all: times, children in another table, a composite key, an older row in the way', async () => {
  const { database, outbox } = await mappedTable(
    `create table parcel (tenant text not null, no int not null, doc jsonb, born timestamptz not null default now(),
       posted_at timestamptz, next_at bigint not null default 0, tries_max int not null default 3, primary key (tenant, no));
     create table parcel_try (tenant text, no int, error text, ended timestamptz, latest bool);
     insert into parcel (tenant, no, doc, posted_at, next_at) values
       ('a', 1, '{"meta": {"kind": "Box"}}', now(), 0), ('a', 2, '{}', null, 0), ('a', 3, '{}', null, 0),
       ('b', 10, '{}', null, extract(epoch from now()) + 900), ('c"d', 1, '[]', null, 0), ('e', 1, '{}', null, 0);
     insert into parcel_try select 'a', 2, 'no. ' || i, now(), i = 3 from generate_series(1, 3) i;
     insert into parcel_try values ('c"d', 1, 'refused', now(), true), ('e', 1, null, null, false)`,
    'public.parcel',
    NO_STATUS,
  )
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

const ELSEWHERE: Mapping = {
  profile: 'payload-elsewhere',
  key: 'uid',
  messageId: 'uid',
  type: { part: -1, by: '.', in: { column: 'class' } },
  destination: {
    kind: 'rabbitmq',
    exchange: { part: 4, by: '/', in: { column: 'address' } },
    routingKey: { part: -1, by: '/', in: { column: 'address' } },
  },
  payload: {
    value: { of: 'doc', value: { column: 'raw' } },
    encoding: 'bytea',
    fixed: 'the payload is signed',
    messages: { first: [{ of: 'doc', value: { column: 'pieces' } }, 1] },
  },
  headers: { names: 'hdr_keys', values: 'hdr_values' },
  times: { created: 'at_iso' },
  columns: { at_iso: { time: 'iso' } },
  companions: { doc: { table: 'store.doc', on: { column: 'doc_id', equals: { row: 'doc_id' } } } },
  scope: { column: 'area', equals: 'eu' },
  lease: { holder: 'owner', held: { column: 'owner', isNull: false } },
  states: [
    { state: 'unknown', when: { not: { exists: 'doc' } } },
    { state: 'pending', when: { column: 'state', in: ['new', 'queued'] } },
    { state: 'failed', when: { column: 'state', equals: 'bad' } },
  ],
  sentRows: 'deleted',
  relay: { model: 'poller' },
  retry: { set: { state: 'new' } },
  resolve: { does: 'delete' },
}

test('the payload in a table of another schema, an address in parts, header arrays, a lease, a scope', async () => {
  const { database, outbox } = await mappedTable(
    `create schema store;
     create table store.doc (doc_id int primary key, raw bytea not null, pieces int);
     create table note (uid uuid primary key, state text, doc_id int, class text, address text, hdr_keys text[],
       hdr_values text[], owner text, area text, at_iso text);
     insert into store.doc values (1, '{"n": 1}', null), (2, '\\xff00', 3);
     insert into note values
       ('00000000-0000-0000-0000-000000000001', 'new', 1, 'com.shop.Paid', 'amqp://host/ex/key.one', '{a,b}', '{1,2}',
         null, 'eu', '2026-01-02T03:04:05.5+01:00'),
       ('00000000-0000-0000-0000-000000000002', 'bad', 2, 'Paid', 'none', null, null, null, 'eu', 'never'),
       ('00000000-0000-0000-0000-000000000003', 'bad', 1, null, null, '{}', '{}', 'worker', 'eu', null),
       ('00000000-0000-0000-0000-000000000004', 'bad', 9, null, null, '{}', '{}', null, 'eu', null),
       ('00000000-0000-0000-0000-000000000005', 'new', 1, null, null, '{}', '{}', null, 'us', null)`,
    'public.note',
    ELSEWHERE,
  )
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
