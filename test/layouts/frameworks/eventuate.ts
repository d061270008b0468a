import { DAY_SEC, epochMs, HOUR_SEC, json, MINUTE_SEC } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

const TOPIC = 'com.shop.Order'

function cells(id: string, published: number, createdSec: number): Cells {
  return {
    id,
    destination: TOPIC,
    headers: json({ ID: id, PARTITION_ID: 'order-7', 'event-type': 'com.shop.OrderPaid' }),
    payload: json({ order: 7 }),
    published,
    creation_time: epochMs(createdSec),
  }
}

function shows(
  id: string,
  rest: Pick<LayoutRow['shows'], 'state' | 'trouble' | 'evidence'>,
): LayoutRow['shows'] {
  const destination = { topic: TOPIC, key: 'order-7' }
  return { messageId: id, type: 'com.shop.OrderPaid', destination, ...rest }
}

const TABLES = ['eventuate.message', 'eventuate.message0', 'eventuate.message1']

const schema = `
  create schema eventuate;
  ${TABLES.map(
    (table) => `create table ${table} (
      id varchar(1000) primary key, destination text not null, headers text not null, payload text not null,
      published smallint default 0, message_partition smallint, creation_time bigint);`,
  ).join('\n')}
  create index message_published_idx on eventuate.message (published, id);
  create table eventuate.received_messages (
    consumer_id varchar(1000), message_id varchar(1000), creation_time bigint, published smallint default 0,
    primary key (consumer_id, message_id));
  create table eventuate.offset_store (
    client_name varchar(255) not null primary key, serialized_offset varchar(255))`

const received = {
  table: 'eventuate.received_messages',
  cells: { consumer_id: 'billing', message_id: 'b-2', creation_time: epochMs(-HOUR_SEC) },
}

const shared = {
  engine: 'postgres',
  tables: TABLES,
  key: ['id'],
  schema,
  companions: [received],
  purge: `select id from (${TABLES.map((table) => `select id, creation_time from ${table}`).join(' union all ')}) all_of_them
    where creation_time < extract(epoch from now() + interval '58 days') * 1000`,
  evidence: {
    table: 'eventuate.received_messages',
    consumed: 'select message_id as id from eventuate.received_messages',
    retentionSec: 2 * DAY_SEC,
  },
  untouchable: ['id', 'destination', 'headers', 'payload', 'creation_time'],
  refuses: { retry: 'a row that is not published is taken as it stands' },
} as const

export const eventuatePolling: Layout = {
  ...shared,
  name: 'eventuate-tram-polling',
  rows: [
    {
      is: 'just stored',
      cells: cells('b-1', 0, -MINUTE_SEC),
      shows: shows('b-1', { state: 'pending', trouble: null, evidence: 'not-seen' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'published, and consumed',
      cells: cells('b-2', 1, -2 * HOUR_SEC),
      shows: shows('b-2', { state: 'sent', trouble: null, evidence: 'consumed' }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
    {
      is: 'in another partition of the outbox, for days',
      table: 'eventuate.message1',
      cells: cells('b-3', 0, -3 * DAY_SEC),
      shows: shows('b-3', { state: 'pending', trouble: 'stuck', evidence: 'unknown' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
  ],
  relay: {
    model: 'poller',
    picks: TABLES.map((table) => `select id from ${table} where published = 0 order by id asc limit 500`),
  },
  resolve: {
    safe: TABLES.map((table) => `update ${table} set published = 1 where @row`).join('; '),
    changes: ['published'],
  },
}

/** The same tables where the log is read: the flag stays 0 for ever and means nothing. */
export const eventuateTailing: Layout = {
  ...shared,
  name: 'eventuate-tram-tailing',
  rows: [
    {
      is: 'captured or not: nothing tells',
      cells: cells('b-1', 0, -DAY_SEC),
      shows: shows('b-1', { state: 'unknown', trouble: null, evidence: 'not-seen' }),
      relayed: false,
      retry: 'insert-only',
      resolve: 'insert-only',
    },
    {
      is: 'captured, for it was consumed',
      table: 'eventuate.message0',
      cells: cells('b-2', 0, -2 * HOUR_SEC),
      shows: shows('b-2', { state: 'unknown', trouble: null, evidence: 'consumed' }),
      relayed: false,
      retry: 'insert-only',
      resolve: 'insert-only',
    },
  ],
  relay: { model: 'change-capture', picks: [] },
  copy: `insert into eventuate.message (id, destination, headers, payload, published, creation_time)
    select gen_random_uuid()::text, destination, headers, payload, 0, floor(extract(epoch from now()) * 1000)::bigint
    from (select * from eventuate.message where @row union all select * from eventuate.message0 where @row) original`,
  refuses: { retry: 'the capture reads inserts', resolve: 'the flag means nothing where the log is read' },
}

const MYSQL_MARKER = 'CDC-IGNORED'

/** The `db-id` variant: the key is a number, the id may be empty, and one row is a marker. */
export const eventuateMysql: Layout = {
  name: 'eventuate-tram-mysql',
  profile: 'eventuate-tram-dbid',
  engine: 'mariadb',
  tables: ['message'],
  key: ['dbid'],
  schema: `
    create table message (
      dbid bigint not null auto_increment primary key, id varchar(255), destination longtext not null,
      headers longtext not null, payload longtext not null, published smallint default 0,
      message_partition smallint, creation_time bigint);
    create index message_published_idx on message (published, dbid);
    create table received_messages (
      consumer_id varchar(255), message_id varchar(255), creation_time bigint, published smallint default 0,
      primary key (consumer_id, message_id));
    create table offset_store (client_name varchar(255) not null primary key, serialized_offset longtext)`,
  companions: [
    {
      table: 'received_messages',
      cells: { consumer_id: 'billing', message_id: 'b-3', creation_time: epochMs(-HOUR_SEC) },
    },
  ],
  rows: [
    {
      is: 'the marker of the variant, no message',
      cells: {
        ...cells('', 1, -30 * DAY_SEC),
        dbid: 1,
        destination: MYSQL_MARKER,
        headers: '{}',
        payload: '""',
      },
      shows: {
        state: 'sent',
        trouble: null,
        messageId: '',
        destination: { topic: MYSQL_MARKER },
        evidence: 'unknown',
      },
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
    {
      is: 'just stored, its id only in the headers',
      cells: { ...cells('b-2', 0, -MINUTE_SEC), dbid: 2, id: '' },
      shows: shows('b-2', { state: 'pending', trouble: null, evidence: 'not-seen' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'overlooked, but consumed: the flag was not set',
      cells: { ...cells('b-3', 0, -2 * HOUR_SEC), dbid: 3 },
      shows: shows('b-3', { state: 'pending', trouble: 'stuck', evidence: 'consumed' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
  ],
  relay: {
    model: 'poller',
    picks: ['select dbid from message where published = 0 order by dbid asc limit 500'],
  },
  resolve: { safe: 'update message set published = 1 where @row', changes: ['published'] },
  purge: `select dbid from message where creation_time < unix_timestamp(now() + interval 58 day) * 1000`,
  evidence: {
    table: 'received_messages',
    consumed: 'select message_id as id from received_messages',
    retentionSec: 2 * DAY_SEC,
  },
  untouchable: ['dbid', 'id', 'destination', 'headers', 'payload', 'creation_time'],
  refuses: { retry: 'a row that is not published is taken as it stands' },
}
