import { bytes, HOUR_SEC, json, MINUTE_SEC, utc } from '../layout.ts'
import type { Layout, LayoutRow } from '../layout.ts'

function row(
  id: number,
  createdSec: number,
  processed: boolean,
  rest: Pick<LayoutRow, 'is' | 'relayed' | 'retry' | 'resolve'> & { trouble: 'stuck' | null },
): LayoutRow {
  const { trouble, ...outcome } = rest
  return {
    ...outcome,
    cells: {
      id,
      created: utc(createdSec),
      processed: processed ? utc(createdSec + 1) : null,
      topic: 'order-paid',
      key: `order-${id}`,
      value: bytes(`\u0000protobuf ${id}`),
      headers: json({ 'x-value-type': 'com.shop.OrderPaid' }),
    },
    shows: {
      state: processed ? 'sent' : 'pending',
      trouble,
      messageId: String(id),
      type: 'com.shop.OrderPaid',
      destination: { topic: 'order-paid', key: `order-${id}` },
    },
  }
}

export const tomorrowOne: Layout = {
  name: 'tomorrow-one',
  engine: 'postgres',
  tables: ['outbox_kafka'],
  key: ['id'],
  schema: `
    create sequence if not exists outbox_kafka_id_seq;
    create table outbox_kafka (
      id bigint primary key default nextval('outbox_kafka_id_seq'::regclass),
      created timestamp without time zone not null, processed timestamp without time zone null,
      topic character varying(128) not null, key character varying(128) null, value bytea not null,
      headers jsonb null);
    create index idx_outbox_kafka_not_processed on outbox_kafka (id) where processed is null;
    create index idx_outbox_kafka_processed on outbox_kafka (processed);
    create table outbox_kafka_lock (
      id character varying(32) primary key, owner_id character varying(128) not null,
      valid_until timestamp without time zone not null)`,
  companions: [
    {
      table: 'outbox_kafka_lock',
      cells: { id: 'outboxLock', owner_id: 'processor-1', valid_until: utc(5) },
    },
  ],
  rows: [
    row(1, -2 * HOUR_SEC, true, {
      is: 'processed',
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
      trouble: null,
    }),
    row(2, -2 * HOUR_SEC, false, {
      is: 'poisoned: read again and again',
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
      trouble: 'stuck',
    }),
    row(3, -MINUTE_SEC, false, {
      is: 'waiting',
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
      trouble: null,
    }),
  ],
  relay: {
    model: 'poller',
    picks: ['select id from outbox_kafka where processed is null order by id asc limit 100'],
  },
  resolve: {
    safe: `update outbox_kafka set processed = now() at time zone 'UTC' where @row`,
    changes: ['processed'],
  },
  purge: `select id from outbox_kafka where processed is not null
    and processed < (now() at time zone 'UTC') + interval '30 days'`,
  untouchable: ['id', 'topic', 'key', 'value', 'headers', 'created'],
  refuses: { retry: 'a row that is not processed is taken as it stands', edit: 'the value is protobuf' },
}
