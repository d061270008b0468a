import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { HostLog } from '../ports/surroundings.ts'
import { jsonText, SECOND } from './draft.ts'
import type { Draft } from './draft.ts'
import { newOrder, orderMessage, stepsOf } from './order-messages.ts'
import type { DueStep } from './order-messages.ts'
import { newEmployee, payMessage } from './payroll-messages.ts'
import type { Random } from './random.ts'

/** A sandbox that is left running does not fill the disk. */
export const LIVE_ROWS_MAX = 3_000
const OPEN_STEPS_MAX = 400
const PAUSE_SEC_MIN = 2
const PAUSE_SEC_MAX = 5
/** An hour of the story takes 30 seconds here. */
const LIVE_PACE = 1 / 120
const EMPLOYEES = 400

const INSERT = `
  insert into outbox_message (prev_id, chain_key, message_id, exchange, routing_key, type, payload, headers,
                              next_attempt_at)
  values ((select max(id) from outbox_message where chain_key = $1), $1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8)`

/** Gives the next message that the service writes. */
export type Service = () => Draft

export function liveShop(random: Random, firstOrder: number): Service {
  const upcoming: DueStep[] = []
  let number = firstOrder
  return () => {
    const now = Date.now()
    const [next] = upcoming
    if (next === undefined || (next.at > now && upcoming.length < OPEN_STEPS_MAX)) {
      upcoming.push(...stepsOf(random, newOrder(random, number), now, LIVE_PACE))
      upcoming.sort((a, b) => a.at - b.at)
      number += 1
    }
    const due = upcoming.shift()
    if (due === undefined) throw new RangeError('an order has steps')
    return orderMessage(random, { ...due, at: now })
  }
}

export function livePayroll(random: Random): Service {
  return () => {
    const step = random.chance(0.04) ? 'garnishment' : 'expense'
    return payMessage(random, {
      employee: newEmployee(random, random.int(1, EMPLOYEES)),
      step,
      at: Date.now(),
    })
  }
}

/** Writes a message every few seconds, until `signal` is aborted or LIVE_ROWS_MAX is reached. */
export async function runService(
  options: {
    readonly pool: Pool
    readonly service: Service
    readonly random: Random
    readonly log: HostLog
  },
  signal: AbortSignal,
): Promise<void> {
  for (let written = 0; written < LIVE_ROWS_MAX && !signal.aborted; written += 1) {
    try {
      const pauseMs = options.random.int(PAUSE_SEC_MIN * SECOND, PAUSE_SEC_MAX * SECOND)
      await sleep(pauseMs, undefined, { signal })
      await write(options.pool, options.service())
    } catch (error) {
      if (!signal.aborted)
        options.log.warn({ err: error }, 'the simulated service could not write; it goes on')
    }
  }
}

async function write(pool: Pool, draft: Draft): Promise<void> {
  await pool.query(INSERT, [
    draft.chainKey,
    draft.messageId,
    draft.exchange,
    draft.routingKey,
    draft.type,
    jsonText(draft.payload),
    jsonText(draft.headers),
    draft.dueAt === null ? null : new Date(draft.dueAt).toISOString(),
  ])
}
