import { openMemoryBroker } from '../adapters/broker-memory/memory-broker.ts'
import type { MemoryBroker, MemoryBrokerOptions } from '../adapters/broker-memory/memory-broker.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { publish } from '../ports/broker.ts'
import type { Broker, Publisher } from '../ports/broker.ts'
import { SECOND } from './draft.ts'
import {
  LEDGER_CHECKS,
  LEDGER_CONFIRMATIONS,
  LEDGER_EXCHANGE,
  LEDGER_KEY,
  LEDGER_QUEUE,
} from './ledger-names.ts'
import type { Random } from './random.ts'
import { failSome, fillDeadLetters } from './sandbox-dead-letters.ts'
import { SETTLEMENT_KEY } from './settlement-messages.ts'

const LATENCY_MS = 3
const CONFIRM_TIMEOUT_MS = 2 * SECOND
const ANSWERS_LOST_SHARE = 0.25
const FULL_LENGTH = 200
/** Consumers leave this many in each queue, so that a look into one shows something. */
const QUEUE_KEEPS = 500
const CONSUME_EVERY_MS = 10 * SECOND

const EXCHANGES = ['orders', 'payments', 'shipments', 'payroll', LEDGER_EXCHANGE]
/** There is no exchange `loyalty`, and nothing is bound for gift cards and garnishments. */
const HEALTHY: readonly {
  readonly queue: string
  readonly exchange: string
  readonly keys: readonly string[]
}[] = [
  { queue: 'fulfilment', exchange: 'orders', keys: ['orders.placed', 'orders.cancelled'] },
  { queue: 'engagement', exchange: 'orders', keys: ['orders.review'] },
  { queue: 'bookkeeping', exchange: 'payments', keys: ['payments.captured', 'payments.refunded'] },
  {
    queue: 'notifications',
    exchange: 'shipments',
    keys: ['shipments.*.dispatched', 'shipments.*.delivered'],
  },
  { queue: 'salaries', exchange: 'payroll', keys: ['salary.*'] },
  { queue: 'documents', exchange: 'payroll', keys: ['payslip.*', 'bonus.*', 'expense.*'] },
  { queue: 'tax-office', exchange: 'payroll', keys: ['settlement.tax'] },
]
/** Nobody consumes these any more, and they reject what comes. */
const FULL = [
  { queue: 'settlements', exchange: 'payments', key: SETTLEMENT_KEY },
  { queue: 'bank-transfers', exchange: 'payroll', key: 'settlement.bank' },
]
/** The carrier's gateway: what goes there is mostly stored, but the answer may not come back. */
const LOSES_ANSWERS = /^shipments\.[a-z]+\.delivered$/

export interface SandboxBroker {
  /** Another hold of the same broker: closing it closes what was opened through it, and nothing else. */
  open(): Broker
  /** Takes the oldest messages out of a queue, as a consumer does. */
  take: MemoryBroker['take']
  /** Puts a message about another one into a queue, as a service does that is no outbox. */
  tell(queue: string, messageId: string, payload: string): Promise<void>
  close(): Promise<void>
}

/** The broker that the shop and Redrive share, set up so that a resend can meet every outcome. */
export async function startBroker(random: Random, signal: AbortSignal): Promise<SandboxBroker> {
  const broker = openMemoryBroker({
    clock: systemClock(),
    latencyMs: LATENCY_MS,
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    faultOf: faults(random),
  })
  for (const exchange of EXCHANGES) broker.declareExchange(exchange, 'topic')
  for (const { queue, exchange, keys } of HEALTHY) {
    broker.declareQueue(queue)
    for (const key of keys) broker.bind(queue, exchange, key)
  }
  // The ledger's receiver consumes it.
  broker.declareQueue(LEDGER_QUEUE)
  broker.bind(LEDGER_QUEUE, LEDGER_EXCHANGE, LEDGER_KEY)
  broker.declareQueue(LEDGER_CONFIRMATIONS)
  broker.declareQueue(LEDGER_CHECKS)
  for (const { queue, exchange, key } of FULL) {
    broker.declareQueue(queue, FULL_LENGTH)
    broker.bind(queue, exchange, key)
    await fill(broker, { exchange, routingKey: key }, signal)
  }
  await fillDeadLetters(broker, random, signal)
  const consumers = setInterval(() => {
    consume(broker)
    // It stops when the sandbox is closed; a message that is lost then is lost with its broker.
    failSome(broker, random, signal).catch(() => undefined)
  }, CONSUME_EVERY_MS)
  consumers.unref()
  let telling: Promise<Publisher> | null = null
  return {
    open: () => hold(broker),
    take: (queue, limit) => broker.take(queue, limit),
    async tell(queue, messageId, payload) {
      telling ??= broker.openPublisher(signal)
      const destination = { exchange: '', routingKey: queue }
      const about = { messageId, type: null, destination, payload, headers: null, redriveHeaders: {} }
      await publish(await telling, about, signal)
    },
    close: async () => {
      clearInterval(consumers)
      await broker.close()
    },
  }
}

function faults(random: Random): NonNullable<MemoryBrokerOptions['faultOf']> {
  return ({ destination }) => {
    if (!LOSES_ANSWERS.test(destination.routingKey) || !random.chance(ANSWERS_LOST_SHARE)) return null
    return { fault: random.chance(0.8) ? 'answer-lost' : 'message-lost' }
  }
}

async function fill(
  broker: MemoryBroker,
  destination: { readonly exchange: string; readonly routingKey: string },
  signal: AbortSignal,
): Promise<void> {
  const publisher = await broker.openPublisher(signal)
  const waiting = Array.from({ length: FULL_LENGTH }, (_, index) =>
    publish(
      publisher,
      {
        messageId: `backlog-${destination.routingKey}-${index + 1}`,
        type: null,
        destination,
        payload: '{}',
        headers: null,
        redriveHeaders: {},
      },
      signal,
    ),
  )
  await Promise.all(waiting)
  await publisher.close()
}

function consume(broker: MemoryBroker): void {
  for (const { queue } of HEALTHY) {
    const surplus = broker.messages(queue).length - QUEUE_KEEPS
    if (surplus > 0) broker.take(queue, surplus)
  }
}

function hold(broker: MemoryBroker): Broker {
  const watching = new Set<() => void>()
  const publishers = new Set<Publisher>()
  return {
    state: () => broker.state(),
    watch: (listener) => {
      const stop = broker.watch(listener)
      watching.add(stop)
      return () => {
        watching.delete(stop)
        stop()
      }
    },
    report: (signal) => broker.report(signal),
    checkDestinations: (destinations, signal) => broker.checkDestinations(destinations, signal),
    queueDepth: (queue, signal) => broker.queueDepth(queue, signal),
    ...(broker.deadLetters ? { deadLetters: broker.deadLetters } : {}),
    ...(broker.queues ? { queues: broker.queues } : {}),
    ...(broker.feeds ? { feeds: broker.feeds } : {}),
    openPublisher: async (signal) => {
      const opened = await broker.openPublisher(signal)
      const publisher: Publisher = {
        send: (message, aborted, answered) => opened.send(message, aborted, answered),
        close: async () => {
          publishers.delete(publisher)
          await opened.close()
        },
      }
      publishers.add(publisher)
      return publisher
    },
    close: async () => {
      for (const stop of watching) stop()
      watching.clear()
      await Promise.all([...publishers].map((publisher) => publisher.close()))
    },
  }
}
