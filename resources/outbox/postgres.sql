-- Redrive's reference outbox for PostgreSQL 12 and later.
--
-- For services that have no outbox table yet. Write one row in the same transaction as the business change; a relay
-- publishes it and marks it. Safe to run again: nothing that exists is changed or dropped.
--
-- It creates everything in the first schema of the search path. For another schema:
--   psql -v ON_ERROR_STOP=1 -c 'set search_path to shop' -f postgres.sql
--
-- On a table that is already large and in use, create the indexes by hand with CREATE INDEX CONCURRENTLY, so that
-- writers are not blocked. Redrive itself never creates or changes anything.

create table if not exists outbox_message (
  -- The row's key and, within a chain, the message's place. Grows, not necessarily by one.
  id              bigint generated always as identity primary key,
  -- Id of the message before this one in the same chain; null for the first one.
  prev_id         bigint,
  -- What has to stay in order, for example the number of an order. Null where order does not matter.
  chain_key       text,
  -- Business identity. A resend never changes it, so consumers can recognise a duplicate by it.
  message_id      text not null unique,
  -- '' is the broker's default exchange. 255 bytes is what AMQP can carry.
  exchange        text not null default '' check (octet_length(exchange) <= 255),
  routing_key     text not null default '' check (octet_length(routing_key) <= 255),
  type            text check (octet_length(type) <= 255),
  payload         jsonb not null,
  headers         jsonb,
  -- prepared: a half message, which nobody sends before its producer has said that its business was done; for services that
  -- cannot write it in one transaction with that. pending: waits for the relay. sending: somebody is publishing it. sent: the broker confirmed it.
  -- failed: attempts used up, a person decides; with next_attempt_at = 'infinity' a person decided that it needs
  -- no delivery.
  status          text not null default 'pending' check (status in ('prepared', 'pending', 'sending', 'sent', 'failed')),
  -- Publishes begun. Counted before the publish, so that a crash counts as one.
  attempts        integer not null default 0 check (attempts >= 0),
  -- The relay leaves the row alone until then. Null: as soon as possible.
  next_attempt_at timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz,
  last_error      text
);

-- Everything that is not finished: some MB where the table has GB, because sent rows are not in it. It serves the
-- relay and each of Redrive's lists, counts and groups without touching the table (see INCLUDE), as long as
-- autovacuum keeps up. last_error is left out on purpose: an index entry holds at most about 2,700 bytes, and a long
-- stack trace would make the service's own update fail.
create index if not exists outbox_message_open_idx on outbox_message (status, id)
  include (type, exchange, routing_key, created_at, updated_at, next_attempt_at, attempts)
  where status <> 'sent';

-- The chain audit, the messages of one chain, and "was a later message of this chain sent already?".
create index if not exists outbox_message_chain_idx on outbox_message (chain_key, id)
  include (prev_id, status);
