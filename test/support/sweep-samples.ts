import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import { defaultSweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import type { TestDatabase } from './postgres-server.ts'

/** With waits that a test can sit out; otherwise what an operator gets who sets nothing. */
export const quickSweep: SweepPolicy = {
  ...defaultSweepPolicy({ stuckAfterSec: 60, maxAttempts: 3 }),
  backoff: { firstSec: 1, factor: 2, capSec: 60, jitter: 0 },
}

/** Chain key of row `i`, from 1; null: it is in none. */
export type ChainOf = (i: number) => string | null

/** Both read the chain keys as one JSON list: the rows are told by their place in it. */
const ADD_PENDING: Readonly<Record<TestDatabase['driver'], string>> = {
  postgres: `insert into outbox_message (chain_key, message_id, exchange, routing_key, type, payload, headers, created_at)
    select x.chain, 'message-' || x.i, '', $1, 'OrderPaid', jsonb_build_object('order', x.i), '{"x-trace": "t"}',
      now() - interval '1 hour'
    from json_array_elements_text($2::json) with ordinality x(chain, i)`,
  mysql: `insert into outbox_message (chain_key, message_id, exchange, routing_key, type, payload, headers, created_at)
    select x.chain, concat('message-', x.i), '', ?, 'OrderPaid', json_object('order', x.i), '{"x-trace": "t"}',
      utc_timestamp(6) - interval 1 hour
    from json_table(?, '$[*]' columns (i for ordinality, chain varchar(255) path '$')) x order by x.i`,
  sqlite: `insert into outbox_message (chain_key, message_id, exchange, routing_key, type, payload, headers, created_at)
    select x.value, 'message-' || (x.key + 1), '', ?, 'OrderPaid', json_object('order', x.key + 1), '{"x-trace": "t"}',
      strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 hour')
    from json_each(?) x order by x.key`,
}

/** Messages of the service that wait for an hour. */
export async function addPending(
  database: TestDatabase,
  { queue, count, chainOf = () => null }: { queue: string; count: number; chainOf?: ChainOf },
): Promise<void> {
  const chains = Array.from({ length: count }, (_, index) => chainOf(index + 1))
  await database.sql(ADD_PENDING[database.driver], [queue, JSON.stringify(chains)])
}

/** Lets an hour go by for every row that nothing has ended: waits are over, what is in flight is silent. */
export async function anHourLater(database: TestDatabase): Promise<void> {
  if (database.driver === 'sqlite') {
    const earlier = (column: string): string =>
      `${column} = strftime('%Y-%m-%d %H:%M:%f', ${column}, '-1 hour')`
    const times = ['updated_at', 'created_at', 'next_attempt_at'].map(earlier)
    await database.sql(`update outbox_message set ${times.join(', ')} where status <> 'sent'`)
    return
  }
  const hour = database.driver === 'postgres' ? `interval '1 hour'` : 'interval 1 hour'
  await database.sql(
    `update outbox_message set updated_at = updated_at - ${hour}, created_at = created_at - ${hour},
       next_attempt_at = next_attempt_at - ${hour} where status <> 'sent'`,
  )
}
