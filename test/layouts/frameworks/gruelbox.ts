import { at, DAY_SEC, HOUR_SEC, json, MINUTE_SEC, uuid } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

const invocation = json({ c: 'com.shop.Billing', m: 'charge', p: ['String'], a: [{ t: 'String', v: '42' }] })

function cells(id: number, attempts: number, nextSec: number, more: Cells = {}): Cells {
  return {
    id: uuid(id),
    invocation,
    lastAttemptTime: attempts === 0 ? null : at(nextSec - 2 * MINUTE_SEC),
    nextAttemptTime: at(nextSec),
    attempts,
    blocked: false,
    version: attempts,
    uniqueRequestId: null,
    processed: false,
    topic: '*',
    seq: null,
    ...more,
  }
}

function shows(id: number, attempts: number, rest: Pick<LayoutRow['shows'], 'state' | 'trouble' | 'chain'>) {
  return { messageId: uuid(id), attempts, destination: { handler: 'com.shop.Billing.charge' }, ...rest }
}

const ordered = (id: number, seq: number, attempts: number, nextSec: number, more: Cells = {}): Cells =>
  cells(id, attempts, nextSec, { topic: 'order-7', seq, ...more })
const chain = (sequence: string) => ({ key: 'order-7', sequence })

const rows: readonly LayoutRow[] = [
  {
    is: 'new, first attempt in two minutes',
    cells: cells(1, 0, 2 * MINUTE_SEC),
    shows: shows(1, 0, { state: 'scheduled', trouble: null }),
    relayed: false,
    retry: 'waiting',
    resolve: 'purgeable',
  },
  {
    is: 'due now',
    cells: cells(2, 0, -MINUTE_SEC),
    shows: shows(2, 0, { state: 'pending', trouble: null }),
    relayed: true,
    retry: 'waiting',
    resolve: 'purgeable',
  },
  {
    is: 'due for hours: nobody flushes',
    cells: cells(3, 2, -3 * HOUR_SEC),
    shows: shows(3, 2, { state: 'retrying', trouble: 'stuck' }),
    relayed: true,
    retry: 'waiting',
    resolve: 'purgeable',
  },
  {
    is: 'blocked after five attempts',
    cells: cells(4, 5, -HOUR_SEC, { blocked: true }),
    shows: shows(4, 5, { state: 'failed', trouble: 'failed' }),
    relayed: false,
    retry: 'relayed',
    resolve: 'purgeable',
  },
  {
    is: 'sent, kept because it has a request id',
    cells: cells(5, 1, 7 * DAY_SEC, { processed: true, uniqueRequestId: 'request-5' }),
    shows: shows(5, 1, { state: 'sent', trouble: null }),
    relayed: false,
    retry: 'finished',
    resolve: 'finished',
  },
  {
    is: 'head of its topic, poisoned: ordered rows are never blocked',
    cells: ordered(6, 1, 40, -HOUR_SEC),
    shows: shows(6, 40, { state: 'retrying', trouble: 'failed', chain: chain('1') }),
    relayed: true,
    retry: 'waiting',
    resolve: 'purgeable',
    unblocks: ['behind the head of its topic'],
  },
  {
    is: 'behind the head of its topic',
    cells: ordered(7, 2, 0, -HOUR_SEC),
    shows: shows(7, 0, { state: 'pending', trouble: 'stuck', chain: chain('2') }),
    relayed: false,
    retry: 'waiting',
    resolve: 'purgeable',
  },
]

const shared = {
  tables: ['txno_outbox'],
  rows,
  untouchable: ['id', 'invocation', 'topic', 'seq', 'uniqueRequestId'],
  refuses: { resend: 'the destination is a Java method, not a place in a broker' },
} as const

export const gruelbox: Layout = {
  ...shared,
  name: 'gruelbox',
  engine: 'postgres',
  key: ['id'],
  rows: rows.map((row) => ({ ...row, cells: folded(row.cells) })),
  untouchable: shared.untouchable.map((column) => column.toLowerCase()),
  schema: `
    create table TXNO_VERSION (id int default 0, version int, primary key (id));
    create table TXNO_OUTBOX (
      id varchar(36) primary key, invocation text, nextAttemptTime timestamp(6), attempts int, blocked boolean,
      version int, uniqueRequestId varchar(250) null unique, processed boolean, lastAttemptTime timestamp(6),
      topic varchar(250) not null default '*', seq bigint null);
    create index IX_TXNO_OUTBOX_1 on TXNO_OUTBOX (processed, blocked, nextAttemptTime);
    create table TXNO_SEQUENCE (topic varchar(250) not null, seq bigint not null, primary key (topic, seq));
    create index IX_TXNO_OUTBOX_2 on TXNO_OUTBOX (topic, processed, seq);
    set time zone 'UTC'`,
  relay: {
    model: 'poller',
    picks: [
      `select id from txno_outbox where nextattempttime < now() at time zone 'UTC' and blocked = false
         and processed = false and topic = '*' limit 4096 for update skip locked`,
      `with raw as (select id, nextattempttime, row_number() over (partition by topic order by seq) as rn
           from txno_outbox where processed = false and topic <> '*')
       select id from raw where rn = 1 and nextattempttime < now() at time zone 'UTC' limit 4096`,
    ],
  },
  retry: {
    safe: `update txno_outbox set attempts = 0, blocked = false, version = version + 1 where @row`,
    changes: ['attempts', 'blocked', 'version'],
    careless: { statement: `update txno_outbox set attempts = 0 where @row`, comesTo: 'never-relayed' },
  },
  resolve: {
    safe: `update txno_outbox set processed = true, blocked = false, version = version + 1,
             nextattempttime = (now() at time zone 'UTC') + interval '7 days' where @row`,
    changes: ['processed', 'blocked', 'nextattempttime', 'version'],
    careless: {
      statement: `update txno_outbox set processed = true, blocked = true where @row`,
      comesTo: 'not-purged',
    },
  },
  purge: `select id from txno_outbox where nextattempttime < (now() at time zone 'UTC') + interval '60 days'
    and processed = true and blocked = false`,
}

function folded(cells: Cells): Cells {
  return Object.fromEntries(Object.entries(cells).map(([column, cell]) => [column.toLowerCase(), cell]))
}

/** `blocked` is a varchar here: the framework's sixth migration makes it one. */
export const gruelboxMysql: Layout = {
  ...shared,
  name: 'gruelbox-mysql',
  engine: 'mariadb',
  tables: ['TXNO_OUTBOX'],
  key: ['id'],
  rows: rows.map((row) => ({ ...row, cells: { ...row.cells, blocked: row.cells['blocked'] ? '1' : '0' } })),
  schema: `
    create table TXNO_VERSION (id int default 0, version int, primary key (id));
    create table TXNO_OUTBOX (
      id varchar(36) primary key, invocation mediumtext, lastAttemptTime timestamp(6) null,
      nextAttemptTime timestamp(6) null, attempts int, blocked varchar(250), version int,
      uniqueRequestId varchar(250) null unique, processed boolean, topic varchar(250) not null default '*',
      seq bigint null);
    create index IX_TXNO_OUTBOX_1 on TXNO_OUTBOX (processed, blocked, nextAttemptTime);
    create table TXNO_SEQUENCE (topic varchar(250) not null, seq bigint not null, primary key (topic, seq));
    create index IX_TXNO_OUTBOX_2 on TXNO_OUTBOX (topic, processed, seq)`,
  relay: {
    model: 'poller',
    picks: [
      `select id from TXNO_OUTBOX where nextAttemptTime < current_timestamp(6) and blocked = false
         and processed = false and topic = '*' limit 4096 for update skip locked`,
      `with raw as (select id, nextAttemptTime, row_number() over (partition by topic order by seq) as rn
           from TXNO_OUTBOX where processed = false and topic <> '*')
       select id from raw where rn = 1 and nextAttemptTime < current_timestamp(6) limit 4096`,
    ],
  },
  retry: {
    safe: `update TXNO_OUTBOX set attempts = 0, blocked = '0', version = version + 1 where @row`,
    changes: ['attempts', 'blocked', 'version'],
    careless: { statement: `update TXNO_OUTBOX set attempts = 0 where @row`, comesTo: 'never-relayed' },
  },
  resolve: {
    safe: `update TXNO_OUTBOX set processed = true, blocked = '0', version = version + 1,
             nextAttemptTime = current_timestamp(6) + interval 7 day where @row`,
    changes: ['processed', 'blocked', 'nextAttemptTime', 'version'],
    careless: {
      statement: `update TXNO_OUTBOX set processed = true, blocked = '1' where @row`,
      comesTo: 'not-purged',
    },
  },
  purge: `select id from TXNO_OUTBOX where nextAttemptTime < current_timestamp(6) + interval 60 day
    and processed = true and blocked = false`,
}
