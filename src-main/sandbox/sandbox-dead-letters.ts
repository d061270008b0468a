import type { MemoryBroker } from '../adapters/broker-memory/memory-broker.ts'
import type { StoredMessage } from '../adapters/broker-memory/topology.ts'
import { own } from '../domain/dead-letter/own-headers.ts'
import type { OutgoingMessage } from '../domain/outcome.ts'
import { publish } from '../ports/broker.ts'
import { MINUTE, SECOND } from './draft.ts'
import type { Random } from './random.ts'

/** Where messages end that the fulfilment service cannot take. */
export const DEAD_LETTER_QUEUE = 'fulfilment.dead'
const FAILING_QUEUE = 'fulfilment'
const DEAD_LETTERS_MAX = 400
/** Messages that the failing service takes at a time; about every second one dies. */
const TAKEN_AT_A_TIME = 4
const FIRST_DEATHS_AGO = 90 * MINUTE

interface Cause {
  readonly count: number
  /** What the consumer wrote; null: it rejected the message, and the broker wrote that down. */
  readonly error: ((n: number) => string) | null
  readonly reason: 'rejected' | 'expired'
  /** How often it was redriven before. */
  readonly redriven?: number
}

const CAUSES: readonly Cause[] = [
  { count: 64, error: (n) => `Order ${90_000 + n} not found for customer ${1_200 + n}`, reason: 'rejected' },
  { count: 31, error: (n) => `connect ECONNREFUSED 10.20.${n % 9}.14:5432`, reason: 'rejected' },
  { count: 22, error: null, reason: 'rejected' },
  { count: 9, error: null, reason: 'expired' },
  { count: 5, error: () => "Unknown field 'giftWrap' in OrderPlaced", reason: 'rejected', redriven: 3 },
]

/** Dead letters from before the console was opened. */
export async function fillDeadLetters(
  broker: MemoryBroker,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  broker.declareQueue(DEAD_LETTER_QUEUE, DEAD_LETTERS_MAX)
  const publisher = await broker.openPublisher(signal)
  const letters = CAUSES.flatMap((cause, kind) =>
    Array.from({ length: cause.count }, (_, n) => letterOf(cause, `dead-${kind}-${n + 1}`, n, random)),
  )
  await Promise.all(letters.map((letter) => publish(publisher, letter, signal)))
  await publisher.close()
}

/** The fulfilment service at work: some of what it takes it cannot take. */
export async function failSome(broker: MemoryBroker, random: Random, signal: AbortSignal): Promise<void> {
  const taken = broker.take(FAILING_QUEUE, TAKEN_AT_A_TIME).filter(() => random.chance(0.5))
  const [cause] = CAUSES
  if (taken.length === 0 || cause === undefined) return
  const publisher = await broker.openPublisher(signal)
  await Promise.all(taken.map((message, n) => publish(publisher, died(message, cause, n), signal)))
  await publisher.close()
}

function letterOf(cause: Cause, messageId: string, n: number, random: Random): OutgoingMessage {
  const at = Date.now() - Math.floor(random.next() * FIRST_DEATHS_AGO)
  return {
    messageId,
    type: 'OrderPlaced',
    destination: { exchange: '', routingKey: DEAD_LETTER_QUEUE },
    payload: JSON.stringify({ order: 90_000 + n, lines: 1 + (n % 4), currency: 'EUR' }),
    headers: JSON.stringify(headersOf(cause, n, at)),
    redriveHeaders: cause.redriven === undefined ? {} : redriveHeaders(messageId, cause.redriven),
  }
}

/** As it was stored, with what the broker and the service write when a message dies. */
function died(message: StoredMessage, cause: Cause, n: number): OutgoingMessage {
  const { messageId, type, payload, headers, redriveHeaders, copy } = message
  const before = JSON.parse(headers ?? '{}') as object
  const head = { messageId, type, payload, redriveHeaders }
  const destination = { exchange: '', routingKey: DEAD_LETTER_QUEUE }
  const added = headersOf(cause, n, Date.now())
  if (copy !== undefined) {
    return { ...head, headers: null, destination, copy: { ...copy, headers: { ...copy.headers, ...added } } }
  }
  return { ...head, destination, headers: JSON.stringify({ ...before, ...added }) }
}

function headersOf({ error, reason }: Cause, n: number, atMs: number): Record<string, unknown> {
  const death = {
    count: 1,
    reason,
    queue: FAILING_QUEUE,
    time: Math.floor(atMs / SECOND),
    exchange: 'orders',
    'routing-keys': ['orders.placed'],
  }
  return {
    'x-death': [death],
    'x-first-death-queue': FAILING_QUEUE,
    'x-first-death-reason': reason,
    'x-first-death-exchange': 'orders',
    ...(error === null ? {} : { 'x-exception-message': error(n) }),
  }
}

function redriveHeaders(messageId: string, times: number): Record<string, string | number> {
  return {
    [own.id]: `sandbox-${messageId}`,
    [own.times]: times,
    [own.originQueue]: FAILING_QUEUE,
    [own.originExchange]: 'orders',
    [own.originKey]: 'orders.placed',
  }
}
