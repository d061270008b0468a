-- Redrive's reference inbox for PostgreSQL 12 and later: a receiver writes down each message that takes effect, and notices
-- by it the one that comes again. inbox.md beside this file says how it is used, and what goes wrong without it.
--
-- Redrive itself never creates or changes anything. Safe to run again: nothing that exists is changed or dropped.

-- 1. The table, in the database in which the effect takes place: one transaction has to hold both.
create table if not exists inbox_message (
  -- As the sender stored it; a resend never changes it. The key begins with it, so that Redrive finds a message by it.
  message_id  text        not null,
  -- Name of the receiver, where several of them share the table. Each takes every message once.
  receiver    text        not null,
  received_at timestamptz not null default now(),
  primary key (message_id, receiver)
);
-- For the clean-up.
create index if not exists inbox_message_received_idx on inbox_message (received_at);

-- 2. Take a message: first thing in the transaction of its effect. One row: it is new, go on, and commit both. No row: it
--    has taken effect already, or is doing so in a transaction that this statement has waited for; acknowledge it, and do
--    nothing else.
--
--      insert into inbox_message (message_id, receiver) values ($1, $2) on conflict do nothing;

-- 3. Clean up, in batches, until nothing is deleted any more. Keep more than the longest retry and more than the age of the
--    oldest message that anybody would resend; the number is the retention of the evidence in Redrive.
--
--      delete from inbox_message where ctid = any (array(
--        select ctid from inbox_message where received_at < now() - interval '30 days'
--        order by received_at limit 1000 for update skip locked));
--
-- 4. Redrive looks, where a source has: "evidence": { "source": "…", "table": "public.inbox_message",
--      "messageId": "message_id", "processedAt": "received_at",
--      "scope": { "column": "receiver", "equals": "billing" }, "retentionSec": 2592000 }
