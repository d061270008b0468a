import type { Channel } from 'amqplib'
import { RedriveError } from '../../domain/errors.ts'
import { isTopic } from '../../domain/message.ts'
import type { Place } from '../../domain/message.ts'
import type { BrokerReport, DestinationCheck } from '../../ports/broker.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { addressDetail } from './address.ts'
import type { RabbitAddress } from './address.ts'
import { classify } from './classify.ts'
import { attendThrows } from './dial.ts'
import { SHORT_STRING_BYTES_MAX } from './headers.ts'
import type { Line, Link } from './link.ts'
import { within } from './waiting.ts'

/** For one question on the looking connection. */
const LOOK_TIMEOUT_MS = 5_000
const LATENCY_ROUNDS = 3

export interface LookOptions {
  readonly link: Link
  readonly address: RabbitAddress
  readonly clock: Clock
  readonly log: Log
}

/** True, false, or null where the broker does not let us look. */
export type Exists = boolean | null

/** Questions to the broker, each on a throw-away channel: the answer "no such exchange" closes it. */
export class Look {
  readonly #options: LookOptions
  /** Questions under way, so that a burst asks once. */
  readonly #asking = new Map<string, Promise<Exists>>()

  constructor(options: LookOptions) {
    this.#options = options
  }

  async exchangeExists(exchange: string, signal: AbortSignal): Promise<Exists> {
    if (exchange === '') return true
    return await this.#ask(
      `exchange ${exchange}`,
      exchange,
      (channel) => channel.checkExchange(exchange),
      signal,
    )
  }

  /** The default exchange always exists; what matters there is the queue of the routing key's name. */
  async destinations<Asked extends Place>(
    destinations: readonly Asked[],
    signal: AbortSignal,
  ): Promise<DestinationCheck<Asked>[]> {
    const checks: DestinationCheck<Asked>[] = []
    const known = new Map<string, Exists>()
    for (const destination of destinations) {
      if (isTopic(destination)) {
        checks.push({ destination, exists: false })
        continue
      }
      const { exchange, routingKey } = destination
      const key = exchange === '' ? `queue ${routingKey}` : `exchange ${exchange}`
      let exists = known.get(key)
      if (exists === undefined) {
        exists =
          exchange === ''
            ? await this.#ask(key, routingKey, (channel) => channel.checkQueue(routingKey), signal)
            : await this.exchangeExists(exchange, signal)
        known.set(key, exists)
      }
      checks.push({ destination, exists })
    }
    return checks
  }

  /** Null where the queue does not exist. Throws `permission-denied`. */
  async queueDepth(queue: string, signal: AbortSignal): Promise<number | null> {
    if (Buffer.byteLength(queue) > SHORT_STRING_BYTES_MAX) return null
    const line = await this.#options.link.ready(signal)
    const work = this.#onChannel(line, (channel) => channel.checkQueue(queue))
    try {
      return (await this.#timed(work, signal)).messageCount
    } catch (error) {
      if (error instanceof RedriveError && error.code === 'exchange-missing') return null
      throw error
    }
  }

  async report(signal: AbortSignal): Promise<BrokerReport> {
    const line = await this.#options.link.ready(signal)
    const latencies: number[] = []
    for (let round = 0; round < LATENCY_ROUNDS; round++) {
      const startedAt = performance.now()
      await this.#timed(
        line.model.createChannel().then((channel) => channel.close()),
        signal,
      )
      latencies.push(performance.now() - startedAt)
    }
    const median = latencies.sort((a, b) => a - b)[Math.floor(LATENCY_ROUNDS / 2)] ?? 0
    const { product, version } = line.model.connection.serverProperties
    return { product: String(product), version: String(version), latencyMs: Math.round(median * 100) / 100 }
  }

  /** The signal ends this caller's waiting, not the question, which others may share. */
  async #ask(
    key: string,
    name: string,
    question: (channel: Channel) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<Exists> {
    // The protocol has no longer names; amqplib would throw.
    if (Buffer.byteLength(name) > SHORT_STRING_BYTES_MAX) return false
    const line = await this.#options.link.ready(signal)
    let asking = this.#asking.get(key)
    if (asking === undefined) {
      asking = this.#question(line, question).finally(() => this.#asking.delete(key))
      this.#asking.set(key, asking)
    }
    return await this.#timed(asking, signal)
  }

  async #question(line: Line, question: (channel: Channel) => Promise<unknown>): Promise<Exists> {
    try {
      await this.#onChannel(line, question)
      return true
    } catch (error) {
      return answerOf(error)
    }
  }

  /** On a channel of its own, which the broker closes where the answer is no. */
  async #onChannel<T>(line: Line, question: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await line.model.createChannel()
    channel.on('error', () => undefined)
    attendThrows(channel, this.#options.log)
    const answer = await question(channel)
    await channel.close()
    return answer
  }

  async #timed<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, address } = this.#options
    const onTimeout = (): Error =>
      new RedriveError('connection-lost', 'later', { ...addressDetail(address), reason: 'no answer in time' })
    try {
      return await within({ work, timeoutMs: LOOK_TIMEOUT_MS, clock, onTimeout }, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw classify(error, addressDetail(address), false)
    }
  }
}

const NOT_FOUND = 404
const ACCESS_REFUSED = 403
/** A queue that another connection holds exclusively: it is there. */
const RESOURCE_LOCKED = 405

function answerOf(error: unknown): Exists {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === NOT_FOUND) return false
  if (code === ACCESS_REFUSED) return null
  if (code === RESOURCE_LOCKED) return true
  throw error
}
