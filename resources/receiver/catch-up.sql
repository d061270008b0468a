-- What a receiver of chained messages needs, for PostgreSQL 12 and later.
--
-- A message carries its id, the id of the one before it in its chain, and the chain's key. With these three a receiver
-- drops duplicates (an id that is not greater than its position), notices a hole (a previous id that is not its position)
-- and fills it by reading the sender's outbox. Messages that it never got are no longer lost, only late.
--
-- receiver.ts beside this file does all of it.

-- 1. The receiver's position, in the receiver's own database. Change it in the same transaction as the effect of the
--    message: then a message takes effect once, however often it comes.
create table if not exists receiver_position (
  chain_key text primary key,
  -- Id of the last message that took effect; null before the first one.
  last_id   bigint
);

-- 2. The catch-up read, in the sender's database: what lies between the position and the message that came, in order and
--    in batches. Repeat it with the last id read as $2 until it returns nothing. It is served by outbox_message_chain_idx.
--    A role that may only read the outbox is enough.
--
--      select id, prev_id, message_id, type, payload
--      from outbox_message
--      where chain_key = $1      -- the chain
--        and id > $2             -- the position, or the last id of the batch before; 0 for a chain that is new
--        and id <= $3            -- the id of the message that came
--      order by id
--      limit 200;
--
--    Every row must name the one before it: where prev_id is not the position, the row between is not there (yet). Its
--    transaction may still be open, so do not go past it: put the message back and try again a little later. If it stays
--    so, "redrive audit --source NAME --chain KEY" says whether it is in flight, was rolled back, or is lost.
