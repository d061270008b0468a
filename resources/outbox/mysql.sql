-- Redrive's reference outbox for MySQL 8.0.16 and later, and for MariaDB 10.6 and later.
--
-- For services that have no outbox table yet. Write one row in the same transaction as the business change; a relay
-- publishes it and marks it. Safe to run again: nothing that exists is changed or dropped.
--
-- All times are UTC, whatever the session's time zone: write utc_timestamp(6), not now(6). Redrive itself never creates
-- or changes anything.

create table if not exists outbox_message (
  -- The row's key and, within a chain, the message's place. Grows, not necessarily by one.
  id              bigint not null auto_increment primary key,
  -- Id of the message before this one in the same chain; null for the first one.
  prev_id         bigint,
  -- What has to stay in order, for example the number of an order. Null where order does not matter. Compared letter by
  -- letter: with a collation that does not tell a from A, two chains would be one.
  chain_key       varchar(255) character set utf8mb4 collate utf8mb4_bin,
  -- Business identity. A resend never changes it, so consumers can recognise a duplicate by it.
  message_id      varchar(255) character set utf8mb4 collate utf8mb4_bin not null unique,
  -- '' is the broker's default exchange. 255 bytes is what AMQP can carry.
  exchange        varchar(255) character set utf8mb4 collate utf8mb4_bin not null default '' check (octet_length(exchange) <= 255),
  routing_key     varchar(255) character set utf8mb4 collate utf8mb4_bin not null default '' check (octet_length(routing_key) <= 255),
  type            varchar(255) character set utf8mb4 collate utf8mb4_bin check (octet_length(type) <= 255),
  -- JSON as a text: the type json of MySQL changes the order of the keys and the precision of numbers.
  payload         longtext character set utf8mb4 collate utf8mb4_bin not null check (json_valid(payload)),
  headers         longtext character set utf8mb4 collate utf8mb4_bin check (headers is null or json_valid(headers)),
  -- prepared: a half message, which nobody sends before its producer has said that its business was done; for services that
  -- cannot write it in one transaction with that. pending: waits for the relay. sending: somebody is publishing it. sent: the broker confirmed it.
  -- failed: attempts used up, a person decides; with next_attempt_at = '9999-12-31 23:59:59' a person decided that it
  -- needs no delivery.
  status          varchar(16) character set ascii collate ascii_bin not null default 'pending' check (status in ('prepared', 'pending', 'sending', 'sent', 'failed')),
  -- Publishes begun. Counted before the publish, so that a crash counts as one.
  attempts        int not null default 0 check (attempts >= 0),
  -- The relay leaves the row alone until then. Null: as soon as possible.
  next_attempt_at datetime(6),
  created_at      datetime(6) not null,
  updated_at      datetime(6),
  last_error      text character set utf8mb4 collate utf8mb4_bin,
  -- Everything of one status in the order of the ids: it serves the relay and each of Redrive's lists.
  key outbox_message_status_idx (status, id),
  -- "Was a later message of this chain sent already?"
  key outbox_message_chain_idx (chain_key, id)
) engine = InnoDB;
