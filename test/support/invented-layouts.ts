import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'

// Layouts that no framework has: whatever these need, the language has to say.

export const TWO_STATUSES: Mapping = {
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

export const NO_STATUS: Mapping = {
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
    // A parcel with a try that has not ended would stay with whoever tries.
    from: ['failed', 'retrying', 'scheduled', 'pending'],
    guard: { not: { exists: 'older' } },
    set: { tries_max: { add: [{ count: 'tries' }, 3] }, next_at: { is: 'now', minusSec: 1 } },
  },
  resolve: { set: { posted_at: { is: 'now' } } },
}

export const ELSEWHERE: Mapping = {
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

export const TWO_STATUSES_DDL = `create table msg (id bigint primary key, msg_key varchar(40) not null, phase smallint not null,
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
     (8, 'used up', 0, 'N', 0, 5, 'pay', 'h', default, 0)`

export const NO_STATUS_DDL = `create table parcel (tenant text not null, no int not null, doc jsonb, born timestamptz not null default now(),
     posted_at timestamptz, next_at bigint not null default 0, tries_max int not null default 3, primary key (tenant, no));
   create table parcel_try (tenant text, no int, error text, ended timestamptz, latest bool);
   insert into parcel (tenant, no, doc, posted_at, next_at) values
     ('a', 1, '{"meta": {"kind": "Box"}}', now(), 0), ('a', 2, '{}', null, 0), ('a', 3, '{}', null, 0),
     ('b', 10, '{}', null, extract(epoch from now()) + 900), ('c"d', 1, '[]', null, 0), ('e', 1, '{}', null, 0);
   insert into parcel_try select 'a', 2, 'no. ' || i, now(), i = 3 from generate_series(1, 3) i;
   insert into parcel_try values ('c"d', 1, 'refused', now(), true), ('e', 1, null, null, false)`

export const ELSEWHERE_DDL = `create schema store;
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
     ('00000000-0000-0000-0000-000000000005', 'new', 1, null, null, '{}', '{}', null, 'us', null)`
