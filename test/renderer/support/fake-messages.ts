import type { MessageState } from '../../../src-preload/contract/messages.ts'
import type { FakeMessage } from './fake-message.ts'
import { iso } from './fake-world.ts'

const TYPES = [
  { type: 'OrderPaid', exchange: 'orders', routingKey: 'order.paid', key: 'O' },
  { type: 'OrderShipped', exchange: 'orders', routingKey: 'order.shipped', key: 'O' },
  { type: 'PaymentCaptured', exchange: 'payments', routingKey: 'payment.captured', key: 'P' },
  { type: 'RefundIssued', exchange: 'payments', routingKey: 'payment.refunded', key: 'P' },
  { type: 'SettlementClosed', exchange: 'reporting', routingKey: 'settlement.closed.eu-central', key: 'S' },
  { type: 'StockReserved', exchange: 'inventory', routingKey: 'stock.reserved', key: 'W' },
] as const

const ERRORS = [
  'confirm timeout after 30000 ms',
  'basic.return 312 NO_ROUTE: no queue bound for routing key',
  'connection reset by peer (10.4.7.21:5672)',
  'channel closed: 404 NOT_FOUND - no exchange in vhost /',
] as const

/** mulberry32: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface MakeMessages {
  readonly count: number
  readonly nowMs: number
  readonly seed?: number
  /** The weight of each state. */
  readonly mix?: Partial<Record<MessageState, number>>
}

const MIX: Partial<Record<MessageState, number>> = {
  sent: 70,
  failed: 20,
  pending: 7,
  'in-flight': 1,
  retrying: 2,
}
const STEP_MS = 7_000

/** A shop's outbox, the newest a few seconds old. */
export function makeMessages({ count, nowMs, seed = 1, mix = MIX }: MakeMessages): FakeMessage[] {
  const next = random(seed)
  const states = Object.entries(mix).flatMap(([state, weight]) =>
    Array<MessageState>(weight).fill(state as MessageState),
  )
  return Array.from({ length: count }, (_, index) => {
    const state = states[Math.floor(next() * states.length)] ?? 'sent'
    return makeMessage({ row: index + 1, ageMs: (count - index) * STEP_MS, nowMs, state, next })
  })
}

interface MakeMessage {
  readonly row: number
  readonly ageMs: number
  readonly nowMs: number
  readonly state: MessageState
  readonly next: () => number
}

function makeMessage({ row, ageMs, nowMs, state, next }: MakeMessage): FakeMessage {
  const kind = TYPES[Math.floor(next() ** 2 * TYPES.length)] ?? TYPES[0]
  const order = 1_000 + Math.floor(next() * 400)
  const id = String(880_000 + row)
  const attempts =
    { failed: 3, retrying: 1 + Math.floor(next() * 2), sent: 1, 'in-flight': 1 }[state as string] ?? 0
  const createdAt = iso(nowMs - ageMs)
  const payload = JSON.stringify(
    {
      event: kind.type,
      orderId: `${kind.key}-${order}`,
      amount: { value: (next() * 400).toFixed(2), currency: 'EUR' },
      lines: [{ sku: 'A-17', quantity: 2 }],
      occurredAt: createdAt,
    },
    null,
    2,
  )
  return {
    id,
    version: `v${row}`,
    messageId: `m-${id}-${Math.floor(next() * 0xffffffff)
      .toString(16)
      .padStart(8, '0')}-4c1e`,
    state,
    trouble: null,
    attempts,
    attemptsMax: 3,
    type: kind.type,
    destination: { exchange: kind.exchange, routingKey: kind.routingKey },
    chain: { key: `${kind.key}-${order}`, previousId: row > 40 ? String(880_000 + row - 40) : null },
    createdAt,
    updatedAt: iso(nowMs - ageMs * 0.8),
    nextAttemptAt: state === 'retrying' ? iso(nowMs + 42_000) : null,
    lastError:
      state === 'failed' || state === 'retrying'
        ? (ERRORS[Math.floor(next() ** 1.6 * ERRORS.length)] ?? ERRORS[0])
        : null,
    payload,
    headers: JSON.stringify(
      { 'content-type': 'application/json', 'x-trace-id': `4bf92f35${id}`, 'x-tenant': 'eu-central' },
      null,
      2,
    ),
    masked: null,
    deeds: [],
    notes: [],
    assignment: null,
    heldBy: null,
    undo: null,
  }
}
