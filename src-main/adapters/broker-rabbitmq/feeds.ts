import type { Channel } from 'amqplib'
import { RedriveError } from '../../domain/errors.ts'
import type { DelayedPlace, Feeds } from '../../ports/feeds.ts'
import { addressDetail } from './address.ts'
import { classify } from './classify.ts'
import { attendThrows, dial } from './dial.ts'
import type { Dialed, DialOptions } from './dial.ts'
import { RabbitFeed } from './feed.ts'
import { within } from './waiting.ts'

const ANSWER_TIMEOUT_MS = 10_000
const NOT_FOUND = 404
/** The delayed-message plugin's kind of exchange. A broker without it ends the connection over it. */
const DELAYED_TYPE = 'x-delayed-message'

interface Asking {
  /** On a channel of its own, which the broker closes with some answers. */
  readonly question: <T>(
    dialed: Dialed,
    ask: (channel: Channel) => Promise<T>,
    signal: AbortSignal,
  ) => Promise<T>
  readonly isThere: (
    dialed: Dialed,
    ask: (channel: Channel) => Promise<unknown>,
    signal: AbortSignal,
  ) => Promise<boolean>
  /** On a connection of its own. */
  readonly dialled: <T>(work: (dialed: Dialed) => Promise<T>, signal: AbortSignal) => Promise<T>
  readonly late: () => RedriveError
}

function asking(options: Omit<DialOptions, 'name'>): Asking {
  const { clock, address, log } = options
  const detail = addressDetail(address)
  const late = (): RedriveError =>
    new RedriveError('connection-lost', 'later', { ...detail, reason: 'no answer in time' })

  const question = async <T>(
    dialed: Dialed,
    ask: (channel: Channel) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const channel = await dialed.model.createChannel()
    let closed = false
    channel.on('error', () => undefined)
    channel.on('close', () => (closed = true))
    attendThrows(channel, log)
    try {
      return await within(
        { work: ask(channel), timeoutMs: ANSWER_TIMEOUT_MS, clock, onTimeout: late },
        signal,
      )
    } finally {
      if (!closed) await channel.close().catch(() => undefined)
    }
  }

  const isThere = async (
    dialed: Dialed,
    ask: (channel: Channel) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<boolean> => {
    try {
      await question(dialed, ask, signal)
      return true
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) return false
      throw error
    }
  }

  const dialled = async <T>(work: (dialed: Dialed) => Promise<T>, signal: AbortSignal): Promise<T> => {
    const dialed = await dial({ ...options, name: 'redrive callback' }, signal)
    try {
      return await work(dialed)
    } catch (error) {
      signal.throwIfAborted()
      throw classify(error, detail, false)
    } finally {
      await dialed.hangUp()
    }
  }

  return { question, isThere, dialled, late }
}

/** Queues that a service consumes. Each call, and each feed, has a connection of its own. */
export function openRabbitFeeds(options: Omit<DialOptions, 'name'>): Feeds {
  const { clock, address, log } = options
  const detail = addressDetail(address)
  const { question, isThere, dialled, late } = asking(options)
  return {
    exists: (queue, signal) =>
      dialled((dialed) => isThere(dialed, (channel) => channel.checkQueue(queue), signal), signal),
    delays: (queue, signal) =>
      dialled(async (dialed) => {
        const found: DelayedPlace[] = []
        const waiting = delayQueue(queue)
        const exchange = delayExchange(queue)
        if (await isThere(dialed, (channel) => channel.checkQueue(waiting), signal))
          found.push({ way: 'queue', place: waiting })
        if (await isThere(dialed, (channel) => channel.checkExchange(exchange), signal))
          found.push({ way: 'exchange', place: exchange })
        return found
      }, signal),
    async declare(queue, delayMs, signal) {
      await dialled(
        (dialed) => question(dialed, (channel) => declareQueues(channel, queue, delayMs), signal),
        signal,
      )
      // Last and on a connection of its own, because a broker without the plugin ends it.
      if (delayMs !== null)
        await dialled(
          (dialed) => question(dialed, (channel) => declareDelayed(channel, queue), signal),
          signal,
        ).catch((error: unknown) => {
          signal.throwIfAborted()
          log.info({ queue, reason: String(error) }, 'no-delayed-message-plugin')
        })
    },
    async open(feeding, signal) {
      const dialed = await dial({ ...options, name: `redrive callback ${feeding.place}` }, signal)
      try {
        const work = RabbitFeed.open({ ...feeding, dialed, detail, clock, log })
        return await within({ work, timeoutMs: ANSWER_TIMEOUT_MS, clock, onTimeout: late }, signal)
      } catch (error) {
        await dialed.hangUp()
        signal.throwIfAborted()
        throw openFailed(error, feeding.place, classify(error, detail, false))
      }
    },
  }
}

/** What is published here arrives in the queue after its time to live. */
function delayQueue(queue: string): string {
  return `${queue}.delay`
}

function delayExchange(queue: string): string {
  return `${queue}.delayed`
}

async function declareQueues(channel: Channel, queue: string, delayMs: number | null): Promise<void> {
  await channel.assertQueue(queue, { durable: true })
  if (delayMs === null) return
  await channel.assertQueue(delayQueue(queue), {
    durable: true,
    messageTtl: delayMs,
    deadLetterExchange: '',
    deadLetterRoutingKey: queue,
  })
}

async function declareDelayed(channel: Channel, queue: string): Promise<void> {
  const exchange = delayExchange(queue)
  await channel.assertExchange(exchange, DELAYED_TYPE, {
    durable: true,
    arguments: { 'x-delayed-type': 'direct' },
  })
  await channel.bindQueue(queue, exchange, queue)
}

function openFailed(cause: unknown, queue: string, known: RedriveError): RedriveError {
  // The broker's word for whatever is missing; of a consumer it is the queue.
  return known.code === 'exchange-missing'
    ? new RedriveError('queue-missing', 'never', { queue }, { cause })
    : known
}
