import { at, DAY_SEC, HOUR_SEC, json, MINUTE_SEC } from '../layout.ts'
import type { Layout } from '../layout.ts'
import { rowOf } from './local-message-tables.ts'
import type { Base } from './local-message-tables.ts'

const SEND_TIMES_MAX = 5

function rpMessage(id: string, status: string, dead: boolean, ages: readonly [number, number], base: Base) {
  const [createdSec, times] = ages
  const cells = {
    id: `row-${id}`,
    version: 0,
    editor: null,
    creater: 'shop',
    edit_time: at(createdSec),
    create_time: at(createdSec),
    message_id: id,
    message_body: json({ order: id }),
    message_data_type: 'json',
    consumer_queue: 'BANK_NOTIFY',
    message_send_times: times,
    areadly_dead: dead ? 'YES' : 'NO',
    status,
    field1: `order-${id}`,
  }
  return rowOf(base, cells, { messageId: id, attempts: times, destination: { queue: 'BANK_NOTIFY' } })
}

export const rpTransactionMessage: Layout = {
  name: 'rp-transaction-message',
  engine: 'mariadb',
  tables: ['rp_transaction_message'],
  key: ['id'],
  schema: `create table rp_transaction_message (
    id varchar(50) not null default '', version int(11) not null default '0', editor varchar(100) default null,
    creater varchar(100) default null, edit_time datetime default null,
    create_time datetime not null default '0000-00-00 00:00:00', message_id varchar(50) not null default '',
    message_body longtext not null, message_data_type varchar(50) default null,
    consumer_queue varchar(100) not null default '', message_send_times smallint(6) not null default '0',
    areadly_dead varchar(20) not null default '', status varchar(20) not null default '',
    remark varchar(200) default null, field1 varchar(200) default null, field2 varchar(200) default null,
    field3 varchar(200) default null, primary key (id), key AK_Key_2 (message_id)
  ) engine=InnoDB default charset=utf8`,
  rows: [
    rpMessage('t-1', 'WAITING_CONFIRM', false, [-MINUTE_SEC, 0], {
      is: 'prepared a moment ago',
      state: 'waiting-confirm',
      trouble: null,
      relayed: false,
      retry: 'half-message',
      resolve: 'half-message',
    }),
    rpMessage('t-2', 'WAITING_CONFIRM', false, [-DAY_SEC, 0], {
      is: 'prepared yesterday, never decided',
      state: 'waiting-confirm',
      trouble: 'unconfirmed',
      relayed: false,
      retry: 'half-message',
      resolve: 'half-message',
    }),
    rpMessage('t-3', 'SENDING', false, [-10, 0], {
      is: 'sent a moment ago: the consumer has not called back',
      state: 'in-flight',
      trouble: null,
      relayed: false,
      retry: 'waiting',
      resolve: 'gone',
    }),
    rpMessage('t-4', 'SENDING', false, [-2 * HOUR_SEC, 2], {
      is: 'sent twice, nobody calls back',
      state: 'in-flight',
      trouble: 'stuck',
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    }),
    rpMessage('t-5', 'SENDING', true, [-DAY_SEC, SEND_TIMES_MAX], {
      is: 'dead',
      state: 'failed',
      trouble: 'failed',
      relayed: false,
      retry: 'relayed',
      resolve: 'gone',
    }),
  ],
  relay: {
    model: 'poller',
    // The resender waits longer after each time: one, four, ten, thirty, sixty minutes in the course's configuration.
    picks: [
      `select id from rp_transaction_message where status = 'SENDING' and areadly_dead = 'NO'
         and message_send_times < ${SEND_TIMES_MAX}
         and edit_time <= now() - interval elt(message_send_times + 1, 0, 1, 4, 10, 30) minute
         and create_time <= now() - interval 1 minute`,
    ],
  },
  retry: {
    safe: `update rp_transaction_message set areadly_dead = 'NO', message_send_times = 0, edit_time = now(),
             status = 'SENDING' where @row`,
    changes: ['areadly_dead', 'message_send_times', 'edit_time'],
    careless: {
      statement: `update rp_transaction_message set areadly_dead = 'NO' where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: { safe: 'delete from rp_transaction_message where @row', changes: [] },
  untouchable: ['id', 'message_id', 'message_body', 'consumer_queue', 'create_time'],
  refuses: {},
}
