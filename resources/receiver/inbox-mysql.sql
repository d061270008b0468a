-- Redrive's reference inbox for MySQL 8.0 and MariaDB 10.6, and later ones: a receiver writes down each message that takes
-- effect, and notices by it the one that comes again. inbox.md beside this file says how it is used, and what goes wrong
-- without it.
--
-- Redrive itself never creates or changes anything. Safe to run again: nothing that exists is changed or dropped.

-- 1. The table, in the database in which the effect takes place: one transaction has to hold both, so the engine is InnoDB.
create table if not exists inbox_message (
  -- As the sender stored it; a resend never changes it. Compared letter by letter: with a collation that does not tell a
  -- from A, another message would be taken for a duplicate, and lost. The key begins with it, so that Redrive finds a
  -- message by it.
  message_id  varchar(255) character set utf8mb4 collate utf8mb4_bin not null,
  -- Name of the receiver, where several of them share the table. Each takes every message once.
  receiver    varchar(100) character set utf8mb4 collate utf8mb4_bin not null,
  -- UTC, whatever the session's time zone.
  received_at datetime(6) not null,
  primary key (message_id, receiver),
  -- For the clean-up.
  key inbox_message_received_idx (received_at)
) engine = InnoDB;

-- 2. Take a message: first thing in the transaction of its effect. One row: it is new, go on, and commit both. Error 1062
--    (duplicate entry): it has taken effect already, or has done so while this statement waited; roll back, acknowledge it,
--    and do nothing else. Not "insert ignore": that cuts off an id that is too long, and drops every other message which
--    begins alike.
--
--      insert into inbox_message (message_id, receiver, received_at) values (?, ?, utc_timestamp(6));

-- 3. Clean up, in batches, until nothing is deleted any more. Keep more than the longest retry and more than the age of the
--    oldest message that anybody would resend; the number is the retention of the evidence in Redrive.
--
--      delete from inbox_message where received_at < utc_timestamp(6) - interval 30 day order by received_at limit 1000;
--
-- 4. Redrive looks, where a source has: "evidence": { "source": "…", "table": "inbox_message",
--      "messageId": "message_id", "processedAt": "received_at", "columns": { "received_at": { "time": "utc" } },
--      "scope": { "column": "receiver", "equals": "billing" }, "retentionSec": 2592000 }
