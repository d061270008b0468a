import { at, bytes, DAY_SEC, HOUR_SEC, MINUTE_SEC, uuid } from '../layout.ts'
import type { Cells, Layout } from '../layout.ts'

const URI = 'rabbitmq://queue/orders'
const TYPE = 'Shop.OrderPaid'
const LIVE_NODE = 7

/** As the tool of the project prints it, schema `wolverine`. */
const schema = `
  create schema wolverine;
  create table wolverine.wolverine_outgoing_envelopes (
    id uuid not null, owner_id integer not null, destination varchar not null,
    deliver_by timestamp with time zone null, body bytea not null, attempts integer null default 0,
    message_type varchar not null, constraint pkey_wolverine_outgoing_envelopes_id primary key (id));
  create table wolverine.wolverine_incoming_envelopes (
    id uuid not null, status varchar not null, owner_id integer not null,
    execution_time timestamp with time zone null default null, attempts integer null default 0,
    body bytea not null, message_type varchar not null, received_at varchar null,
    keep_until timestamp with time zone null, constraint pkey_wolverine_incoming_envelopes_id primary key (id));
  create table wolverine.wolverine_dead_letters (
    id uuid not null, execution_time timestamp with time zone null default null, body bytea not null,
    message_type varchar not null, received_at varchar null, source varchar null, exception_type varchar null,
    exception_message varchar null, sent_at timestamp with time zone null, replayable boolean null,
    constraint pkey_wolverine_dead_letters_id primary key (id));
  create table wolverine.wolverine_nodes (
    id uuid not null, node_number serial not null, description varchar not null, uri varchar not null,
    started timestamp with time zone not null default now(),
    health_check timestamp with time zone not null default now(), version varchar null, capabilities text[] null,
    constraint pkey_wolverine_nodes_id primary key (id));
  create index idx_wolverine_dead_letters_replayable on wolverine.wolverine_dead_letters (replayable)
    where replayable = true`

const node = {
  table: 'wolverine.wolverine_nodes',
  cells: { id: uuid(900), node_number: LIVE_NODE, description: 'node', uri: 'dbcontrol://7' },
}

const envelope = (id: number) => ({ id: uuid(id), body: bytes(`envelope ${id}`), message_type: TYPE })

const shared = { engine: 'postgres', key: ['id'], schema, companions: [node] } as const
const refuses = {
  resend: 'the body is an envelope of the framework: only it can send it',
  edit: 'the body is a binary envelope that carries headers, attempts and ids',
} as const

function outgoing(id: number, owner: number, deliverBySec: number | null): Cells {
  return {
    ...envelope(id),
    owner_id: owner,
    destination: URI,
    deliver_by: deliverBySec === null ? null : at(deliverBySec),
    attempts: 2,
  }
}

const outgoingShown = { trouble: null, type: TYPE, destination: { uri: URI }, attempts: 2 } as const

export const wolverineOutgoing: Layout = {
  ...shared,
  name: 'wolverine-outgoing',
  tables: ['wolverine.wolverine_outgoing_envelopes'],
  rows: [
    {
      is: 'free for any node',
      cells: outgoing(1, 0, null),
      shows: { ...outgoingShown, state: 'pending', messageId: uuid(1), evidence: 'not-seen' },
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    },
    {
      is: 'owned by a node that lives',
      cells: outgoing(2, LIVE_NODE, null),
      shows: { ...outgoingShown, state: 'in-flight', messageId: uuid(2), evidence: 'not-seen' },
      relayed: false,
      retry: 'live-lease',
      resolve: 'live-lease',
    },
    {
      is: 'owned by a node that is gone',
      cells: outgoing(3, 4, null),
      shows: {
        ...outgoingShown,
        state: 'in-flight',
        trouble: 'stuck',
        messageId: uuid(3),
        evidence: 'consumed',
      },
      relayed: false,
      retry: 'relayed',
      resolve: 'gone',
    },
    {
      is: 'nobody may deliver it any more',
      cells: outgoing(4, 0, -HOUR_SEC),
      shows: { ...outgoingShown, state: 'expired', messageId: uuid(4), evidence: 'not-seen' },
      relayed: false,
      retry: 'finished',
      resolve: 'gone',
    },
  ],
  companions: [
    node,
    {
      table: 'wolverine.wolverine_incoming_envelopes',
      cells: {
        ...envelope(3),
        status: 'Handled',
        owner_id: 0,
        received_at: URI,
        keep_until: at(4 * MINUTE_SEC),
      },
    },
  ],
  relay: {
    model: 'poller',
    picks: [
      `select id from wolverine.wolverine_outgoing_envelopes where owner_id = 0 and destination = '${URI}'
         and (deliver_by is null or deliver_by > now()) limit 100`,
    ],
  },
  retry: {
    safe: `update wolverine.wolverine_outgoing_envelopes set owner_id = 0 where @row and not exists
      (select 1 from wolverine.wolverine_nodes n where n.node_number = owner_id)`,
    changes: ['owner_id'],
    careless: {
      statement: `update wolverine.wolverine_outgoing_envelopes set attempts = 0 where @row`,
      comesTo: 'never-relayed',
    },
  },
  resolve: { safe: `delete from wolverine.wolverine_outgoing_envelopes where @row`, changes: [] },
  evidence: {
    table: 'wolverine.wolverine_incoming_envelopes',
    consumed: `select id::text as id from wolverine.wolverine_incoming_envelopes where status = 'Handled'`,
    retentionSec: 5 * MINUTE_SEC,
  },
  untouchable: ['id', 'body', 'message_type', 'destination'],
  refuses,
}

function incoming(id: number, status: string, owner: number, more: Cells = {}): Cells {
  return {
    ...envelope(id),
    status,
    owner_id: owner,
    execution_time: null,
    attempts: 0,
    received_at: URI,
    keep_until: null,
    ...more,
  }
}

const incomingShown = { trouble: null, type: TYPE, destination: { uri: URI }, attempts: 0 } as const

/** Also the place where a message that is to be sent later waits. */
export const wolverineIncoming: Layout = {
  ...shared,
  name: 'wolverine-incoming',
  tables: ['wolverine.wolverine_incoming_envelopes'],
  rows: [
    {
      is: 'received, free for any node',
      cells: incoming(1, 'Incoming', 0),
      shows: { ...incomingShown, state: 'pending', messageId: uuid(1) },
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'in the hands of a node that lives',
      cells: incoming(2, 'Incoming', LIVE_NODE),
      shows: { ...incomingShown, state: 'in-flight', messageId: uuid(2) },
      relayed: false,
      retry: 'live-lease',
      resolve: 'live-lease',
    },
    {
      is: 'in the hands of a node that is gone',
      cells: incoming(3, 'Incoming', 4),
      shows: { ...incomingShown, state: 'in-flight', trouble: 'stuck', messageId: uuid(3) },
      relayed: false,
      retry: 'relayed',
      resolve: 'purgeable',
    },
    {
      is: 'to be sent tomorrow',
      cells: incoming(4, 'Scheduled', 0, { execution_time: at(DAY_SEC) }),
      shows: { ...incomingShown, state: 'scheduled', messageId: uuid(4) },
      relayed: false,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'scheduled, hours over its time',
      cells: incoming(5, 'Scheduled', 0, { execution_time: at(-3 * HOUR_SEC) }),
      shows: { ...incomingShown, state: 'scheduled', trouble: 'stuck', messageId: uuid(5) },
      relayed: true,
      retry: 'waiting',
      resolve: 'purgeable',
    },
    {
      is: 'handled, kept for five minutes',
      cells: incoming(6, 'Handled', 0, { keep_until: at(4 * MINUTE_SEC) }),
      shows: { ...incomingShown, state: 'consumed', messageId: uuid(6) },
      relayed: false,
      retry: 'finished',
      resolve: 'finished',
    },
  ],
  relay: {
    model: 'poller',
    picks: [
      `select id from wolverine.wolverine_incoming_envelopes where owner_id = 0 and status = 'Incoming'
         and received_at = '${URI}' limit 100`,
      `select id from wolverine.wolverine_incoming_envelopes where status = 'Scheduled' and execution_time <= now()
         order by execution_time limit 100`,
    ],
  },
  retry: {
    safe: `update wolverine.wolverine_incoming_envelopes set owner_id = 0 where @row and not exists
      (select 1 from wolverine.wolverine_nodes n where n.node_number = owner_id)`,
    changes: ['owner_id'],
  },
  resolve: {
    safe: `update wolverine.wolverine_incoming_envelopes
      set status = 'Handled', keep_until = now() + interval '5 minutes' where @row`,
    changes: ['status', 'keep_until'],
    careless: {
      statement: `update wolverine.wolverine_incoming_envelopes set status = 'Handled' where @row`,
      comesTo: 'not-purged',
    },
  },
  purge: `select id from wolverine.wolverine_incoming_envelopes
    where status = 'Handled' and keep_until <= now() + interval '60 days'`,
  untouchable: ['id', 'body', 'message_type', 'received_at'],
  refuses,
}

function dead(id: number, replayable: boolean): Cells {
  return {
    ...envelope(id),
    received_at: URI,
    source: 'shop',
    exception_type: 'System.TimeoutException',
    exception_message: 'The bank did not answer',
    sent_at: at(-HOUR_SEC),
    replayable,
  }
}

const deadShown = {
  type: TYPE,
  destination: { uri: URI },
  lastError: 'The bank did not answer',
  trouble: 'dead-lettered',
} as const

export const wolverineDeadLetters: Layout = {
  ...shared,
  name: 'wolverine-dead-letters',
  tables: ['wolverine.wolverine_dead_letters'],
  rows: [
    {
      is: 'dead',
      cells: dead(1, false),
      shows: { ...deadShown, state: 'failed', messageId: uuid(1) },
      relayed: false,
      retry: 'relayed',
      resolve: 'gone',
    },
    {
      is: 'about to be replayed',
      cells: dead(2, true),
      shows: { ...deadShown, state: 'retrying', messageId: uuid(2), trouble: 'stuck' },
      relayed: true,
      retry: 'waiting',
      resolve: 'gone',
    },
  ],
  relay: {
    model: 'poller',
    picks: [`select id from wolverine.wolverine_dead_letters where replayable = true`],
  },
  retry: {
    safe: `update wolverine.wolverine_dead_letters set replayable = true where @row`,
    changes: ['replayable'],
  },
  resolve: { safe: `delete from wolverine.wolverine_dead_letters where @row`, changes: [] },
  untouchable: ['id', 'body', 'message_type', 'received_at'],
  refuses,
}
