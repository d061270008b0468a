-- Redrive's reference inbox for SQLite 3.37 and later: a receiver writes down each message that takes effect, and notices by
-- it the one that comes again. inbox.md beside this file says how it is used, and what goes wrong without it.
--
-- Redrive itself never creates or changes anything. Safe to run again: nothing that exists is changed or dropped.

-- 1. The table, in the file in which the effect takes place: one transaction has to hold both.
create table if not exists inbox_message (
  -- As the sender stored it; a resend never changes it. The key begins with it, so that Redrive finds a message by it.
  message_id  text not null,
  -- Name of the receiver, where several of them share the table. Each takes every message once.
  receiver    text not null,
  -- UTC, ISO 8601.
  received_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  primary key (message_id, receiver)
) strict;
-- For the clean-up.
create index if not exists inbox_message_received_idx on inbox_message (received_at);

-- 2. Take a message: first thing in the transaction of its effect, which begins with "begin immediate". One change: it is
--    new, go on, and commit both. None: it has taken effect already; roll back, acknowledge it, and do nothing else.
--
--      insert into inbox_message (message_id, receiver) values (?, ?) on conflict do nothing;

-- 3. Clean up, in batches, until nothing is deleted any more. Keep more than the longest retry and more than the age of the
--    oldest message that anybody would resend; the number is the retention of the evidence in Redrive.
--
--      delete from inbox_message where rowid in (
--        select rowid from inbox_message
--        where received_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-30 days') order by received_at limit 1000);
--
-- 4. Redrive looks, where a source has: "evidence": { "url": "sqlite:///var/lib/shop/billing.db",
--      "table": "inbox_message", "messageId": "message_id", "processedAt": "received_at",
--      "columns": { "received_at": { "time": "iso" } },
--      "scope": { "column": "receiver", "equals": "billing" }, "retentionSec": 2592000 }
