import { at, expression, HOUR_SEC, json, MINUTE_SEC, uuid } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

export const goharvest: Layout = {
  name: 'goharvest',
  engine: 'postgres',
  tables: ['outbox'],
  key: ['id'],
  schema: `create table outbox (
    id bigserial primary key, create_time timestamp with time zone not null, kafka_topic varchar(249) not null,
    kafka_key varchar(100) not null, kafka_value varchar(10000), kafka_header_keys text[] not null,
    kafka_header_values text[] not null, leader_id uuid)`,
  rows: [
    {
      is: 'unclaimed',
      cells: harvest(1, -MINUTE_SEC, null),
      shows: harvestShown(1, 'pending', null),
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    },
    {
      is: 'unclaimed for hours: no leader',
      cells: harvest(2, -3 * HOUR_SEC, null),
      shows: harvestShown(2, 'pending', 'stuck'),
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    },
    {
      is: 'claimed by the leader a moment ago',
      cells: harvest(3, -5, uuid(70)),
      shows: harvestShown(3, 'in-flight', null),
      relayed: false,
      retry: 'live-lease',
      resolve: 'live-lease',
    },
    {
      is: 'claimed long ago, and never confirmed',
      cells: harvest(4, -2 * HOUR_SEC, uuid(70)),
      shows: harvestShown(4, 'in-flight', 'stuck'),
      relayed: false,
      retry: 'relayed',
      resolve: 'gone',
    },
    {
      is: 'a tombstone: its value is null',
      cells: { ...harvest(5, -MINUTE_SEC, null), kafka_value: null },
      shows: harvestShown(5, 'pending', null),
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    },
  ],
  relay: {
    model: 'poller',
    picks: [
      `update outbox set leader_id = '${uuid(70)}' where id in (
         select id from outbox where leader_id is null or leader_id <> '${uuid(70)}' order by id limit 100)
       returning id`,
    ],
  },
  retry: { safe: 'update outbox set leader_id = null where @row', changes: ['leader_id'] },
  resolve: { safe: 'delete from outbox where @row', changes: [] },
  untouchable: ['id', 'kafka_topic', 'kafka_key', 'kafka_value', 'kafka_header_keys', 'kafka_header_values'],
  refuses: {},
}

function harvest(id: number, createdSec: number, leader: string | null): Cells {
  return {
    id,
    create_time: at(createdSec),
    kafka_topic: 'order-paid',
    kafka_key: `order-${id}`,
    kafka_value: json({ order: id }),
    kafka_header_keys: expression(`array['trace', 'source']`, 'null'),
    kafka_header_values: expression(`array['t-${id}', 'shop']`, 'null'),
    leader_id: leader,
  }
}

function harvestShown(
  id: number,
  state: 'pending' | 'in-flight',
  trouble: 'stuck' | null,
): LayoutRow['shows'] {
  const destination = { topic: 'order-paid', key: `order-${id}` }
  return { state, trouble, messageId: String(id), destination }
}
