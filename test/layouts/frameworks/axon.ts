import { at, expression, HOUR_SEC, iso, MINUTE_SEC, uuid } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

const GROUP = 'billing-projection'

/** What Hibernate makes of a byte array on PostgreSQL: the column holds the number of a large object. */
function largeObject(text: string) {
  return expression(`lo_from_bytea(0, '\\x${Buffer.from(text).toString('hex')}')`, 'null')
}

function cells(id: number, sequence: string, index: number, more: Cells = {}): Cells {
  return {
    dead_letter_id: uuid(id),
    cause_message: 'The projection is read-only',
    cause_type: 'java.lang.IllegalStateException',
    enqueued_at: at(-HOUR_SEC),
    last_touched: at(-HOUR_SEC),
    aggregate_identifier: sequence,
    event_identifier: uuid(1000 + id),
    message_type: 'EVENT',
    payload: largeObject(`{"order":${id}}`),
    payload_type: 'com.shop.OrderPaid',
    sequence_number: index,
    time_stamp: iso(-HOUR_SEC),
    type: 'Order',
    processing_group: GROUP,
    sequence_identifier: sequence,
    sequence_index: index,
    ...more,
  }
}

function shows(
  id: number,
  sequence: string,
  index: number,
  state: 'failed' | 'in-flight' = 'failed',
): LayoutRow['shows'] {
  return {
    state,
    trouble: state === 'failed' ? 'dead-lettered' : null,
    messageId: uuid(1000 + id),
    type: 'com.shop.OrderPaid',
    destination: { handler: GROUP },
    chain: { key: sequence, sequence: String(index) },
    lastError: 'The projection is read-only',
  }
}

export const axonDeadLetters: Layout = {
  name: 'axon-dead-letters',
  engine: 'postgres',
  tables: ['dead_letter_entry'],
  key: ['dead_letter_id'],
  schema: `create table dead_letter_entry (
    dead_letter_id varchar(255) not null, cause_message varchar(1023), cause_type varchar(255), diagnostics oid,
    enqueued_at timestamp(6) with time zone not null, last_touched timestamp(6) with time zone,
    aggregate_identifier varchar(255), event_identifier varchar(255) not null, message_type varchar(255) not null,
    meta_data oid, payload oid not null, payload_revision varchar(255), payload_type varchar(255) not null,
    sequence_number bigint, time_stamp varchar(255) not null, token oid, token_type varchar(255), type varchar(255),
    processing_group varchar(255) not null, processing_started timestamp(6) with time zone,
    sequence_identifier varchar(255) not null, sequence_index bigint not null, primary key (dead_letter_id),
    unique (processing_group, sequence_identifier, sequence_index));
    create index on dead_letter_entry (processing_group);
    create index on dead_letter_entry (processing_group, sequence_identifier)`,
  rows: [
    {
      is: 'head of its sequence',
      cells: cells(1, 'order-7', 0),
      shows: shows(1, 'order-7', 0),
      relayed: true,
      retry: 'own-tool',
      resolve: 'gone',
      unblocks: ['waits behind that head'],
    },
    {
      is: 'waits behind that head',
      cells: cells(2, 'order-7', 1),
      shows: shows(2, 'order-7', 1),
      relayed: false,
      retry: 'own-tool',
      resolve: 'own-tool',
    },
    {
      is: 'in the hands of a process',
      cells: cells(3, 'order-8', 0, { processing_started: at(-5), last_touched: at(-5) }),
      shows: shows(3, 'order-8', 0, 'in-flight'),
      relayed: false,
      retry: 'live-lease',
      resolve: 'live-lease',
    },
    {
      is: 'claimed by a process that is gone',
      cells: cells(4, 'order-9', 3, { processing_started: at(-10 * MINUTE_SEC) }),
      shows: shows(4, 'order-9', 3),
      relayed: true,
      retry: 'own-tool',
      resolve: 'gone',
    },
  ],
  relay: {
    model: 'own-tool',
    // What `process` of the dead letter processor finds once the application calls it.
    picks: [
      `select d.dead_letter_id from dead_letter_entry d where d.processing_group = '${GROUP}'
         and d.sequence_index = (select min(o.sequence_index) from dead_letter_entry o
           where o.processing_group = d.processing_group and o.sequence_identifier = d.sequence_identifier)
         and (d.processing_started is null or d.processing_started < now() - interval '30 seconds')
       order by d.last_touched asc`,
    ],
  },
  resolve: { safe: 'delete from dead_letter_entry where @row', changes: [] },
  untouchable: ['dead_letter_id', 'sequence_index', 'sequence_identifier', 'processing_group', 'payload'],
  refuses: {
    retry: 'only the application can process a dead letter; a statement cannot',
    resend: 'the destination is a projection in the application, not a place in a broker',
  },
}

export const axonEventStore: Layout = {
  name: 'axon-event-store',
  engine: 'postgres',
  tables: ['domain_event_entry'],
  key: ['global_index'],
  schema: `create table domain_event_entry (
    global_index bigint not null, event_identifier varchar(255) not null unique, meta_data oid, payload oid not null,
    payload_revision varchar(255), payload_type varchar(255) not null, time_stamp varchar(255) not null,
    aggregate_identifier varchar(255) not null, sequence_number bigint not null, type varchar(255),
    primary key (global_index), unique (aggregate_identifier, sequence_number));
    create table token_entry (
      processor_name varchar(255) not null, segment integer not null, owner varchar(255),
      timestamp varchar(255) not null, token oid, token_type varchar(255), primary key (processor_name, segment))`,
  rows: [1, 2].map((index) => ({
    is: `event ${index}`,
    cells: {
      global_index: index,
      event_identifier: uuid(index),
      payload: largeObject(`{"event":${index}}`),
      payload_type: 'com.shop.OrderPaid',
      time_stamp: iso(-HOUR_SEC),
      aggregate_identifier: 'order-7',
      sequence_number: index - 1,
      type: 'Order',
    },
    shows: {
      state: 'unknown',
      trouble: null,
      messageId: uuid(index),
      type: 'com.shop.OrderPaid',
      chain: { key: 'order-7', sequence: String(index - 1) },
    },
    relayed: false,
    retry: 'event-store',
    resolve: 'event-store',
  })),
  relay: { model: 'none', picks: [] },
  untouchable: ['*'],
  refuses: {
    resend: 'the rows are the history of the aggregates, not messages that wait',
    retry: 'the rows are the history of the aggregates',
    resolve: 'the rows are the history of the aggregates',
    edit: 'the rows are the history of the aggregates',
  },
}
