import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { PublishOutcome } from '../domain/outcome.ts'
import type { HostLog } from '../ports/surroundings.ts'
import { publish } from '../ports/broker.ts'
import type { Broker } from '../ports/broker.ts'
import { SECOND } from './draft.ts'
import { ATTEMPTS_MAX } from './fate.ts'
import { ORDERED_CHAIN_PREFIX } from './settlement-messages.ts'

const BATCH_ROWS_MAX = 20
const IDLE_PAUSE_MS = SECOND
const TROUBLE_PAUSE_MS = 5 * SECOND
/** Short, so that somebody who watches sees a message fail for good. */
const BACKOFF_SEC = 6

/**
 * Takes pending rows only: what is `sending` is in somebody's hand, Redrive's for one, and what failed waits for a
 * person. In an ordered chain it holds back what follows an unfinished message, until that is sent or resolved.
 */
const CLAIM = `
  update outbox_message set status = 'sending', attempts = attempts + 1, updated_at = now()
  where id in (
    select m.id from outbox_message m
    where m.status = 'pending' and (m.next_attempt_at is null or m.next_attempt_at <= now())
      and not starts_with(m.routing_key, $1)
      and not (starts_with(m.chain_key, '${ORDERED_CHAIN_PREFIX}') and exists (
        select from outbox_message p
        where p.chain_key = m.chain_key and p.id < m.id and p.status <> 'sent'
          and p.next_attempt_at is distinct from 'infinity'))
    order by m.id limit ${BATCH_ROWS_MAX}
    for update skip locked)
  returning id::text as id, message_id, type, exchange, routing_key, payload::text as payload,
    headers::text as headers, attempts`

/** The number of attempts is what tells our claim from a later one of the same row. */
const MARK = `
  update outbox_message
  set status = $3, last_error = $4, next_attempt_at = now() + make_interval(secs => $5), updated_at = now()
  where id = $1 and status = 'sending' and attempts = $2`

interface ClaimedRow {
  readonly id: string
  readonly message_id: string
  readonly type: string | null
  readonly exchange: string
  readonly routing_key: string
  readonly payload: string
  readonly headers: string | null
  readonly attempts: number
}

export interface RelayOptions {
  readonly pool: Pool
  readonly broker: Broker
  /** Routing keys that begin like this belong to another relay, which is dead. */
  readonly notOurs: string
  readonly log: HostLog
}

/** A relay as services run one: claim, publish, mark, again. Runs until `signal` is aborted. */
export async function runRelay(options: RelayOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const { rows } = await options.pool.query<ClaimedRow>(CLAIM, [options.notOurs])
      // The server returns them in any order.
      for (const row of rows.sort(byId)) await deliver(row, options, signal)
      if (rows.length < BATCH_ROWS_MAX) await sleep(IDLE_PAUSE_MS, undefined, { signal })
    } catch (error) {
      if (signal.aborted) return
      options.log.warn({ err: error }, 'the simulated relay failed; it goes on')
      await sleep(TROUBLE_PAUSE_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

function byId(a: ClaimedRow, b: ClaimedRow): number {
  return Number(BigInt(a.id) - BigInt(b.id))
}

async function deliver(row: ClaimedRow, { pool, broker }: RelayOptions, signal: AbortSignal): Promise<void> {
  const outcome = await relayed(row, broker, signal)
  if (outcome.outcome === 'confirmed') {
    await pool.query(MARK, [row.id, row.attempts, 'sent', null, null])
    return
  }
  const isLast = row.attempts >= ATTEMPTS_MAX
  await pool.query(MARK, [
    row.id,
    row.attempts,
    isLast ? 'failed' : 'pending',
    outcome.reason,
    isLast ? null : BACKOFF_SEC * row.attempts,
  ])
}

/** A channel for each message: an exchange that is missing closes it, and neighbours must not suffer. */
async function relayed(row: ClaimedRow, broker: Broker, signal: AbortSignal): Promise<PublishOutcome> {
  const publisher = await broker.openPublisher(signal)
  try {
    return await publish(
      publisher,
      {
        messageId: row.message_id,
        type: row.type,
        destination: { exchange: row.exchange, routingKey: row.routing_key },
        payload: row.payload,
        headers: row.headers,
        redriveHeaders: {},
      },
      signal,
    )
  } finally {
    await publisher.close()
  }
}
