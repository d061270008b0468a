import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { startReceiver } from '../../resources/receiver/receiver.ts'
import type { ChainedMessage, ReceiverEvent } from '../../resources/receiver/receiver.ts'
import type { EventFingerprint } from '../domain/same-event.ts'
import type { EvidenceConfig } from '../domain/workspace.ts'
import type { HostLog } from '../ports/surroundings.ts'
import { SECOND } from './draft.ts'
import { ledgerWords } from './ledger-callback.ts'
import { openLedgerChannel } from './ledger-channel.ts'
import { LEDGER_EXCHANGE, LEDGER_KEY, LEDGER_QUEUE } from './ledger-names.ts'
import type { Random } from './random.ts'
import type { SandboxBroker } from './sandbox-broker.ts'

/** The three pictures, one account each, and a fourth: a hole that nobody can fill, before which the receiver stands. */
export const ACCOUNTS = {
  normal: 'account-1001',
  doubled: 'account-2002',
  lostOnce: 'account-3003',
  deleted: 'account-4004',
} as const

/** Behind the hole nothing more is booked: each message that waits holds the receiver up for a moment. */
const GOING_ON = [ACCOUNTS.normal, ACCOUNTS.doubled, ACCOUNTS.lostOnce]

const FIRST_ENTRIES = 6
/** Of each account: the message that the carrier loses, or that somebody deletes before it was sent. */
const HARMED = 4
/** A payment that was clicked twice: two messages, one event. */
const CLICKED_TWICE: readonly number[] = [2, 3]
const CLICKED_AMOUNT = 2_500
const AMOUNT_MAX = 2_000
const ENTRY_EVERY_MS = 20 * SECOND
/** A sandbox that is left running does not fill the disk. */
const ENTRIES_MAX = 500
const CARRY_EVERY_MS = 250
const CARRIED_MAX = 20

/** The same amount on the same account within two minutes is one payment. */
export const LEDGER_FINGERPRINT: EventFingerprint = {
  fields: ['chain_key', { path: ['amount'], in: { column: 'payload' } }],
  windowSec: 120,
}

/** The receiver keeps what it booked for ever, and says how far it has come in each account. */
export const LEDGER_EVIDENCE: EvidenceConfig = {
  table: 'ledger_entry',
  messageId: 'message_id',
  processedAt: 'booked_at',
  retentionSec: null,
  positions: { table: 'receiver_position', chain: 'chain_key', position: 'last_id' },
}

export const LEDGER_TABLES = `
  create table ledger_entry (
    message_id text primary key, chain_key text not null, message_row bigint not null,
    taken_by text not null, booked_at timestamptz not null default now());
  create table ledger_event (
    n bigint generated always as identity primary key, event text not null, chain_key text not null,
    message_row bigint not null, at timestamptz not null default now())`

/** The headers carry the message's place in its chain, so the number is drawn first. */
const BOOK = `
  with drawn as (
    select nextval(pg_get_serial_sequence('outbox_message', 'id')) as id,
      (select max(id) from outbox_message where chain_key = $1) as prev)
  insert into outbox_message (id, prev_id, chain_key, message_id, exchange, routing_key, type, payload, headers)
  overriding system value
  select id, prev, $1, 'booked-' || id, '${LEDGER_EXCHANGE}', '${LEDGER_KEY}', 'Booked', $2::jsonb,
    jsonb_strip_nulls(jsonb_build_object('x-chain-key', $1::text, 'x-chain-id', id::text, 'x-chain-prev-id', prev::text))
  from drawn returning id::text as id`

export interface LedgerOptions {
  readonly pool: Pool
  readonly broker: Pick<SandboxBroker, 'take' | 'tell'>
  readonly random: Random
  readonly log: HostLog
}

/** First entries of every account, before the relay sends any. In the fourth, one is deleted. */
export async function seedLedger(client: Pick<PoolClient, 'query'>, random: Random): Promise<void> {
  for (let entry = 1; entry <= FIRST_ENTRIES; entry += 1) {
    for (const account of Object.values(ACCOUNTS)) {
      const clicked = account === ACCOUNTS.normal && CLICKED_TWICE.includes(entry)
      const id = await book(client, account, clicked ? CLICKED_AMOUNT : newAmount(random))
      if (account === ACCOUNTS.deleted && entry === HARMED + 1) {
        // Its successor names it, as it was written while the row was there.
        await client.query(
          'delete from outbox_message where id = (select prev_id from outbox_message where id = $1)',
          [id],
        )
      }
    }
  }
}

function newAmount(random: Random): number {
  return random.int(1, AMOUNT_MAX)
}

async function book(client: Pick<PoolClient, 'query'>, account: string, amount: number): Promise<string> {
  const entry = JSON.stringify({ account, amount, currency: 'EUR' })
  const { rows } = await client.query<{ id: string }>(BOOK, [account, entry])
  return rows[0]?.id ?? ''
}

/**
 * The reference receiver on the far side of the broker, and a carrier between them that brings one account's messages
 * twice and loses one of another's. Runs until `signal` is aborted; resolves when the receiver has let go.
 */
export async function runLedger(options: LedgerOptions, signal: AbortSignal): Promise<void> {
  const { pool, broker, random, log } = options
  const channel = openLedgerChannel()
  const words = ledgerWords(broker, signal)
  const receiver = await startReceiver({
    ...{ database: pool, outbox: pool, channel, queue: LEDGER_QUEUE },
    handle: takeEffect,
    tell(event) {
      if (event.event === 'handled') words.confirm(event.message.messageId)
      void remember(pool, event).catch((error: unknown) => log.debug({ err: error }, 'not kept'))
    },
  })
  const carriage = newCarriage()
  let lastEntryAt = Date.now()
  try {
    for (let booked = 0; !signal.aborted;) {
      for (const message of broker.take(LEDGER_QUEUE, CARRIED_MAX)) {
        words.checkLater(message.messageId)
        for (let copy = carriage(message.headers); copy > 0; copy -= 1) channel.bring(message)
      }
      if (Date.now() - lastEntryAt >= ENTRY_EVERY_MS && booked < ENTRIES_MAX) {
        lastEntryAt = Date.now()
        for (const account of GOING_ON) await book(pool, account, newAmount(random))
        booked += 1
      }
      await sleep(CARRY_EVERY_MS, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error }, 'the simulated ledger stopped')
  } finally {
    await receiver.stop()
  }
}

async function takeEffect(client: PoolClient, { chain, id, messageId, by }: ChainedMessage): Promise<void> {
  await client.query(
    'insert into ledger_entry (message_id, chain_key, message_row, taken_by) values ($1, $2, $3, $4)',
    [messageId, chain, id, by],
  )
}

/** What was not simply handled: a duplicate that was dropped, a hole that was noticed. A hole that stays is told once. */
async function remember(pool: Pool, event: ReceiverEvent): Promise<void> {
  if (event.event === 'handled' || event.event === 'unchained') return
  const { chain, id } = event.message
  await pool.query(
    `insert into ledger_event (event, chain_key, message_row) select $1::text, $2::text, $3::bigint
     where $1 = 'duplicate' or not exists (select from ledger_event where event = $1 and chain_key = $2 and message_row = $3::bigint)`,
    [event.event, chain, id],
  )
}

/** How often each message arrives. */
function newCarriage(): (headers: string | null) => number {
  let ofLost = 0
  return (headers) => {
    const chain = (JSON.parse(headers ?? '{}') as Readonly<Record<string, unknown>>)['x-chain-key']
    if (chain === ACCOUNTS.doubled) return 2
    if (chain !== ACCOUNTS.lostOnce) return 1
    ofLost += 1
    return ofLost === HARMED ? 0 : 1
  }
}
