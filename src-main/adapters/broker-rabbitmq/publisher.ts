import type { ConfirmChannel, Message } from 'amqplib'
import type { ErrorCode } from '../../domain/errors.ts'
import { confirmed, isForQueues, NOT_FOR_QUEUES, withdrawn } from '../../domain/outcome.ts'
import type { OutgoingMessage, PublishOutcome } from '../../domain/outcome.ts'
import { PUBLISH_WINDOW_MAX } from '../../ports/broker.ts'
import type { OnOutcome, Publisher } from '../../ports/broker.ts'
import type { Clock, Log } from '../../ports/surroundings.ts'
import { classify, reasonOf } from './classify.ts'
import type { Denials } from './denials.ts'
import { attendThrows, CLOSE_TIMEOUT_MS } from './dial.ts'
import { refused, seal, unknown } from './envelope.ts'
import type { Envelope, Refused } from './envelope.ts'
import type { Line } from './link.ts'
import { ExchangeGate } from './exchange-gate.ts'
import type { Exists } from './look.ts'
import { MessageKinds } from './message-kinds.ts'
import { PublishFrames } from './publish-frames.ts'
import { Unanswered } from './unanswered.ts'
import type { Sent } from './unanswered.ts'
import { WaitingItems } from './waiting-items.ts'
import type { Waiting } from './waiting-items.ts'
import { endedWithin } from './waiting.ts'

/** Payload bytes without an answer; a single larger message still goes out, alone. */
const WINDOW_BYTES_MAX = 32 * 1024 * 1024
/** How long the answer "this exchange exists" is believed. */
const EXCHANGE_TRUST_MS = 10_000
/** The confirm timeout is counted in this many steps, by one timer for all messages; a message waits at most one more. */
const TIMEOUT_TICKS = 20
const NACK = 'message nacked'
/** Class and method of basic.publish. */
const BASIC_CLASS = 60
const PUBLISH_METHOD = 40

export interface PublisherOptions {
  readonly line: Line
  readonly clock: Clock
  readonly log: Log
  readonly denials: Denials
  readonly exchangeExists: (exchange: string, signal: AbortSignal) => Promise<Exists>
  readonly confirmTimeoutMs: number
  readonly payloadBytesMax: number
}

/** A return is recognised by message id, exchange and routing key. */
interface Item extends Waiting, Sent {
  readonly bytes: number
  /** Null as soon as its bytes are written: thousands wait for their answers. */
  envelope: Envelope | null
  settled: boolean
  sentAtTick: number
  returned: Refused | null
}

/**
 * One confirm channel.
 *
 *   waiting ──▶ sent ──▶ settled    confirmed (ack), returned (return, then ack), refused (nack),
 *      │          └────▶ settled    unknown (no answer in time, or the channel is gone)
 *      └───────────────▶ settled    refused: nothing was sent
 *
 * A return carries no delivery tag. It comes before its ack, so it belongs to a message without an answer, and is found by
 * message id, exchange and routing key. So that this is never ambiguous, a second message with the same three waits until
 * the first is answered; no header has to be added for it.
 *
 * The first message to an exchange goes out alone. A broker that refuses it (no permission, an internal exchange) closes
 * the channel; with nothing else under way the refusal is known to be its own, and no neighbour becomes unknown.
 */
export class RabbitPublisher implements Publisher {
  readonly #channel: ConfirmChannel
  readonly #options: PublisherOptions
  readonly #kinds = new MessageKinds()
  readonly #frames: PublishFrames
  readonly #stop = new AbortController()
  readonly #gone = Promise.withResolvers<void>()
  readonly #waiting = new WaitingItems<Item>(() => this.#pump(), this.#stop.signal)
  /** In the order of sending. Holds what has timed out too, until its answer, so that a late return finds its own. */
  readonly #unanswered = new Unanswered<Item>()
  readonly #gate: ExchangeGate
  readonly #stopListening: () => void
  #outstanding = 0
  #outstandingBytes = 0
  #probe: Item | null = null
  #blamed: { readonly item: Item; readonly outcome: Refused } | null = null
  #tick = 0
  /** Why nothing is taken any more. */
  #closed: string | null = null
  #over: string | null = null
  #reason: string | null = null
  #closing: Promise<void> | null = null
  #onIdle: (() => void) | null = null

  constructor(channel: ConfirmChannel, options: PublisherOptions) {
    this.#channel = channel
    this.#frames = new PublishFrames(channel)
    this.#options = options
    this.#gate = new ExchangeGate({
      denials: options.denials,
      exchangeExists: options.exchangeExists,
      onAnswer: () => this.#pump(),
      stop: this.#stop.signal,
    })
    attendThrows(channel, options.log)
    channel.on('error', (error: Error) => this.#channelFailed(error))
    channel.on('return', (message) => this.#returned(message))
    // Before amqplib's own listener, which calls back for every message without an answer.
    channel.prependListener('close', () => this.#channelClosed())
    const onError = (error: Error): void => void (this.#reason ??= reasonOf(error))
    options.line.model.on('error', onError)
    const stopBlocked = options.line.onBlocked(() => this.#pump())
    this.#stopListening = () => {
      stopBlocked()
      options.line.model.off('error', onError)
    }
    void this.#countTicks()
  }

  send(message: OutgoingMessage, signal: AbortSignal, answered: OnOutcome): void {
    if (signal.aborted) return answered(withdrawn)
    if (this.#closed !== null) return answered(refused('channel-closed', this.#closed))
    if (!isForQueues(message)) return answered(refused('broker-refused', NOT_FOR_QUEUES))
    const envelope = seal(message, this.#kinds, this.#options.payloadBytesMax)
    if ('outcome' in envelope) return answered(envelope)
    const { exchange, routingKey } = message.destination
    const item: Item = {
      messageId: message.messageId,
      exchange,
      routingKey,
      bytes: envelope.bytes,
      envelope,
      answered,
      signal,
      withdrawn: false,
      settled: false,
      sentAtTick: 0,
      returned: null,
      next: null,
    }
    if (!this.#waiting.isEmpty || !this.#try(item)) this.#waiting.add(item)
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  /** False where it has to wait. */
  #try(item: Item): boolean {
    const verdict = this.#admit(item)
    if (verdict === 'wait') return false
    if (verdict !== 'go') this.#settle(item, verdict)
    else if (item.envelope !== null) this.#send(item, item.envelope)
    return true
  }

  #admit(item: Item): 'go' | 'wait' | Refused {
    if (this.#over !== null) return refused('channel-closed', this.#over)
    const blocked = this.#options.line.blocked()
    if (blocked !== null) return refused('broker-blocked', blocked)
    const twin = this.#unanswered.find(item.messageId, item)
    if (twin?.settled === true)
      return refused('outcome-unsettled', 'an earlier publish of this message still has no answer')
    if (twin !== null || this.#probe !== null || !this.#hasPlace(item)) return 'wait'
    const verdict = this.#gate.admit(item.exchange)
    if (verdict !== 'probe') return verdict
    if (this.#outstanding > 0) return 'wait'
    this.#probe = item
    return 'go'
  }

  #hasPlace(item: Item): boolean {
    if (this.#outstanding === 0) return true
    return this.#outstanding < PUBLISH_WINDOW_MAX && this.#outstandingBytes + item.bytes <= WINDOW_BYTES_MAX
  }

  #send(item: Item, envelope: Envelope): void {
    const onConfirm = (error: Error | null): void => this.#answered(item, error)
    try {
      if ('text' in envelope) this.#frames.publish(item, envelope, onConfirm)
      else this.#frames.publishWhole(item, envelope.content, envelope.properties, onConfirm)
    } catch (error) {
      // amqplib encodes the whole message before it writes a byte.
      if (this.#probe === item) this.#probe = null
      this.#settle(item, refused(unsendable(error), reasonOf(error)))
      return
    }
    item.envelope = null
    item.sentAtTick = this.#tick + 1
    this.#unanswered.add(item)
    this.#outstanding += 1
    this.#outstandingBytes += item.bytes
  }

  /** Must not throw: amqplib would lose the answers of the messages behind it. */
  #answered(item: Item, error: Error | null): void {
    this.#unanswered.delete(item)
    const answer = this.#answerOf(item, error)
    if (this.#probe === item) {
      this.#probe = null
      if (answer.outcome !== 'unknown' && item !== this.#blamed?.item) this.#gate.prove(item.exchange)
    }
    if (!item.settled) this.#settle(item, answer)
    this.#pump()
  }

  #answerOf(item: Item, error: Error | null): PublishOutcome {
    if (error === null) return item.returned ?? confirmed
    // A fan-out may have stored it in other queues all the same: publishing it again may double it there.
    if (error.message === NACK)
      return refused('broker-refused', 'nack: a queue is full or failed; other queues may have it')
    if (item === this.#blamed?.item) return this.#blamed.outcome
    return unknown('channel-closed', this.#reason ?? 'the connection is gone')
  }

  #settle(item: Item, outcome: PublishOutcome): void {
    item.settled = true
    if (item.sentAtTick > 0) {
      this.#outstanding -= 1
      this.#outstandingBytes -= item.bytes
    }
    item.answered(outcome)
    this.#reportIdle()
  }

  #pump(): void {
    if (!this.#waiting.isEmpty) this.#waiting.advance((item) => this.#try(item))
    this.#reportIdle()
  }

  #returned(message: Message): void {
    const item = this.#unanswered.find(String(message.properties.messageId), message.fields)
    if (item === null) return
    const { replyCode, replyText } = message.fields as unknown as Record<string, string | number | undefined>
    item.returned = {
      outcome: 'returned',
      code: 'unroutable',
      reason: `${replyCode ?? ''} ${replyText ?? ''}`.trim(),
    }
  }

  #channelFailed(error: Error & { classId?: number; methodId?: number }): void {
    this.#reason ??= reasonOf(error)
    if (error.classId !== BASIC_CLASS || error.methodId !== PUBLISH_METHOD || this.#unanswered.size !== 1)
      return
    // The broker complains about a publish, and only one can be meant: that one was not stored.
    for (const item of this.#unanswered) {
      const outcome = refused(blameOf(error), reasonOf(error))
      this.#blamed = { item, outcome }
      this.#options.denials.learn(item.exchange, outcome)
    }
  }

  #channelClosed(): void {
    this.#over ??= this.#reason ?? 'the connection is gone'
    this.#closed ??= this.#over
    this.#stop.abort()
    this.#stopListening()
    this.#gone.resolve()
    // After amqplib has called back for what was under way.
    queueMicrotask(() => this.#pump())
  }

  async #countTicks(): Promise<void> {
    const { clock, confirmTimeoutMs } = this.#options
    const tickMs = confirmTimeoutMs / TIMEOUT_TICKS
    const trustTicks = Math.max(1, Math.round(EXCHANGE_TRUST_MS / tickMs))
    try {
      for (;;) {
        await clock.sleep(tickMs, this.#stop.signal)
        this.#tick += 1
        if (this.#tick % trustTicks === 0) this.#gate.distrust()
        this.#expire()
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.log.warn({ reason: reasonOf(error) }, 'clock-failed')
    }
  }

  #expire(): void {
    let expired = 0
    for (const item of this.#unanswered) {
      if (item.settled || this.#tick - item.sentAtTick < TIMEOUT_TICKS) continue
      this.#settle(item, this.#timedOut())
      if (this.#probe === item) this.#probe = null
      expired += 1
    }
    if (expired > 0) this.#pump()
  }

  #timedOut(): Refused {
    return unknown('confirm-timeout', `no answer within ${this.#options.confirmTimeoutMs} ms`)
  }

  #reportIdle(): void {
    if (this.#outstanding === 0 && this.#waiting.isEmpty) this.#onIdle?.()
  }

  async #shutDown(): Promise<void> {
    const { clock, confirmTimeoutMs } = this.#options
    this.#closed ??= 'the publisher is closed'
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    this.#reportIdle()
    await endedWithin(idle, confirmTimeoutMs, clock)
    const alreadyGone = this.#over !== null
    this.#over ??= 'the publisher is closed'
    for (const item of this.#unanswered) if (!item.settled) this.#settle(item, this.#timedOut())
    this.#pump()
    this.#stop.abort()
    this.#stopListening()
    if (alreadyGone) return
    // Closing the connection without this loses what has been sent last.
    this.#frames.flush()
    const goodbye = async (): Promise<void> => await this.#channel.close()
    await endedWithin(Promise.race([goodbye(), this.#gone.promise]), CLOSE_TIMEOUT_MS, clock)
  }
}

function unsendable(error: unknown): ErrorCode {
  if (error instanceof RangeError) return 'message-too-large'
  const isClosed = error instanceof Error && error.name === 'IllegalOperationError'
  return isClosed ? 'channel-closed' : 'broker-refused'
}

function blameOf(error: Error): ErrorCode {
  return /message size|larger than/i.test(error.message)
    ? 'message-too-large'
    : classify(error, {}, false).code
}
