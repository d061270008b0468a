import { at, DAY_SEC, HOUR_SEC, json, MINUTE_SEC } from '../layout.ts'
import type { Cells, Layout, LayoutRow } from '../layout.ts'

const TRIES_MAX = 3

/** A row without its columns. */
export type Base = Omit<LayoutRow, 'cells' | 'shows'> & Pick<LayoutRow['shows'], 'state' | 'trouble'>

export function rowOf(
  base: Base,
  cells: Cells,
  shown: Omit<LayoutRow['shows'], 'state' | 'trouble'>,
): LayoutRow {
  const { state, trouble, ...rest } = base
  return { ...rest, cells, shows: { ...shown, state, trouble } }
}

function brokerMessage(
  id: string,
  status: string,
  tries: number,
  ages: readonly [number, number],
  base: Base,
) {
  const [createdSec, nextSec] = ages
  const cells = {
    message_id: id,
    message: json({ order: id }),
    try_count: tries,
    status,
    next_retry: at(nextSec),
    create_time: at(createdSec),
    update_time: at(createdSec),
  }
  return rowOf(base, cells, { messageId: id, attempts: tries })
}

/** The exchange and the routing key are constants in the service's code. */
export const brokerMessageLog: Layout = {
  name: 'broker-message-log',
  engine: 'mariadb',
  tables: ['broker_message_log'],
  key: ['message_id'],
  schema: `create table broker_message_log (
    message_id varchar(255) not null, message varchar(4000) not null, try_count int(4) default '0',
    status varchar(10) default '',
    next_retry timestamp not null default '0000-00-00 00:00:00' on update current_timestamp,
    create_time timestamp not null default '0000-00-00 00:00:00',
    update_time timestamp not null default '0000-00-00 00:00:00', primary key (message_id)
  ) engine=InnoDB default charset=utf8`,
  rows: [
    brokerMessage('m-1', '0', 0, [-10, 50], {
      is: 'sent a moment ago, no confirmation so far',
      state: 'scheduled',
      trouble: null,
      relayed: false,
      retry: 'waiting',
      resolve: 'stays',
    }),
    brokerMessage('m-2', '0', 1, [-2 * HOUR_SEC, -2 * HOUR_SEC], {
      is: 'due for hours: nobody looks',
      state: 'retrying',
      trouble: 'stuck',
      relayed: true,
      retry: 'waiting',
      resolve: 'stays',
    }),
    brokerMessage('m-3', '2', TRIES_MAX, [-2 * HOUR_SEC, -HOUR_SEC], {
      is: 'given up after three tries',
      state: 'failed',
      trouble: 'failed',
      relayed: false,
      retry: 'relayed',
      resolve: 'stays',
    }),
    brokerMessage('m-4', '1', 0, [-HOUR_SEC, -HOUR_SEC], {
      is: 'confirmed',
      state: 'sent',
      trouble: null,
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    }),
    rowOf(
      {
        is: 'stored by an older version, without its times',
        state: 'pending',
        trouble: 'stuck',
        relayed: true,
        retry: 'waiting',
        resolve: 'stays',
      },
      { message_id: 'm-5', message: '{}', try_count: 0, status: '0', next_retry: at(-30 * DAY_SEC) },
      { messageId: 'm-5', attempts: 0 },
    ),
  ],
  relay: {
    model: 'poller',
    // The task counts after its query: at the limit it marks the row instead of sending it.
    picks: [
      `select message_id from broker_message_log where status = '0' and next_retry <= sysdate()
         and try_count < ${TRIES_MAX}`,
    ],
  },
  retry: {
    safe: `update broker_message_log set status = '0', try_count = 0, next_retry = now(), update_time = now()
           where @row`,
    changes: ['status', 'try_count', 'next_retry', 'update_time'],
    careless: {
      statement: `update broker_message_log set status = '0' where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: {
    safe: `update broker_message_log set status = '1', next_retry = next_retry, update_time = now() where @row`,
    changes: ['status', 'update_time'],
  },
  untouchable: ['message_id', 'message', 'create_time'],
  refuses: { resend: 'the destination is a constant in the code: it has to be told in the mapping' },
}

function logged(id: string, status: number, tries: number, nextSec: number, base: Base): LayoutRow {
  const cells = {
    msg_id: id,
    msg: json({ to: 'somebody' }),
    exchange: 'mail.exchange',
    routing_key: 'mail.routing.key',
    status,
    try_count: tries,
    next_try_time: at(nextSec),
    create_time: at(nextSec - MINUTE_SEC),
    update_time: at(nextSec - MINUTE_SEC),
  }
  const destination = { exchange: 'mail.exchange', routingKey: 'mail.routing.key' }
  return rowOf(base, cells, {
    messageId: id,
    attempts: tries,
    destination,
    evidence: status === 3 ? 'consumed' : 'not-seen',
  })
}

export const msgLog: Layout = {
  name: 'msg-log',
  engine: 'mariadb',
  tables: ['msg_log'],
  key: ['msg_id'],
  schema: `create table msg_log (
    msg_id varchar(255) not null default '', msg text, exchange varchar(255) not null default '',
    routing_key varchar(255) not null default '',
    status int(11) not null default '0' comment '0 delivering 1 delivered 2 failed 3 consumed',
    try_count int(11) not null default '0', next_try_time datetime default null, create_time datetime default null,
    update_time datetime default null, primary key (msg_id), unique key unq_msg_id (msg_id) using btree
  ) engine=InnoDB default charset=utf8mb4`,
  rows: [
    logged('l-1', 0, 0, 50, {
      is: 'sent a moment ago',
      state: 'scheduled',
      trouble: null,
      relayed: false,
      retry: 'waiting',
      resolve: 'stays',
    }),
    logged('l-2', 0, 2, -2 * HOUR_SEC, {
      is: 'due for hours: the task does not run',
      state: 'retrying',
      trouble: 'stuck',
      relayed: true,
      retry: 'waiting',
      resolve: 'stays',
    }),
    logged('l-3', 2, TRIES_MAX, -2 * HOUR_SEC, {
      is: 'given up',
      state: 'failed',
      trouble: 'failed',
      relayed: false,
      retry: 'relayed',
      resolve: 'stays',
    }),
    logged('l-4', 1, 0, -HOUR_SEC, {
      is: 'confirmed by the broker, not consumed so far',
      state: 'sent',
      trouble: null,
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    }),
    logged('l-5', 3, 0, -HOUR_SEC, {
      is: 'consumed',
      state: 'consumed',
      trouble: null,
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    }),
  ],
  relay: {
    model: 'poller',
    picks: [
      `select msg_id from msg_log where status = 0 and next_try_time <= now() and try_count < ${TRIES_MAX}`,
    ],
  },
  retry: {
    safe: `update msg_log set status = 0, try_count = 0, next_try_time = now(), update_time = now() where @row`,
    changes: ['status', 'try_count', 'next_try_time', 'update_time'],
    careless: { statement: 'update msg_log set status = 0 where @row', comesTo: 'never-relayed' },
  },
  resolve: {
    safe: 'update msg_log set status = 1, update_time = now() where @row',
    changes: ['status', 'update_time'],
  },
  evidence: {
    table: 'msg_log',
    consumed: 'select msg_id as id from msg_log where status = 3',
    retentionSec: null,
  },
  untouchable: ['msg_id', 'msg', 'exchange', 'routing_key', 'create_time'],
  refuses: {},
}

function gulimall(id: number, status: number, createdSec: number, base: Base): LayoutRow {
  const messageId = id.toString(16).padStart(32, '0')
  const cells = {
    message_id: messageId,
    content: json({ orderSn: id }),
    to_exchane: 'order-event-exchange',
    routing_key: 'order.create.order',
    class_type: 'com.shop.OrderTo',
    message_status: status,
    create_time: at(createdSec),
    update_time: at(createdSec),
  }
  return rowOf(base, cells, {
    messageId,
    type: 'com.shop.OrderTo',
    destination: { exchange: 'order-event-exchange', routingKey: 'order.create.order' },
    evidence: status === 3 ? 'consumed' : 'not-seen',
  })
}

/** No relay of its own: each project writes one; this is the usual one. */
export const gulimallMqMessage: Layout = {
  name: 'gulimall-mq-message',
  engine: 'mariadb',
  tables: ['mq_message'],
  key: ['message_id'],
  schema: `create table mq_message (
    message_id char(32) not null, content text, to_exchane varchar(255) default null,
    routing_key varchar(255) default null, class_type varchar(255) default null,
    message_status int(1) default '0' comment '0 new 1 sent 2 arrived wrongly 3 arrived', create_time datetime default null,
    update_time datetime default null, primary key (message_id)
  ) engine=InnoDB default charset=utf8mb4`,
  rows: [
    gulimall(1, 0, -MINUTE_SEC, {
      is: 'new',
      state: 'pending',
      trouble: null,
      relayed: true,
      retry: 'waiting',
      resolve: 'stays',
    }),
    gulimall(2, 0, -DAY_SEC, {
      is: 'new since yesterday',
      state: 'pending',
      trouble: 'stuck',
      relayed: true,
      retry: 'waiting',
      resolve: 'stays',
    }),
    gulimall(3, 1, -HOUR_SEC, {
      is: 'confirmed by the broker',
      state: 'sent',
      trouble: null,
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    }),
    gulimall(4, 2, -HOUR_SEC, {
      is: 'returned: no queue',
      state: 'failed',
      trouble: 'failed',
      relayed: false,
      retry: 'relayed',
      resolve: 'stays',
    }),
    gulimall(5, 3, -HOUR_SEC, {
      is: 'consumed',
      state: 'consumed',
      trouble: null,
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    }),
  ],
  relay: { model: 'poller', picks: ['select message_id from mq_message where message_status = 0'] },
  retry: {
    safe: 'update mq_message set message_status = 0, update_time = now() where @row',
    changes: ['message_status', 'update_time'],
  },
  resolve: {
    safe: 'update mq_message set message_status = 1, update_time = now() where @row',
    changes: ['message_status', 'update_time'],
  },
  evidence: {
    table: 'mq_message',
    consumed: 'select message_id as id from mq_message where message_status = 3',
    retentionSec: null,
  },
  untouchable: ['message_id', 'content', 'to_exchane', 'routing_key', 'class_type', 'create_time'],
  refuses: {},
}
