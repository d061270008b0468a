import { addRows } from '../support/postgres.ts'
import type { Console } from './console.ts'

const TIMED_OUT = 214
const RESET = 20

/** The outbox of a bad night: what the tasks of the script ask about. */
export async function fillNight({ database, queue }: Console): Promise<void> {
  // One was stuck before the deploy already.
  await database.sql(
    `insert into outbox_message (message_id, status, created_at, routing_key, payload, type)
     select 'order-' || n, 'pending', now() - case when n = 4 then interval '6 hours' else make_interval(mins => 10 * n) end,
       $1, '{}', 'OrderPlaced'
     from generate_series(1, 4) n`,
    [queue],
  )
  await addFailures({ database, queue }, 'timeout', TIMED_OUT, 'confirm timeout after 5000 ms')
  await addFailures({ database, queue }, 'reset', RESET, 'connection reset by peer')
  await addChains({ database, queue })
}

type Outbox = Pick<Console, 'database' | 'queue'>

async function addFailures(
  { database, queue }: Outbox,
  name: string,
  count: number,
  error: string,
): Promise<void> {
  await database.sql(
    `insert into outbox_message
       (message_id, routing_key, type, payload, status, attempts, created_at, updated_at, last_error)
     select $1 || '-' || n, $2, 'OrderPaid', jsonb_build_object('order', n), 'failed', 3,
       now() - interval '2 hours', now() - interval '1 hour', $3
     from generate_series(1, $4::int) n`,
    [name, queue, error, count],
  )
}

/** O-1042 is whole; of O-0977 the third of five is gone, and what follows it was never sent. */
async function addChains({ database, queue }: Outbox): Promise<void> {
  const sent = { type: 'OrderPaid', status: 'sent', exchange: '', routing_key: queue } as const
  const failed = { ...sent, status: 'failed', attempts: 3 } as const
  await addChain({ database, queue }, 'O-1042', [sent, sent, sent, sent])
  const ids = await addChain({ database, queue }, 'O-0977', [sent, sent, sent, failed, failed])
  await database.sql('delete from outbox_message where id = $1', [ids[2]])
}

async function addChain(
  { database }: Outbox,
  key: string,
  rows: Parameters<typeof addRows>[1],
): Promise<string[]> {
  const ids: string[] = []
  for (const row of rows)
    ids.push(...(await addRows(database, [{ ...row, chain_key: key, prev_id: ids.at(-1) ?? null }])))
  return ids
}
