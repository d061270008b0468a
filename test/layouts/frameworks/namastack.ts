import { at, HOUR_SEC, json, MINUTE_SEC } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

const HANDLER = 'com.shop.Mailer#handle'
const INSTANCE = 'instance-1'

function cells(id: string, status: string, key: string, createdSec: number, more: Cells = {}): Cells {
  return {
    id,
    status,
    record_key: key,
    record_type: 'com.shop.OrderPaid',
    payload: json({ order: id }),
    context: '{}',
    created_at: at(createdSec),
    completed_at: null,
    failure_count: 0,
    failure_reason: null,
    next_retry_at: at(createdSec),
    partition_no: 1,
    handler_id: HANDLER,
    ...more,
  }
}

function shows(
  id: string,
  key: string,
  rest: Pick<LayoutRow['shows'], 'state' | 'trouble'> & Partial<LayoutRow['shows']>,
) {
  const known = { type: 'com.shop.OrderPaid', destination: { handler: HANDLER }, attempts: 0 }
  return { messageId: id, chain: { key }, ...known, ...rest }
}

const gaveUp = {
  failure_count: 4,
  failure_reason: 'The mail server is down',
  next_retry_at: at(-HOUR_SEC),
} as const
const gaveUpShown = { attempts: 4, lastError: 'The mail server is down' } as const

const rows: readonly LayoutRow[] = [
  {
    is: 'new',
    cells: cells('n-1', 'NEW', 'order-1', -MINUTE_SEC),
    shows: shows('n-1', 'order-1', { state: 'pending', trouble: null }),
    relayed: true,
    retry: 'waiting',
    resolve: 'stays',
  },
  {
    is: 'new for hours',
    cells: cells('n-2', 'NEW', 'order-2', -3 * HOUR_SEC),
    shows: shows('n-2', 'order-2', { state: 'pending', trouble: 'stuck' }),
    relayed: true,
    retry: 'waiting',
    resolve: 'stays',
  },
  {
    is: 'failed twice, next attempt in a minute',
    cells: cells('n-3', 'NEW', 'order-3', -5 * MINUTE_SEC, {
      failure_count: 2,
      failure_reason: 'no answer',
      next_retry_at: at(MINUTE_SEC),
    }),
    shows: shows('n-3', 'order-3', { state: 'retrying', trouble: null, attempts: 2, lastError: 'no answer' }),
    relayed: false,
    retry: 'waiting',
    resolve: 'stays',
  },
  {
    is: 'given up: it blocks its key',
    cells: cells('n-4', 'FAILED', 'order-4', -2 * HOUR_SEC, gaveUp),
    shows: shows('n-4', 'order-4', { state: 'failed', trouble: 'failed', ...gaveUpShown }),
    relayed: false,
    retry: 'relayed',
    resolve: 'stays',
    unblocks: ['behind the one that was given up'],
  },
  {
    is: 'behind the one that was given up',
    cells: cells('n-5', 'NEW', 'order-4', -HOUR_SEC),
    shows: shows('n-5', 'order-4', { state: 'pending', trouble: 'stuck' }),
    relayed: false,
    retry: 'waiting',
    resolve: 'stays',
  },
  {
    is: 'given up too, behind another one of its key',
    cells: cells('n-6', 'FAILED', 'order-4', -50 * MINUTE_SEC, gaveUp),
    shows: shows('n-6', 'order-4', { state: 'failed', trouble: 'failed', ...gaveUpShown }),
    relayed: false,
    retry: 'queued',
    resolve: 'stays',
  },
  {
    is: 'completed',
    cells: cells('n-7', 'COMPLETED', 'order-5', -HOUR_SEC, { completed_at: at(-HOUR_SEC + 1) }),
    shows: shows('n-7', 'order-5', { state: 'sent', trouble: null }),
    relayed: false,
    retry: 'finished',
    resolve: 'finished',
  },
]

export const namastack: Layout = {
  name: 'namastack',
  engine: 'postgres',
  tables: ['outbox_record'],
  key: ['id'],
  schema: `
    create table outbox_record (
      id varchar(255) not null, status varchar(20) not null, record_key varchar(255) not null,
      record_type varchar(255) not null, payload text not null, context text,
      created_at timestamp with time zone not null, completed_at timestamp with time zone,
      failure_count int not null, failure_reason varchar(1000), next_retry_at timestamp with time zone not null,
      partition_no integer not null, handler_id varchar(1000) not null, primary key (id));
    create table outbox_instance (
      instance_id varchar(255) primary key, hostname varchar(255) not null, port integer not null,
      status varchar(50) not null, started_at timestamp with time zone not null,
      last_heartbeat timestamp with time zone not null, created_at timestamp with time zone not null,
      updated_at timestamp with time zone not null);
    create table outbox_partition (
      partition_number integer primary key, instance_id varchar(255), version bigint not null default 0,
      updated_at timestamp with time zone not null);
    create index idx_outbox_record_record_key_created on outbox_record (record_key, created_at);
    create index idx_outbox_record_partition_status_retry on outbox_record (partition_no, status, next_retry_at);
    create index idx_outbox_record_status_retry on outbox_record (status, next_retry_at);
    create index idx_outbox_record_status on outbox_record (status);
    create index idx_outbox_record_record_key_completed_created
      on outbox_record (record_key, completed_at, created_at)`,
  companions: [
    {
      table: 'outbox_partition',
      cells: { partition_number: 1, instance_id: INSTANCE, updated_at: at(-MINUTE_SEC) },
    },
  ],
  rows,
  relay: {
    model: 'poller',
    picks: [
      `select o.id from outbox_record o
       where o.partition_no in (select partition_number from outbox_partition where instance_id = '${INSTANCE}')
         and o.status = 'NEW' and o.next_retry_at <= now()
         and not exists (select 1 from outbox_record older where older.record_key = o.record_key
           and older.completed_at is null and older.created_at < o.created_at)
       order by o.created_at asc limit 100`,
    ],
  },
  retry: {
    safe: `update outbox_record set status = 'NEW', failure_count = 0, next_retry_at = now(), completed_at = null,
             failure_reason = null where @row`,
    changes: ['status', 'failure_count', 'next_retry_at', 'failure_reason'],
    careless: {
      statement: `update outbox_record set failure_count = 0 where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: {
    safe: `update outbox_record set status = 'COMPLETED', completed_at = now() where @row`,
    changes: ['status', 'completed_at'],
    careless: {
      statement: `update outbox_record set status = 'COMPLETED' where @row`,
      comesTo: 'still-blocks',
    },
  },
  untouchable: ['id', 'record_key', 'partition_no', 'handler_id', 'payload', 'created_at'],
  refuses: { resend: 'the destination is a handler in the application, not a place in a broker' },
}

/** On MySQL and MariaDB, where its times have no fraction of a second. */
export const namastackMysql: Layout = {
  ...namastack,
  name: 'namastack-mysql',
  profile: 'namastack',
  engine: 'mariadb',
  schema: `
    create table outbox_record (
      id varchar(255) not null, status varchar(20) not null, record_key varchar(255) not null,
      record_type varchar(255) not null, payload longtext not null, context longtext,
      created_at timestamp not null, completed_at timestamp null, failure_count int not null,
      failure_reason varchar(1000), next_retry_at timestamp not null, partition_no int not null,
      handler_id varchar(1000) not null, primary key (id),
      index idx_outbox_record_record_key_created (record_key, created_at),
      index idx_outbox_record_partition_status_retry (partition_no, status, next_retry_at),
      index idx_outbox_record_status_retry (status, next_retry_at), index idx_outbox_record_status (status),
      index idx_outbox_record_record_key_completed_created (record_key, completed_at, created_at));
    create table outbox_instance (
      instance_id varchar(255) primary key, hostname varchar(255) not null, port int not null,
      status varchar(50) not null, started_at timestamp not null, last_heartbeat timestamp not null,
      created_at timestamp not null, updated_at timestamp not null);
    create table outbox_partition (
      partition_number int primary key, instance_id varchar(255), version bigint not null default 0,
      updated_at timestamp not null)`,
}
