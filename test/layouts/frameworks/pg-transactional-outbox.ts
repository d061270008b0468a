import { at, DAY_SEC, HOUR_SEC, json, MINUTE_SEC, uuid } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

const POISONOUS_AFTER = 3

function cells(id: number, segment: string | null, createdSec: number, more: Cells = {}): Cells {
  return {
    id: uuid(id),
    aggregate_type: 'order',
    aggregate_id: segment,
    message_type: 'order_paid',
    segment,
    payload: json({ order: segment }),
    metadata: json({ routingKey: 'order.paid' }),
    created_at: at(createdSec),
    ...more,
  }
}

function shows(
  id: number,
  segment: string,
  rest: Pick<LayoutRow['shows'], 'state' | 'trouble' | 'attempts' | 'evidence'>,
): LayoutRow['shows'] {
  return {
    messageId: uuid(id),
    type: 'order_paid',
    destination: { topic: 'order' },
    chain: { key: segment },
    ...rest,
  }
}

const abandoned = {
  abandoned_at: at(-HOUR_SEC),
  started_attempts: 5,
  finished_attempts: 5,
  locked_until: at(-HOUR_SEC),
} as const

function table(name: string): string {
  return `create table public.${name} (
      id uuid primary key, aggregate_type text not null, aggregate_id text not null, message_type text not null,
      segment text, concurrency text not null default 'sequential', payload jsonb not null, metadata jsonb,
      locked_until timestamptz not null default to_timestamp(0),
      created_at timestamptz not null default clock_timestamp(), processed_at timestamptz, abandoned_at timestamptz,
      started_attempts smallint not null default 0, finished_attempts smallint not null default 0);
    alter table public.${name} add constraint ${name}_concurrency_check
      check (concurrency in ('sequential', 'parallel'));`
}

function indexes(name: string): string {
  return ['segment', 'created_at', 'processed_at', 'abandoned_at', 'locked_until']
    .map((column) => `create index ${name}_${column}_idx on public.${name} (${column});`)
    .join('\n')
}

/** Claims the oldest open row of each segment, unless it is locked, and then the parallel ones. */
const nextMessages = `
  create function public.next_outbox_messages(max_size integer, lock_ms integer) returns setof public.outbox
  language plpgsql as $$
  declare one record; taken uuid[] := '{}';
  begin
    for one in select m.id from public.outbox m where m.id in (
        select distinct on (segment) id from public.outbox
        where processed_at is null and abandoned_at is null order by segment, created_at)
      and m.locked_until <= now() order by m.created_at
    loop
      exit when cardinality(taken) >= max_size;
      perform 1 from public.outbox where id = one.id for no key update skip locked;
      if found then taken := taken || one.id; end if;
    end loop;
    for one in select m.id from public.outbox m where m.concurrency = 'parallel' and m.processed_at is null
      and m.abandoned_at is null and m.locked_until < now() and m.id <> all (taken) order by m.created_at
    loop
      exit when cardinality(taken) >= max_size;
      perform 1 from public.outbox where id = one.id for no key update skip locked;
      if found then taken := taken || one.id; end if;
    end loop;
    return query update public.outbox set started_attempts = started_attempts + 1,
      locked_until = clock_timestamp() + (lock_ms || ' milliseconds')::interval
      where id in (select unnest(taken)) returning *;
  end $$;`

const received = {
  table: 'public.inbox',
  cells: { ...cells(2, 'order-2', -2 * HOUR_SEC), processed_at: at(-2 * HOUR_SEC) },
}

const shared = {
  engine: 'postgres',
  tables: ['public.outbox'],
  key: ['id'],
  companions: [received],
  evidence: {
    table: 'public.inbox',
    consumed: 'select id::text as id from public.inbox where processed_at is not null',
    retentionSec: 7 * DAY_SEC,
  },
} as const

export const pgTransactionalOutbox: Layout = {
  ...shared,
  name: 'pg-transactional-outbox',
  schema: `${table('outbox')} ${table('inbox')} ${indexes('outbox')} ${indexes('inbox')} ${nextMessages}`,
  rows: [
    {
      is: 'waiting',
      cells: cells(1, 'order-1', -MINUTE_SEC),
      shows: shows(1, 'order-1', { state: 'pending', trouble: null, attempts: 0, evidence: 'not-seen' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'sent',
      cells: cells(2, 'order-2', -2 * HOUR_SEC, {
        processed_at: at(-2 * HOUR_SEC + 1),
        started_attempts: 1,
        finished_attempts: 1,
      }),
      shows: shows(2, 'order-2', { state: 'sent', trouble: null, attempts: 1, evidence: 'consumed' }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
    {
      is: 'locked by a listener',
      cells: cells(3, 'order-3', -MINUTE_SEC, { locked_until: at(5), started_attempts: 1 }),
      shows: shows(3, 'order-3', { state: 'in-flight', trouble: null, attempts: 1, evidence: 'not-seen' }),
      relayed: false,
      retry: 'live-lease',
      resolve: 'live-lease',
    },
    {
      is: 'failed twice, and goes on',
      cells: cells(4, 'order-4', -20 * MINUTE_SEC, {
        locked_until: at(-MINUTE_SEC),
        started_attempts: 2,
        finished_attempts: 2,
      }),
      shows: shows(4, 'order-4', { state: 'retrying', trouble: null, attempts: 2, evidence: 'not-seen' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'abandoned after five attempts',
      cells: cells(5, 'order-5', -2 * HOUR_SEC, abandoned),
      shows: shows(5, 'order-5', { state: 'failed', trouble: 'failed', attempts: 5, evidence: 'not-seen' }),
      relayed: false,
      retry: 'relayed',
      resolve: 'purgeable',
    },
    {
      is: 'abandoned as poisonous: it started and never finished',
      cells: cells(6, 'order-6', -2 * HOUR_SEC, { ...abandoned, started_attempts: 4, finished_attempts: 0 }),
      shows: shows(6, 'order-6', { state: 'failed', trouble: 'failed', attempts: 4, evidence: 'not-seen' }),
      relayed: false,
      retry: 'relayed',
      resolve: 'purgeable',
    },
    {
      is: 'behind an older one of its segment',
      cells: cells(7, 'order-1', -30),
      shows: shows(7, 'order-1', { state: 'pending', trouble: null, attempts: 0, evidence: 'not-seen' }),
      relayed: false,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'parallel: its segment does not hold it',
      cells: cells(8, 'order-1', -20, { concurrency: 'parallel' }),
      shows: shows(8, 'order-1', { state: 'pending', trouble: null, attempts: 0, evidence: 'not-seen' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
  ],
  relay: {
    model: 'poller',
    // The poison check of the listener's code comes right after its query.
    picks: [
      `select id from public.next_outbox_messages(1000, 5000)
       where started_attempts - finished_attempts <= ${POISONOUS_AFTER}`,
    ],
  },
  retry: {
    safe: `update public.outbox set abandoned_at = null, started_attempts = 0, finished_attempts = 0,
             locked_until = to_timestamp(0) where @row`,
    changes: ['abandoned_at', 'started_attempts', 'finished_attempts', 'locked_until'],
    careless: {
      statement: `update public.outbox set finished_attempts = 0, locked_until = to_timestamp(0) where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: { safe: 'update public.outbox set processed_at = now() where @row', changes: ['processed_at'] },
  purge: `select id from public.outbox where processed_at < now() + interval '53 days'
    or abandoned_at < now() + interval '46 days' or created_at < now()`,
  untouchable: ['id', 'segment', 'created_at', 'payload', 'metadata', 'aggregate_id'],
  refuses: {},
}

/** The same table without indexes, read by logical replication of inserts. */
export const pgTransactionalOutboxReplication: Layout = {
  ...shared,
  name: 'pg-transactional-outbox-replication',
  schema: `${table('outbox')} ${table('inbox')}
    create publication pg_transactional_outbox_pub for table public.outbox with (publish = 'insert')`,
  rows: [
    {
      is: 'inserted, captured or not',
      cells: cells(1, 'order-1', -HOUR_SEC),
      shows: shows(1, 'order-1', { state: 'pending', trouble: 'stuck', attempts: 0, evidence: 'not-seen' }),
      relayed: false,
      retry: 'copied',
      resolve: 'purgeable',
    },
    {
      is: 'sent',
      cells: cells(2, 'order-2', -HOUR_SEC, { processed_at: at(-HOUR_SEC + 1) }),
      shows: shows(2, 'order-2', { state: 'sent', trouble: null, attempts: 0, evidence: 'consumed' }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
    {
      is: 'abandoned',
      cells: cells(3, 'order-3', -2 * HOUR_SEC, abandoned),
      shows: shows(3, 'order-3', { state: 'failed', trouble: 'failed', attempts: 5, evidence: 'not-seen' }),
      relayed: false,
      retry: 'copied',
      resolve: 'purgeable',
    },
  ],
  relay: { model: 'change-capture', picks: [] },
  resolve: { safe: 'update public.outbox set processed_at = now() where @row', changes: ['processed_at'] },
  purge: `select id from public.outbox where processed_at < now() + interval '53 days'
    or abandoned_at < now() + interval '46 days' or created_at < now()`,
  copy: `insert into public.outbox (id, aggregate_type, aggregate_id, message_type, segment, concurrency, payload, metadata)
    select gen_random_uuid(), aggregate_type, aggregate_id, message_type, segment, concurrency, payload, metadata
    from public.outbox where @row`,
  untouchable: ['id', 'segment', 'created_at', 'payload', 'metadata', 'aggregate_id'],
  refuses: {},
}
