import { at, DAY_SEC, HOUR_SEC, json, MINUTE_SEC, uuid } from '../layout.ts'
import type { Layout, LayoutRow } from '../layout.ts'

function shows(id: number): LayoutRow['shows'] {
  return {
    state: 'unknown',
    trouble: null,
    messageId: uuid(id),
    type: 'OrderPaid',
    destination: { topic: 'outbox.event.order', key: `order-${id}` },
  }
}

const shared = {
  engine: 'postgres',
  key: ['id'],
  relay: { model: 'change-capture', picks: [] },
  untouchable: ['id', 'aggregatetype', 'aggregateid', 'type', 'payload'],
  refuses: {
    resolve: 'a row says nothing of its delivery; the table may be emptied at any time',
  },
} as const

/** The table that the documentation of the event router describes. */
export const debezium: Layout = {
  ...shared,
  name: 'debezium',
  tables: ['outbox'],
  schema: `create table outbox (
    id uuid not null primary key, aggregatetype varchar(255) not null, aggregateid varchar(255) not null,
    type varchar(255) not null, payload jsonb)`,
  rows: [1, 2].map((id) => ({
    is: `left behind ${id}`,
    cells: {
      id: uuid(id),
      aggregatetype: 'order',
      aggregateid: `order-${id}`,
      type: 'OrderPaid',
      payload: json({ order: id }),
    },
    shows: shows(id),
    relayed: false,
    retry: 'copied',
    resolve: 'insert-only',
  })),
  copy: `insert into outbox (id, aggregatetype, aggregateid, type, payload)
    select gen_random_uuid(), aggregatetype, aggregateid, type, payload from outbox where @row`,
}

/** The same on MySQL and MariaDB, whose documents are texts. */
export const debeziumMysql: Layout = {
  ...debezium,
  name: 'debezium-mysql',
  profile: 'debezium',
  engine: 'mariadb',
  schema: `create table outbox (
    id varchar(36) not null primary key, aggregatetype varchar(255) not null, aggregateid varchar(255) not null,
    type varchar(255) not null, payload json)`,
  copy: `insert into outbox (id, aggregatetype, aggregateid, type, payload)
    select uuid(), aggregatetype, aggregateid, type, payload from outbox where @row`,
}

const ages = [
  { is: 'inserted a moment ago', sec: -MINUTE_SEC },
  { is: 'kept because the extension was told not to remove', sec: -2 * HOUR_SEC },
  { is: 'kept for a month', sec: -30 * DAY_SEC },
]

export const debeziumQuarkus: Layout = {
  ...shared,
  name: 'debezium-quarkus',
  tables: ['outboxevent'],
  schema: `create table OutboxEvent (
    id uuid not null, aggregatetype varchar(255) not null, aggregateid varchar(255) not null,
    type varchar(255) not null, timestamp timestamp(6) with time zone not null, payload varchar(8000),
    tracingspancontext varchar(256), primary key (id))`,
  rows: ages.map(({ is, sec }, index) => ({
    is,
    cells: {
      id: uuid(index + 1),
      aggregatetype: 'order',
      aggregateid: `order-${index + 1}`,
      type: 'OrderPaid',
      timestamp: at(sec),
      payload: json({ order: index + 1 }),
      tracingspancontext: null,
    },
    shows: shows(index + 1),
    relayed: false,
    retry: 'copied',
    resolve: 'insert-only',
  })),
  copy: `insert into outboxevent (id, aggregatetype, aggregateid, type, timestamp, payload, tracingspancontext)
    select gen_random_uuid(), aggregatetype, aggregateid, type, now(), payload, tracingspancontext
    from outboxevent where @row`,
}
