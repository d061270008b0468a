import type { Client } from 'pg'
import { checkBackDefaults } from '../domain/check-back.ts'
import type { CheckBackConfig } from '../domain/check-back.ts'
import { checkFates } from './check-service.ts'
import type { CheckFate } from './check-service.ts'

/**
 * A service that cannot store its message and book a room in one transaction: it stores a half message, books, and confirms.
 * It died between the two, and some of its half messages wait.
 */
export const BOOKINGS = { source: 'bookings', database: 'bookings', environment: 'development' } as const

const HALVES_OF_EACH = 4
const WAITS_MINUTES = 9
/** Quick enough for somebody who watches. */
const EVERY_SEC = 15
const TIMEOUT_MS = 1_000

/** `bk-yes-1`: the fate is in the id, so that one can see that what was asked was answered. */
export function bookingFate(messageId: string): CheckFate | null {
  const fate = messageId.split('-')[1]
  return checkFates.find((one) => one === fate) ?? null
}

const INSERT = `
  insert into outbox_message (chain_key, message_id, exchange, routing_key, type, payload, status, created_at)
  select 'booking-' || fate || '-' || n, 'bk-' || fate || '-' || n, 'payments', 'payments.captured', 'RoomBooked',
    jsonb_build_object('booking', 'bk-' || fate || '-' || n, 'nights', n), 'prepared',
    now() - make_interval(mins => ${WAITS_MINUTES} + n)
  from unnest($1::text[]) fate, generate_series(1, ${HALVES_OF_EACH}) n`

/** Half messages of every fate, and some that the producer has never heard of. */
export async function seedBookings(client: Client): Promise<void> {
  await client.query(INSERT, [[...checkFates, 'lost']])
}

/** Not switched on: whoever looks does that. */
export function bookingsCheckBack(url: string): CheckBackConfig {
  return {
    ...checkBackDefaults,
    everySec: EVERY_SEC,
    againSec: EVERY_SEC,
    checksMax: 3,
    call: {
      method: 'GET',
      url: `${url}/check/{messageId}`,
      timeoutMs: TIMEOUT_MS,
      answerBytesMax: 4_096,
    },
    answers: [
      { at: '/state', equals: 'done', means: 'commit' },
      { at: '/state', equals: 'rolled-back', means: 'rollback' },
      { status: 404, at: '/state', equals: 'never-heard-of', means: 'rollback' },
    ],
  }
}
