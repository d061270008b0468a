import type { Channel, ConsumeMessage } from 'amqplib'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import type { Feed, FeedOptions, FeedRecord } from '../../ports/feeds.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { classify } from './classify.ts'
import { attendThrows } from './dial.ts'
import type { Dialed } from './dial.ts'
import { endedWithin, within } from './waiting.ts'

const ANSWER_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 10_000
const ASK_AGAIN_MS = 250
const SECOND_MS = 1_000

export interface RabbitFeedOptions extends FeedOptions {
  readonly dialed: Dialed
  readonly detail: ErrorDetail
  readonly clock: Clock
  readonly log: Log
}

/** Waits until so many have been handled. */
interface Goal {
  readonly handled: number
  readonly resolve: () => void
  readonly reject: (error: RedriveError) => void
}

/**
 * An exclusive consumer. The broker lets it in only when the one before is gone, and what that one held is back in the queue
 * by then: so nothing is hidden in the hands of a process that died, and what the queue holds is all that there is.
 */
export class RabbitFeed implements Feed {
  readonly #options: RabbitFeedOptions
  readonly #channel: Channel
  readonly #ended = Promise.withResolvers<void>()
  readonly #goals = new Set<Goal>()
  #arrived: ConsumeMessage[] = []
  #inHand = 0
  #handled = 0
  #handling: Promise<void> | null = null
  #closing = false
  #failure: RedriveError | null = null
  #tag: string | null = null

  private constructor(options: RabbitFeedOptions, channel: Channel) {
    this.#options = options
    this.#channel = channel
    this.#ended.promise.catch(() => undefined)
    channel.on('error', (error: Error) => this.#fail(classify(error, options.detail, false)))
    channel.on('close', () => this.#fail(this.#lost('channel closed')))
    attendThrows(channel, options.log)
    void options.dialed.ended.then((error) => this.#fail(error))
  }

  static async open(options: RabbitFeedOptions): Promise<RabbitFeed> {
    const feed = new RabbitFeed(options, await options.dialed.model.createChannel())
    const { place, prefetch } = options
    await feed.#channel.prefetch(prefetch)
    const { consumerTag } = await feed.#channel.consume(place, (message) => feed.#take(message), {
      exclusive: true,
    })
    feed.#tag = consumerTag
    return feed
  }

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /**
   * A delivery that crosses the answer may be counted twice, so the goal may lie a little too far: it is asked again whether
   * anything is left at all.
   */
  async reached(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const first = await this.#count(signal)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => undefined)
    let isThere = false
    const goal: Goal = {
      handled: first.handled + first.waiting,
      resolve: () => (resolve(), (isThere = true)),
      reject,
    }
    this.#goals.add(goal)
    this.#answerGoals()
    try {
      while (!isThere) {
        await Promise.race([promise, clock.sleep(ASK_AGAIN_MS, signal)])
        if (!isThere && (await this.behind(signal)) === 0) return
      }
    } finally {
      this.#goals.delete(goal)
    }
  }

  async behind(signal: AbortSignal): Promise<number> {
    return (await this.#count(signal)).waiting
  }

  /** The answer comes behind every delivery that the broker had made before it, so that none is between the two counts. */
  async #count(signal: AbortSignal): Promise<{ readonly handled: number; readonly waiting: number }> {
    if (this.#failure !== null) throw this.#failure
    const { clock, place, detail } = this.#options
    const onTimeout = (): Error => this.#lost('no answer in time')
    try {
      const work = this.#channel.checkQueue(place).then(({ messageCount }) => ({
        handled: this.#handled,
        waiting: messageCount + this.#inHand + this.#arrived.length,
      }))
      return await within({ work, timeoutMs: ANSWER_TIMEOUT_MS, clock, onTimeout }, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw this.#failure ?? classify(error, detail, false)
    }
  }

  async close(): Promise<void> {
    const { clock, dialed } = this.#options
    this.#closing = true
    const goodbye = async (): Promise<void> => {
      if (this.#tag !== null && this.#failure === null) await this.#channel.cancel(this.#tag)
      await this.#handling
      if (this.#failure === null) await this.#channel.close()
    }
    await endedWithin(goodbye(), CLOSE_TIMEOUT_MS, clock)
    this.#ended.resolve()
    await dialed.hangUp()
  }

  #take(message: ConsumeMessage | null): void {
    // The broker has ended the consumer: the queue was deleted, or its node went.
    if (message === null) return this.#fail(this.#lost('the queue is gone'))
    this.#arrived.push(message)
    this.#handling ??= this.#work().finally(() => (this.#handling = null))
  }

  async #work(): Promise<void> {
    while (this.#arrived.length > 0 && this.#failure === null && !this.#closing) {
      const batch = this.#arrived.splice(0, this.#options.prefetch)
      this.#inHand = batch.length
      try {
        await this.#options.handle({ records: batch.map(recordOf(this.#options.place)), position: null })
      } catch (error) {
        return this.#fail(classify(error, this.#options.detail, false))
      }
      const last = batch.at(-1)
      // The channel may have gone meanwhile; then they come again, and change nothing.
      if (this.#failure === null && last !== undefined) this.#channel.ack(last, true)
      this.#handled += batch.length
      this.#inHand = 0
      this.#answerGoals()
    }
  }

  #answerGoals(): void {
    for (const goal of this.#goals) if (this.#handled >= goal.handled) goal.resolve()
  }

  #fail(error: RedriveError): void {
    if (this.#failure !== null) return
    this.#failure = error
    for (const goal of this.#goals) goal.reject(error)
    if (this.#closing) return
    this.#ended.reject(error)
    void this.#options.dialed.hangUp()
  }

  #lost(reason: string): RedriveError {
    return new RedriveError('connection-lost', 'later', { ...this.#options.detail, reason })
  }
}

function recordOf(place: string): (message: ConsumeMessage) => FeedRecord {
  return ({ content, properties }) => {
    const headers = Object.entries(properties.headers ?? {})
    const id: unknown = properties.messageId
    const published: unknown = properties.timestamp
    return {
      place,
      messageId: typeof id === 'string' ? id : null,
      headers: Object.fromEntries(headers.map(([name, value]) => [name, textOf(value)])),
      body: content,
      // Seconds, as senders write it; one that writes milliseconds is not from the year 50000.
      at: typeof published === 'number' ? timeOf(published) : null,
      waits: false,
    }
  }
}

const YEAR_5000_SEC = 95_617_584_000

function timeOf(published: number): string | null {
  const ms = published > YEAR_5000_SEC ? published : published * SECOND_MS
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) || published <= 0 ? null : date.toISOString()
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  return JSON.stringify(value) ?? ''
}
