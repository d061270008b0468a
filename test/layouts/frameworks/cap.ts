import { APP_ZONE, DAY_SEC, HOUR_SEC, json, local, MINUTE_SEC } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

const RETRIES_MAX = 50

function content(id: number): string {
  const headers = { 'cap-msg-id': String(id), 'cap-msg-name': 'order.paid', 'cap-msg-type': 'OrderPaid' }
  return json({ Headers: headers, Value: { order: id } })
}

function cells(id: number, status: string, addedSec: number, more: Cells = {}): Cells {
  return {
    Id: id,
    Version: 'v1',
    Name: 'order.paid',
    Content: content(id),
    Retries: 0,
    Added: local(addedSec),
    ExpiresAt: null,
    StatusName: status,
    ...more,
  }
}

function shows(
  id: number,
  rest: Pick<LayoutRow['shows'], 'state' | 'trouble'> & Partial<LayoutRow['shows']>,
) {
  const known = { type: 'OrderPaid', destination: { topic: 'order.paid' }, attempts: 0 }
  return { messageId: String(id), evidence: 'not-seen', ...known, ...rest } as const
}

const rows: readonly LayoutRow[] = [
  {
    is: 'too young for the relay, which waits four minutes',
    cells: cells(1001, 'Scheduled', -MINUTE_SEC),
    shows: shows(1001, { state: 'pending', trouble: null }),
    relayed: false,
    retry: 'waiting',
    resolve: 'purgeable',
  },
  {
    is: 'overlooked for two hours',
    cells: cells(1002, 'Scheduled', -2 * HOUR_SEC),
    shows: shows(1002, { state: 'pending', trouble: 'stuck', evidence: 'consumed' }),
    relayed: true,
    retry: 'waiting',
    resolve: 'purgeable',
  },
  {
    is: 'failed, and will be tried again',
    cells: cells(1003, 'Failed', -8 * MINUTE_SEC, { Retries: 3, ExpiresAt: local(15 * DAY_SEC) }),
    shows: shows(1003, { state: 'retrying', trouble: null, attempts: 3 }),
    relayed: true,
    retry: 'waiting',
    resolve: 'purgeable',
  },
  {
    is: 'failed three times, and nobody has tried again for hours',
    cells: cells(1010, 'Failed', -3 * HOUR_SEC, { Retries: 3, ExpiresAt: local(15 * DAY_SEC) }),
    shows: shows(1010, { state: 'retrying', trouble: 'stuck', attempts: 3 }),
    relayed: true,
    retry: 'waiting',
    resolve: 'purgeable',
  },
  {
    is: 'given up, and its purge time is over',
    cells: cells(1004, 'Failed', -20 * DAY_SEC, { Retries: RETRIES_MAX, ExpiresAt: local(-5 * DAY_SEC) }),
    shows: shows(1004, { state: 'failed', trouble: 'failed', attempts: RETRIES_MAX, evidence: 'unknown' }),
    relayed: false,
    retry: 'relayed',
    resolve: 'purgeable',
  },
  {
    is: 'sent',
    cells: cells(1005, 'Succeeded', -HOUR_SEC, { ExpiresAt: local(23 * HOUR_SEC) }),
    shows: shows(1005, { state: 'sent', trouble: null }),
    relayed: false,
    retry: 'finished',
    resolve: 'finished',
  },
  {
    is: 'delayed for an hour',
    cells: cells(1006, 'Delayed', -MINUTE_SEC, { ExpiresAt: local(HOUR_SEC) }),
    shows: shows(1006, { state: 'scheduled', trouble: null }),
    relayed: false,
    retry: 'held-in-memory',
    resolve: 'held-in-memory',
  },
  {
    is: 'queued in the memory of a process, due in a moment',
    cells: cells(1007, 'Queued', -5 * MINUTE_SEC, { ExpiresAt: local(30) }),
    shows: shows(1007, { state: 'scheduled', trouble: null }),
    relayed: false,
    retry: 'held-in-memory',
    resolve: 'held-in-memory',
  },
  {
    is: 'queued by a process that is gone',
    cells: cells(1008, 'Queued', -2 * HOUR_SEC, { ExpiresAt: local(-HOUR_SEC) }),
    shows: shows(1008, { state: 'scheduled', trouble: 'stuck' }),
    relayed: true,
    retry: 'held-in-memory',
    resolve: 'held-in-memory',
  },
  {
    is: 'of another version, which this relay never reads',
    cells: cells(1009, 'Scheduled', -2 * HOUR_SEC, { Version: 'v0' }),
    shows: shows(1009, { state: 'pending', trouble: 'stuck' }),
    relayed: false,
    retry: 'waiting',
    resolve: 'purgeable',
  },
]

function received(id: number, ofMessage: number, status: string): Cells {
  return { ...cells(id, status, -HOUR_SEC), Group: 'billing', Content: content(ofMessage) }
}

function companions(table: string) {
  return [
    { table, cells: received(9001, 1002, 'Succeeded') },
    { table, cells: received(9002, 1003, 'Failed') },
  ]
}

const shared = {
  key: ['Id'],
  rows,
  localTimes: true,
  untouchable: ['Id', 'Version', 'Content', 'Added', 'Name'],
  refuses: { edit: 'Content carries the headers and the message id: one envelope' },
} as const

const QUEUE_COLUMNS = `
    "Content" text null, "Retries" int not null, "Added" timestamp not null, "ExpiresAt" timestamp null,
    "StatusName" varchar(50) not null`

function indexesPostgres(table: string): string {
  return `
    create index "idx_${table}_ExpiresAt_StatusName" on cap.${table} ("ExpiresAt", "StatusName");
    create index "idx_${table}_Version_ExpiresAt_StatusName" on cap.${table} ("Version", "ExpiresAt", "StatusName");`
}

export const capPostgres: Layout = {
  ...shared,
  name: 'cap-postgres',
  profile: 'cap',
  engine: 'postgres',
  tables: ['cap.published'],
  companions: companions('cap.received'),
  schema: `
    create schema if not exists cap;
    create table cap.received (
      "Id" bigint primary key not null, "Version" varchar(20) not null, "Name" varchar(200) not null,
      "Group" varchar(200) null, ${QUEUE_COLUMNS});
    create table cap.published (
      "Id" bigint primary key not null, "Version" varchar(20) not null, "Name" varchar(200) not null,
      ${QUEUE_COLUMNS});
    create table cap.lock (
      "Key" varchar(128) primary key not null, "Instance" varchar(256), "LastLockTime" timestamp not null);
    ${indexesPostgres('received')} ${indexesPostgres('published')}`,
  relay: {
    model: 'poller',
    picks: [
      `select "Id" from cap.published where "Retries" < ${RETRIES_MAX} and "Version" = 'v1'
         and "Added" < (now() at time zone '${APP_ZONE}') - interval '240 seconds'
         and "StatusName" in ('Failed', 'Scheduled') limit 200`,
      `select "Id" from cap.published where "Version" = 'v1' and (
           ("ExpiresAt" < (now() at time zone '${APP_ZONE}') + interval '2 minutes' and "StatusName" = 'Delayed')
         or ("ExpiresAt" < (now() at time zone '${APP_ZONE}') - interval '1 minute' and "StatusName" = 'Queued'))
         limit 1000 for update skip locked`,
    ],
  },
  retry: {
    safe: `update cap.published set "StatusName" = 'Scheduled', "Retries" = 0, "ExpiresAt" = null where @row`,
    changes: ['StatusName', 'Retries', 'ExpiresAt'],
    careless: {
      statement: `update cap.published set "StatusName" = 'Scheduled' where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: {
    safe: `update cap.published set "StatusName" = 'Succeeded',
             "ExpiresAt" = (now() at time zone '${APP_ZONE}') + interval '24 hours' where @row`,
    changes: ['StatusName', 'ExpiresAt'],
    careless: {
      statement: `update cap.published set "StatusName" = 'Succeeded', "ExpiresAt" = null where @row`,
      comesTo: 'not-purged',
    },
  },
  purge: `select "Id" from cap.published where "StatusName" in ('Succeeded', 'Failed')
    and "ExpiresAt" < (now() at time zone '${APP_ZONE}') + interval '60 days'`,
  evidence: {
    table: 'cap.received',
    consumed: `select "Content"::jsonb #>> '{Headers,cap-msg-id}' as id from cap.received
      where "StatusName" = 'Succeeded'`,
    retentionSec: DAY_SEC,
  },
}

const localNow = `convert_tz(utc_timestamp(), '+00:00', '+08:00')`

function tableMysql(table: string, nameLength: number, statusLength: number, more: string): string {
  return `create table \`${table}\` (
    \`Id\` bigint not null, \`Version\` varchar(20) default null, \`Name\` varchar(${nameLength}) not null, ${more}
    \`Content\` longtext, \`Retries\` int(11) default null, \`Added\` datetime not null,
    \`ExpiresAt\` datetime default null, \`StatusName\` varchar(${statusLength}) not null,
    primary key (\`Id\`),
    index \`IX_Version_ExpiresAt_StatusName\` (\`Version\`, \`ExpiresAt\`, \`StatusName\`),
    index \`IX_ExpiresAt_StatusName\` (\`ExpiresAt\`, \`StatusName\`)
  ) engine=InnoDB default charset=utf8mb4;`
}

export const capMysql: Layout = {
  ...shared,
  name: 'cap-mysql',
  profile: 'cap',
  engine: 'mariadb',
  tables: ['cap.published'],
  companions: companions('cap.received'),
  schema: `
    ${tableMysql('cap.received', 400, 50, '`Group` varchar(200) default null,')}
    ${tableMysql('cap.published', 200, 40, '')}`,
  relay: {
    model: 'poller',
    picks: [
      `select \`Id\` from \`cap.published\` where \`Retries\` < ${RETRIES_MAX} and \`Version\` = 'v1'
         and \`Added\` < ${localNow} - interval 240 second and \`StatusName\` in ('Failed', 'Scheduled') limit 200`,
      `select \`Id\` from \`cap.published\` where \`Version\` = 'v1' and (
           (\`ExpiresAt\` < ${localNow} + interval 2 minute and \`StatusName\` = 'Delayed')
         or (\`ExpiresAt\` < ${localNow} - interval 1 minute and \`StatusName\` = 'Queued'))
         limit 1000 for update skip locked`,
    ],
  },
  retry: {
    safe: `update \`cap.published\` set \`StatusName\` = 'Scheduled', \`Retries\` = 0, \`ExpiresAt\` = null where @row`,
    changes: ['StatusName', 'Retries', 'ExpiresAt'],
    careless: {
      statement: `update \`cap.published\` set \`StatusName\` = 'Scheduled' where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: {
    safe: `update \`cap.published\` set \`StatusName\` = 'Succeeded', \`ExpiresAt\` = ${localNow} + interval 24 hour
      where @row`,
    changes: ['StatusName', 'ExpiresAt'],
    careless: {
      statement: `update \`cap.published\` set \`StatusName\` = 'Succeeded', \`ExpiresAt\` = null where @row`,
      comesTo: 'not-purged',
    },
  },
  purge: `select \`Id\` from \`cap.published\` where \`StatusName\` in ('Succeeded', 'Failed')
    and \`ExpiresAt\` < ${localNow} + interval 60 day`,
  evidence: {
    table: 'cap.received',
    consumed: `select json_unquote(json_extract(\`Content\`, '$.Headers."cap-msg-id"')) as id from \`cap.received\`
      where \`StatusName\` = 'Succeeded'`,
    retentionSec: DAY_SEC,
  },
}
