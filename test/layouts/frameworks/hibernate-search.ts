import { at, bytes, HOUR_SEC, MINUTE_SEC, uuid } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

function cells(id: number, status: string, retries: number, afterSec: number): Cells {
  return {
    id: uuid(id),
    entityname: 'Book',
    entityid: String(id),
    entityidhash: id * 7919,
    payload: bytes(`\u0002avro ${id}`),
    retries,
    processafter: at(afterSec),
    status,
  }
}

function shows(
  id: number,
  attempts: number,
  state: 'pending' | 'retrying' | 'failed' | 'scheduled',
  trouble: LayoutRow['shows']['trouble'],
): LayoutRow['shows'] {
  return {
    state,
    trouble,
    messageId: uuid(id),
    type: 'Book',
    destination: { handler: 'Book' },
    chain: { key: String(id * 7919) },
    attempts,
  }
}

/** The entity names the columns in camel case without quotes: PostgreSQL folds them. */
export const hibernateSearch: Layout = {
  name: 'hibernate-search',
  engine: 'postgres',
  tables: ['hsearch_outbox_event'],
  key: ['id'],
  schema: `
    create table HSEARCH_OUTBOX_EVENT (
      id uuid not null, entityName varchar(256) not null, entityId varchar(256) not null,
      entityIdHash integer not null, payload bytea not null, retries integer not null,
      processAfter timestamp(6) with time zone, status varchar(255) not null
        check (status in ('PENDING', 'ABORTED')), primary key (id));
    create index entityIdHash on HSEARCH_OUTBOX_EVENT (entityIdHash);
    create index status on HSEARCH_OUTBOX_EVENT (status);
    create index processAfter on HSEARCH_OUTBOX_EVENT (processAfter);
    create table HSEARCH_AGENT (
      id uuid not null, type varchar(255) not null, name varchar(255) not null,
      expiration timestamp(6) with time zone not null, state varchar(255) not null, totalShardCount integer,
      assignedShardIndex integer, payload bytea, primary key (id))`,
  rows: [
    {
      is: 'waiting',
      cells: cells(1, 'PENDING', 0, -MINUTE_SEC),
      shows: shows(1, 0, 'pending', null),
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    },
    {
      is: 'waiting for hours: no agent',
      cells: cells(2, 'PENDING', 0, -3 * HOUR_SEC),
      shows: shows(2, 0, 'pending', 'stuck'),
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    },
    {
      is: 'failed once, next attempt in a minute',
      cells: cells(3, 'PENDING', 1, MINUTE_SEC),
      shows: shows(3, 1, 'retrying', null),
      relayed: false,
      retry: 'waiting',
      resolve: 'gone',
    },
    {
      is: 'aborted after the third failure, which is not counted',
      cells: cells(4, 'ABORTED', 2, -HOUR_SEC),
      shows: shows(4, 2, 'failed', 'failed'),
      relayed: false,
      retry: 'relayed',
      resolve: 'gone',
    },
  ],
  relay: {
    model: 'poller',
    picks: [
      `select id from hsearch_outbox_event where status = 'PENDING'
         and (processafter is null or processafter < now()) order by processafter limit 50`,
    ],
  },
  retry: {
    safe: `update hsearch_outbox_event set status = 'PENDING', retries = 0, processafter = now() where @row`,
    changes: ['status', 'retries', 'processafter'],
    careless: {
      statement: 'update hsearch_outbox_event set retries = 0 where @row',
      comesTo: 'never-relayed',
    },
  },
  resolve: { safe: 'delete from hsearch_outbox_event where @row', changes: [] },
  untouchable: ['id', 'entityname', 'entityid', 'entityidhash', 'payload'],
  refuses: {
    resend: 'the destination is the index of an entity, not a place in a broker',
    edit: 'the payload is Avro',
  },
}
