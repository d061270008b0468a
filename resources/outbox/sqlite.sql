-- Redrive's reference outbox for SQLite 3.43 and later: services on the edge, and on the desktop.
--
-- For services that have no outbox table yet. Write one row in the same transaction as the business change; a relay
-- publishes it and marks it. Safe to run again: nothing that exists is changed or dropped.
--
-- SQLite has no type of times: here they are UTC texts of one form, strftime('%Y-%m-%d %H:%M:%f', 'now'). A write-ahead log (pragma journal_mode = wal)
-- lets Redrive look while the service writes. Redrive itself never creates or changes anything.

create table if not exists outbox_message (
  -- The row's key and, within a chain, the message's place. Grows, not necessarily by one, and is never used again.
  id              integer primary key autoincrement,
  -- Id of the message before this one in the same chain; null for the first one.
  prev_id         integer,
  -- What has to stay in order, for example the number of an order. Null where order does not matter.
  chain_key       text,
  -- Business identity. A resend never changes it, so consumers can recognise a duplicate by it.
  message_id      text not null unique,
  -- '' is the broker's default exchange. 255 bytes is what AMQP can carry.
  exchange        text not null default '' check (octet_length(exchange) <= 255),
  routing_key     text not null default '' check (octet_length(routing_key) <= 255),
  type            text check (octet_length(type) <= 255),
  payload         text not null check (json_valid(payload)),
  headers         text check (headers is null or json_valid(headers)),
  -- pending: waits for the relay. sending: somebody is publishing it. sent: the broker confirmed it.
  -- failed: attempts used up, a person decides; with next_attempt_at = '9999-12-31 23:59:59.000000' a person decided that
  -- it needs no delivery.
  status          text not null default 'pending' check (status in ('pending', 'sending', 'sent', 'failed')),
  -- Publishes begun. Counted before the publish, so that a crash counts as one.
  attempts        integer not null default 0 check (attempts >= 0),
  -- The relay leaves the row alone until then. Null: as soon as possible.
  next_attempt_at datetime,
  created_at      datetime not null,
  updated_at      datetime,
  last_error      text
);

-- Everything of one status in the order of the ids: it serves the relay and each of Redrive's lists.
create index if not exists outbox_message_status_idx on outbox_message (status, id);
-- "Was a later message of this chain sent already?"
create index if not exists outbox_message_chain_idx on outbox_message (chain_key, id);
