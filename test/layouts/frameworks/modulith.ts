import { at, DAY_SEC, HOUR_SEC, MINUTE_SEC, uuid } from '../layout.ts'
import type { Action, Cells, Layout, LayoutRow } from '../layout.ts'

const LISTENER = 'com.shop.Mailer.on(com.shop.OrderPaid)'

function v1Cells(id: number, publishedSec: number, completedSec: number | null): Cells {
  return {
    id: uuid(id),
    listener_id: LISTENER,
    event_type: 'com.shop.OrderPaid',
    serialized_event: `{"order":${id}}`,
    publication_date: at(publishedSec),
    completion_date: completedSec === null ? null : at(completedSec),
  }
}

function v2Cells(id: number, status: string | null, publishedSec: number, more: Cells = {}): Cells {
  return {
    ...v1Cells(id, publishedSec, null),
    status,
    completion_attempts: status === null ? null : 1,
    last_resubmission_date: status === null ? null : at(publishedSec),
    ...more,
  }
}

function shows(id: number, rest: Pick<LayoutRow['shows'], 'state' | 'trouble'> & { attempts?: number }) {
  return { messageId: uuid(id), type: 'com.shop.OrderPaid', destination: { handler: LISTENER }, ...rest }
}

function tables(columns: string): string {
  const table = (name: string) => `create table ${name} (
    id uuid not null, listener_id text not null, event_type text not null, serialized_event text not null,
    publication_date timestamp with time zone not null, completion_date timestamp with time zone, ${columns}
    primary key (id));
    create index ${name}_serialized_event_hash_idx on ${name} using hash (serialized_event);
    create index ${name}_by_completion_date_idx on ${name} (completion_date);`
  return `${table('event_publication')} ${table('event_publication_archive')}`
}

const shared = {
  engine: 'postgres',
  tables: ['event_publication', 'event_publication_archive'],
  key: ['id'],
  untouchable: ['id', 'listener_id', 'event_type', 'serialized_event', 'publication_date'],
  refuses: {
    resend: 'the destination is a listener in the application, not a place in a broker',
    edit: 'the completion finds its row by the text of serialized_event',
  },
} as const

export const modulithV1: Layout = {
  ...shared,
  name: 'spring-modulith-v1',
  schema: tables(''),
  refuses: { ...shared.refuses, retry: 'an open row is found as it stands once the application asks' },
  rows: [
    {
      is: 'published a moment ago, the listener runs',
      cells: v1Cells(1, -5, null),
      shows: shows(1, { state: 'pending', trouble: null }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'never completed',
      cells: v1Cells(2, -2 * DAY_SEC, null),
      shows: shows(2, { state: 'pending', trouble: 'stuck' }),
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'completed',
      cells: v1Cells(3, -HOUR_SEC, -HOUR_SEC + 1),
      shows: shows(3, { state: 'sent', trouble: null }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
    {
      is: 'completed and archived',
      table: 'event_publication_archive',
      cells: v1Cells(4, -DAY_SEC, -DAY_SEC + 1),
      shows: shows(4, { state: 'sent', trouble: null }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
  ],
  relay: {
    model: 'in-process',
    picks: [`select id from event_publication where completion_date is null order by publication_date asc`],
  },
  resolve: {
    safe: `update event_publication set completion_date = now() where @row`,
    changes: ['completion_date'],
  },
  purge: `select id from event_publication where completion_date < now() + interval '60 days'
    union all select id from event_publication_archive where completion_date < now() + interval '60 days'`,
}

export const modulithV2: Layout = {
  ...shared,
  name: 'spring-modulith-v2',
  schema: tables('status text, completion_attempts int, last_resubmission_date timestamp with time zone,'),
  rows: [
    {
      is: 'published a moment ago',
      cells: v2Cells(1, 'PUBLISHED', -5),
      shows: shows(1, { state: 'pending', trouble: null, attempts: 0 }),
      relayed: false,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'in its listener for a day: the process died',
      cells: v2Cells(2, 'PROCESSING', -DAY_SEC),
      shows: shows(2, { state: 'in-flight', trouble: 'stuck', attempts: 0 }),
      relayed: false,
      retry: 'relayed',
      resolve: 'purgeable',
    },
    {
      is: 'failed',
      cells: v2Cells(3, 'FAILED', -HOUR_SEC, { completion_attempts: 3 }),
      shows: shows(3, { state: 'failed', trouble: 'failed', attempts: 2 }),
      relayed: true,
      retry: 'relayed',
      resolve: 'purgeable',
    },
    {
      is: 'failed although it has a completion date: the purge of the completed takes it',
      cells: v2Cells(4, 'FAILED', -HOUR_SEC, { completion_date: at(-MINUTE_SEC) }),
      shows: shows(4, { state: 'failed', trouble: 'failed', attempts: 0 }),
      relayed: true,
      retry: 'relayed',
      resolve: 'purgeable',
    },
    {
      is: 'handed to the listener again a moment ago',
      cells: v2Cells(5, 'RESUBMITTED', -HOUR_SEC, { completion_attempts: 2, last_resubmission_date: at(-5) }),
      shows: shows(5, { state: 'in-flight', trouble: null, attempts: 1 }),
      relayed: false,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'completed',
      cells: v2Cells(6, 'COMPLETED', -HOUR_SEC, { completion_date: at(-HOUR_SEC + 1) }),
      shows: shows(6, { state: 'sent', trouble: null, attempts: 0 }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
    {
      is: 'from before the migration, never completed: no status, which no resubmission matches',
      cells: v2Cells(7, null, -30 * DAY_SEC),
      shows: shows(7, { state: 'in-flight', trouble: 'stuck', attempts: 0 }),
      relayed: false,
      retry: 'relayed',
      resolve: 'purgeable',
    },
    {
      is: 'from before the migration, completed',
      cells: v2Cells(8, null, -30 * DAY_SEC, { completion_date: at(-29 * DAY_SEC) }),
      shows: shows(8, { state: 'sent', trouble: null, attempts: 0 }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
    {
      is: 'completed and archived',
      table: 'event_publication_archive',
      cells: v2Cells(9, 'COMPLETED', -DAY_SEC, { completion_date: at(-DAY_SEC + 1) }),
      shows: shows(9, { state: 'sent', trouble: null, attempts: 0 }),
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
  ],
  relay: {
    model: 'in-process',
    // What the application's resubmission of failed publications finds and then claims.
    picks: [
      `update event_publication set status = 'RESUBMITTED', completion_attempts = completion_attempts + 1,
         last_resubmission_date = now()
       where status <> 'RESUBMITTED' and id in (
         select id from event_publication where status = 'FAILED' order by publication_date asc)
       returning id`,
    ],
  },
  retry: {
    safe: `update event_publication set status = 'FAILED', completion_date = null where @row`,
    changes: ['status', 'completion_date'],
    careless: {
      statement: `update event_publication set completion_date = null where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: {
    safe: `update event_publication set status = 'COMPLETED', completion_date = now() where @row`,
    changes: ['status', 'completion_date'],
    careless: {
      statement: `update event_publication set status = 'COMPLETED', completion_date = null where @row`,
      comesTo: 'not-purged',
    },
  },
  purge: `select id from event_publication where completion_date < now() + interval '60 days'
    union all select id from event_publication_archive where completion_date < now() + interval '60 days'`,
}

/** On MySQL and MariaDB all names are in upper case: of tables it matters, of columns to the catalogue only. */
function onMysql(layout: Layout, columns: string): Layout {
  const [table, archive] = ['EVENT_PUBLICATION', 'EVENT_PUBLICATION_ARCHIVE']
  const create = (name: string): string => `create table ${name} (
    ID varchar(36) not null, LISTENER_ID varchar(512) not null, EVENT_TYPE varchar(512) not null,
    SERIALIZED_EVENT varchar(4000) not null, PUBLICATION_DATE timestamp(6) not null,
    COMPLETION_DATE timestamp(6) null default null, ${columns} primary key (ID),
    index ${name}_BY_COMPLETION_DATE_IDX (COMPLETION_DATE));`
  const upper = (name: string): string => name.toUpperCase()
  const named = (statement: string): string =>
    statement.replace(/event_publication(_archive)?/g, upper).replaceAll('select id', 'select ID')
  const action = (of: Action): Action => ({
    ...of,
    safe: named(of.safe),
    changes: of.changes.map(upper),
    ...(of.careless === undefined
      ? {}
      : { careless: { ...of.careless, statement: named(of.careless.statement) } }),
  })
  return {
    ...layout,
    name: `${layout.name}-mysql`,
    profile: layout.name,
    engine: 'mariadb',
    spelled: upper,
    tables: [table, archive],
    key: ['ID'],
    untouchable: layout.untouchable.map(upper),
    schema: `${create(table)} ${create(archive)}`,
    rows: layout.rows.map((row) => ({
      ...row,
      ...(row.table === undefined ? {} : { table: archive }),
      cells: Object.fromEntries(Object.entries(row.cells).map(([name, cell]) => [upper(name), cell])),
    })),
    ...(layout.retry === undefined ? {} : { retry: action(layout.retry) }),
    ...(layout.resolve === undefined ? {} : { resolve: action(layout.resolve) }),
    purge: named(layout.purge ?? '').replaceAll(`interval '60 days'`, 'interval 60 day'),
  }
}

const v1OnMysql = onMysql(modulithV1, '')
export const modulithV1Mysql: Layout = {
  ...v1OnMysql,
  relay: {
    model: 'in-process',
    picks: [`select ID from EVENT_PUBLICATION where COMPLETION_DATE is null order by PUBLICATION_DATE asc`],
  },
}

const v2OnMysql = onMysql(
  modulithV2,
  'STATUS varchar(20), COMPLETION_ATTEMPTS int, LAST_RESUBMISSION_DATE timestamp(6) null default null,',
)
export const modulithV2Mysql: Layout = {
  ...v2OnMysql,
  relay: {
    model: 'in-process',
    // The server does not answer an UPDATE with rows: what the application's claim would match.
    picks: [`select ID from EVENT_PUBLICATION where STATUS <> 'RESUBMITTED' and STATUS = 'FAILED'`],
  },
}
