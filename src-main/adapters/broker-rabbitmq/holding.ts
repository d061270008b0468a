import type { Channel, GetMessage } from 'amqplib'
import type { CopiedProperties } from '../../domain/outcome.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import type { HeldLetter, Holding } from '../../ports/dead-letters.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { classify } from './classify.ts'
import type { Dialed } from './dial.ts'
import { endedWithin, within } from './waiting.ts'

/** For one answer of the broker, which may be putting back tens of thousands that another look held. */
const ANSWER_TIMEOUT_MS = 30_000
/** For giving everything back at the end; then the socket is cut, which gives back too. */
const CLOSE_TIMEOUT_MS = 30_000

export interface HoldingOptions {
  readonly dialed: Dialed
  readonly channel: Channel
  readonly queue: string
  readonly detail: ErrorDetail
  readonly clock: Clock
}

/** Messages got one by one on a connection of its own, unacknowledged until they are removed. */
export class RabbitHolding implements Holding {
  readonly #options: HoldingOptions
  readonly #messages = new Map<number, GetMessage>()

  constructor(options: HoldingOptions) {
    this.#options = options
  }

  async next(limit: number, signal: AbortSignal): Promise<readonly HeldLetter[]> {
    const held: HeldLetter[] = []
    while (held.length < limit) {
      signal.throwIfAborted()
      const message = await this.#answer(() => this.#options.channel.get(this.#options.queue), signal)
      if (message === false) break
      const tag = message.fields.deliveryTag
      // Only what an acknowledgement needs: the bodies are the caller's to keep.
      this.#messages.set(tag, { ...message, content: Buffer.alloc(0) })
      held.push({ tag, letter: letterOf(message) })
    }
    return held
  }

  async remove(tags: readonly number[], signal: AbortSignal): Promise<void> {
    const { channel, detail } = this.#options
    try {
      for (const tag of tags) {
        const message = this.#messages.get(tag)
        if (message === undefined) continue
        channel.ack(message)
        this.#messages.delete(tag)
      }
      // An acknowledgement has no answer; one that is asked for behind it on the same channel says that it was heard.
      await this.#answer(() => channel.prefetch(0), signal)
    } catch (error) {
      if (!(error instanceof RedriveError) && signal.aborted) throw error
      const { code, detail: why } = classify(error, detail, false)
      throw new RedriveError(code, 'unknown-effect', why, { cause: error })
    }
  }

  async close(): Promise<void> {
    const { channel, dialed, clock } = this.#options
    const goodbye = async (): Promise<void> => {
      if (this.#messages.size > 0) channel.nackAll(true)
      await channel.close()
    }
    await endedWithin(goodbye(), CLOSE_TIMEOUT_MS, clock)
    this.#messages.clear()
    await dialed.hangUp()
  }

  async #answer<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, detail } = this.#options
    const onTimeout = (): Error =>
      new RedriveError('connection-lost', 'later', { ...detail, reason: 'no answer in time' })
    try {
      return await within({ work: ask(), timeoutMs: ANSWER_TIMEOUT_MS, clock, onTimeout }, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw classify(error, detail, false)
    }
  }
}

/** The headers are taken apart, every copy is persistent, and the cluster's id is nobody's to set. */
const NOT_COPIED: ReadonlySet<string> = new Set(['headers', 'deliveryMode', 'clusterId'])

function letterOf({ content, fields, properties }: GetMessage): HeldLetter['letter'] {
  const { exchange, routingKey } = fields
  const { headers } = properties
  const present = Object.entries(properties).filter(
    ([name, value]) => !NOT_COPIED.has(name) && value !== undefined && value !== null,
  )
  const copied = Object.fromEntries(present) as CopiedProperties
  const { messageId = null, type = null } = copied
  return { exchange, routingKey, messageId, type, body: content, headers: headers ?? {}, properties: copied }
}
