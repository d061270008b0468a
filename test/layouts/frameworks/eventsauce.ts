import { json, uuid } from '../layout.ts'
import type { Layout, LayoutRow } from '../layout.ts'

function payload(id: number): string {
  return json({
    headers: {
      __event_id: uuid(id),
      __event_type: 'order.paid',
      __aggregate_root_id: 'order-7',
      __aggregate_root_version: id,
      __time_of_recording: '2026-11-21 08:00:00.000000+0000',
    },
    payload: { order: id },
  })
}

function row(id: number, is: string, consumed: boolean): LayoutRow {
  return {
    is,
    cells: { id, consumed, payload: payload(id) },
    shows: {
      state: consumed ? 'sent' : 'pending',
      trouble: null,
      messageId: uuid(id),
      type: 'order.paid',
      chain: { key: 'order-7', sequence: String(id) },
    },
    relayed: !consumed,
    retry: consumed ? 'finished' : 'waiting',
    resolve: consumed ? 'finished' : 'purgeable',
  }
}

const shared = {
  tables: ['outbox_messages'],
  key: ['id'],
  rows: [row(1, 'relayed', true), row(2, 'waiting', false), row(3, 'waiting behind it', false)],
  relay: {
    model: 'poller',
    picks: ['select id from outbox_messages where consumed = false order by id asc limit 100'],
  },
  resolve: {
    safe: 'update outbox_messages set consumed = true where @row',
    changes: ['consumed'],
  },
  purge: 'select id from outbox_messages where consumed = true limit 1000',
  untouchable: ['id', 'payload'],
  refuses: {
    resend: 'where a message goes is known to the dispatcher in the application only',
    retry: 'a row that is not consumed is taken as it stands',
  },
} as const

export const eventsauce: Layout = {
  ...shared,
  name: 'eventsauce',
  engine: 'postgres',
  schema: `
    create table outbox_messages (
      id bigserial not null primary key, consumed bool not null default false, payload json not null);
    create index is_consumed on outbox_messages (consumed, id asc)`,
}

export const eventsauceMysql: Layout = {
  ...shared,
  name: 'eventsauce-mysql',
  profile: 'eventsauce',
  engine: 'mariadb',
  schema: `create table outbox_messages (
    id bigint(20) unsigned not null auto_increment, consumed tinyint(1) unsigned not null default 0,
    payload varchar(16001) not null, primary key (id), key is_consumed (consumed, id asc)
  ) default character set utf8mb4 collate utf8mb4_general_ci engine=InnoDB`,
}
