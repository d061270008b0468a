import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import { defaultSweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import type { TestDatabase } from './postgres-server.ts'

/** With waits that a test can sit out; otherwise what an operator gets who sets nothing. */
export const quickSweep: SweepPolicy = {
  ...defaultSweepPolicy({ stuckAfterSec: 60, maxAttempts: 3 }),
  backoff: { firstSec: 1, factor: 2, capSec: 60, jitter: 0 },
}

/** Messages of the service that wait for an hour; `chainOf` is SQL for the chain key of row `i`. */
export async function addPending(
  database: TestDatabase,
  { queue, count, chainOf = 'null' }: { queue: string; count: number; chainOf?: string },
): Promise<void> {
  await database.sql(
    `insert into outbox_message (chain_key, message_id, exchange, routing_key, type, payload, headers, created_at)
     select ${chainOf}, 'message-' || i, '', $1, 'OrderPaid', jsonb_build_object('order', i), '{"x-trace": "t"}',
       now() - interval '1 hour'
     from generate_series(1, $2::int) i`,
    [queue, count],
  )
}

/** Lets an hour go by for every row that nothing has ended: waits are over, what is in flight is silent. */
export async function anHourLater(database: TestDatabase): Promise<void> {
  await database.sql(
    `update outbox_message set updated_at = updated_at - interval '1 hour', created_at = created_at - interval '1 hour',
       next_attempt_at = next_attempt_at - interval '1 hour' where status <> 'sent'`,
  )
}
