import type { Channel, ConsumeMessage } from 'amqplib'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { classify } from './classify.ts'
import { attendThrows } from './dial.ts'
import type { Dialed } from './dial.ts'
import { offsetOf } from './stream-record.ts'
import { endedWithin, within } from './waiting.ts'

/** For one answer of the broker. */
const ANSWER_TIMEOUT_MS = 10_000
/** The broker has answered that it sent what there is: nothing more within this time, and that was all. */
const QUIET_MS = 250
const CLOSE_TIMEOUT_MS = 3_000
/** Shown in the broker's list of consumers. Tags are counted by channel, and each reading has one of its own. */
const CONSUMER_TAG = 'redrive reads a stream'

/** Where to begin. A time in seconds leads to the first chunk that was stored then or later. */
export type StreamStart =
  | 'first'
  | 'last'
  | { readonly '!': 'int64'; readonly value: bigint }
  | { readonly '!': 'timestamp'; readonly value: number }

export interface StreamMessage {
  readonly offset: bigint
  readonly message: ConsumeMessage
}

export interface StreamReading {
  readonly stream: string
  readonly start: StreamStart
  /** Messages that the broker sends ahead. */
  readonly ahead: number
}

export interface StreamConsumerOptions extends StreamReading {
  readonly dialed: Dialed
  readonly detail: ErrorDetail
  readonly clock: Clock
  readonly log: Log
}

/**
 * A consumer of a stream that is known to be one. Its acknowledgements are credit and nothing else: no offset is stored,
 * nothing is taken out, and it is gone when it is closed.
 */
export class StreamConsumer {
  readonly #options: StreamConsumerOptions
  readonly #channel: Channel
  #arrived: StreamMessage[] = []
  #unpaid: ConsumeMessage | null = null
  #failure: RedriveError | null = null
  #wake = Promise.withResolvers<void>()

  private constructor(options: StreamConsumerOptions, channel: Channel) {
    this.#options = options
    this.#channel = channel
    channel.on('error', (error: Error) => this.#fail(classify(error, options.detail, false)))
    channel.on('close', () => this.#fail(this.#lost('channel closed')))
    attendThrows(channel, options.log)
    void options.dialed.ended.then((error) => this.#fail(error))
  }

  static async open(options: StreamConsumerOptions, signal: AbortSignal): Promise<StreamConsumer> {
    const consumer = new StreamConsumer(options, await options.dialed.model.createChannel())
    const { stream, start, ahead } = options
    await consumer.#answer(async () => {
      await consumer.#channel.prefetch(ahead)
      await consumer.#channel.consume(stream, (message) => consumer.#take(message), {
        consumerTag: CONSUMER_TAG,
        arguments: { 'x-stream-offset': start },
      })
    }, signal)
    return consumer
  }

  /** What has come, at least one; empty: the broker has no more at present. The one before counts as used up. */
  async next(signal: AbortSignal): Promise<readonly StreamMessage[]> {
    this.#pay()
    if (this.#arrived.length === 0) await this.#untilQuiet(signal)
    if (this.#arrived.length === 0) this.#throwFailure()
    const taken = this.#arrived
    this.#arrived = []
    this.#unpaid = taken.at(-1)?.message ?? null
    return taken
  }

  async close(): Promise<void> {
    const goodbye = async (): Promise<void> => {
      await this.#channel.cancel(CONSUMER_TAG)
      await this.#channel.close()
    }
    await endedWithin(goodbye(), CLOSE_TIMEOUT_MS, this.#options.clock)
  }

  #take(message: ConsumeMessage | null): void {
    const { stream, detail } = this.#options
    // The broker has ended the consumer: the stream was deleted, or its node went.
    if (message === null) return this.#fail(missing(stream))
    const offset = offsetOf(message)
    // Made anew as a queue meanwhile: without an acknowledgement it goes back.
    if (offset === null) {
      const type = 'unknown'
      return this.#fail(new RedriveError('not-a-stream', 'never', { ...detail, queue: stream, type }))
    }
    this.#arrived.push({ offset, message })
    this.#wake.resolve()
  }

  #pay(): void {
    if (this.#unpaid === null || this.#failure !== null) return
    this.#channel.ack(this.#unpaid, true)
    this.#unpaid = null
  }

  /** An answer on the same channel comes after everything that the broker could send before it. */
  async #untilQuiet(signal: AbortSignal): Promise<void> {
    this.#throwFailure()
    await this.#answer(() => this.#channel.prefetch(this.#options.ahead), signal)
    if (this.#arrived.length > 0 || this.#failure !== null) return
    this.#wake = Promise.withResolvers<void>()
    await endedWithin(this.#wake.promise, QUIET_MS, this.#options.clock)
    signal.throwIfAborted()
  }

  async #answer(ask: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    const { clock, detail } = this.#options
    try {
      const onTimeout = (): Error => this.#lost('no answer in time')
      await within({ work: ask(), timeoutMs: ANSWER_TIMEOUT_MS, clock, onTimeout }, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw this.#failure ?? classify(error, detail, false)
    }
  }

  #fail(error: RedriveError): void {
    this.#failure ??= error.code === 'exchange-missing' ? missing(this.#options.stream) : error
    this.#wake.resolve()
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure
  }

  #lost(reason: string): RedriveError {
    return new RedriveError('connection-lost', 'later', { ...this.#options.detail, reason })
  }
}

export function missing(stream: string): RedriveError {
  return new RedriveError('topic-missing', 'never', { reason: `no stream '${stream}'` })
}
