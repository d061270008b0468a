import { at, bytes, HOUR_SEC, utc } from '../layout.ts'
import type { Layout } from '../layout.ts'

/** The undo log of Seata looks busy and is none of our business; on MySQL it has no primary key. */
export const seataUndoLog: Layout = {
  name: 'seata-undo-log',
  engine: 'mariadb',
  tables: ['undo_log'],
  key: [],
  identity: ['branch_id'],
  schema: `create table undo_log (
    branch_id bigint not null, xid varchar(128) not null, context varchar(128) not null,
    rollback_info longblob not null, log_status int(11) not null, log_created datetime(6) not null,
    log_modified datetime(6) not null, unique key ux_undo_log (xid, branch_id), key ix_log_created (log_created)
  ) engine=InnoDB auto_increment=1 default charset=utf8mb4`,
  rows: [1, 2].map((id) => ({
    is: `undo of branch ${id}`,
    cells: {
      branch_id: id,
      xid: `192.168.0.1:8091:${id}`,
      context: 'serializer=jackson',
      rollback_info: bytes('{}'),
      log_status: id - 1,
      log_created: at(-HOUR_SEC),
      log_modified: at(-HOUR_SEC),
    },
    shows: { state: 'unknown', trouble: null, messageId: `192.168.0.1:8091:${id}` },
    relayed: false,
    retry: 'undo-log',
    resolve: 'undo-log',
  })),
  relay: { model: 'none', picks: [] },
  untouchable: ['*'],
  refuses: {
    resend: 'the rows undo transactions',
    retry: 'the rows undo transactions',
    resolve: 'the rows undo transactions',
    edit: 'the rows undo transactions',
  },
}

/** As the example of the library for MySQL creates it: nothing tells two rows with the same id apart. */
export const goOutboxWithoutKey: Layout = {
  name: 'go-outbox-without-key',
  profile: 'go-outbox',
  engine: 'mariadb',
  tables: ['outbox'],
  key: [],
  identity: ['id', 'error'],
  schema: `create table outbox (
    id varchar(100) not null, data blob not null, state int not null, created_on datetime not null,
    locked_by varchar(100) null, locked_on datetime null, processed_on datetime null, number_of_attempts int not null,
    last_attempted_on datetime null, error varchar(1000) null)`,
  rows: [
    {
      is: 'the only one with its id, given up',
      cells: goRow('g-1', 2, 5, 'first'),
      shows: { state: 'failed', trouble: 'failed', messageId: 'g-1', attempts: 5, lastError: 'first' },
      relayed: false,
      retry: 'relayed',
      resolve: 'stays',
    },
    {
      is: 'twice under one id, the first',
      cells: goRow('g-2', 2, 5, 'second'),
      shows: { state: 'failed', trouble: 'failed', messageId: 'g-2', attempts: 5, lastError: 'second' },
      relayed: false,
      retry: 'no-key',
      resolve: 'no-key',
    },
    {
      is: 'twice under one id, the second',
      cells: goRow('g-2', 0, 0, 'third'),
      shows: { state: 'pending', trouble: 'stuck', messageId: 'g-2', attempts: 0, lastError: 'third' },
      relayed: true,
      retry: 'no-key',
      resolve: 'no-key',
    },
    {
      is: 'delivered',
      cells: { ...goRow('g-3', 1, 1, 'none'), processed_on: utc(-HOUR_SEC) },
      shows: { state: 'sent', trouble: null, messageId: 'g-3', attempts: 1, lastError: 'none' },
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
  ],
  relay: { model: 'poller', picks: ['select id, error from outbox where state = 0'] },
  retry: {
    safe: `update outbox set state = 0, number_of_attempts = 0, locked_by = null, locked_on = null where @row`,
    changes: ['state', 'number_of_attempts'],
    careless: { statement: 'update outbox set number_of_attempts = 0 where @row', comesTo: 'never-relayed' },
  },
  resolve: { safe: 'update outbox set state = 1 where @row', changes: ['state'] },
  untouchable: ['id', 'data', 'created_on'],
  refuses: { edit: 'the data is a Go gob' },
}

function goRow(id: string, state: number, attempts: number, error: string) {
  return {
    id,
    data: bytes('gob'),
    state,
    created_on: utc(-HOUR_SEC),
    number_of_attempts: attempts,
    error,
  }
}
