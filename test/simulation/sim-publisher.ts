import { confirmed, isForQueues, NOT_FOR_QUEUES, withdrawn } from '../../src-main/domain/outcome.ts'
import type { OutgoingMessage, PublishOutcome, QueueMessage } from '../../src-main/domain/outcome.ts'
import { PUBLISH_WINDOW_MAX } from '../../src-main/ports/broker.ts'
import type { OnOutcome, Publisher } from '../../src-main/ports/broker.ts'
import type { ServerSide } from './broker-weather.ts'

export interface SimPublisherOptions {
  readonly server: ServerSide
  /** Whose connection it is. */
  readonly by: string
  /** Hears of every message whose bytes leave the client, before anything else happens to it. */
  readonly onSent: (message: QueueMessage) => void
  readonly onClosed: () => void
  /** Breaks the whole connection. */
  readonly cut: () => void
}

interface Waiting {
  readonly message: QueueMessage
  readonly answer: OnOutcome
}

/**
 * A confirm channel over a wire. What was sent arrives in the order in which it was sent, is stored or not, and is
 * answered later, in any order. A broken connection loses the last ones under way and every answer.
 */
export class SimPublisher implements Publisher {
  readonly #options: SimPublisherOptions
  readonly #stop = new AbortController()
  /** Sent and not answered. */
  readonly #outstanding = new Set<OnOutcome>()
  readonly #waiting: Waiting[] = []
  /** Sent and not arrived, oldest first. */
  #wire: Waiting[] = []
  #closed: string | null = null
  readonly #idle = Promise.withResolvers<void>()

  constructor(options: SimPublisherOptions) {
    this.#options = options
  }

  send(message: OutgoingMessage, signal: AbortSignal, answered: OnOutcome): void {
    if (signal.aborted) return answered(withdrawn)
    if (!isForQueues(message)) return answered(refused('broker-refused', NOT_FOR_QUEUES))
    if (this.#closed !== null) return answered(refused('channel-closed', this.#closed))
    if (!isHeaders(message.headers))
      return answered(refused('headers-not-json', 'the headers are not a JSON object'))
    const waiting: Waiting = {
      message,
      answer: (outcome) => {
        signal.removeEventListener('abort', withdraw)
        answered(outcome)
      },
    }
    const withdraw = (): void => {
      const at = this.#waiting.indexOf(waiting)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      waiting.answer(withdrawn)
    }
    signal.addEventListener('abort', withdraw, { once: true })
    this.#waiting.push(waiting)
    this.#pump()
  }

  async close(): Promise<void> {
    this.#closed ??= 'the publisher is closed'
    this.#reportIdle()
    await this.#idle.promise
    this.#stop.abort()
    this.#options.onClosed()
  }

  /** The connection is gone. The first of what was on the wire may still arrive; its answers have nowhere to go. */
  cut(reason: string): void {
    this.#closed ??= reason
    this.#stop.abort()
    this.#wire = this.#wire.slice(0, this.#options.server.weather.survivors(this.#wire.length))
    for (const { answer } of this.#waiting.splice(0)) answer(refused('channel-closed', reason))
    for (const answer of [...this.#outstanding])
      answer({ outcome: 'unknown', code: 'channel-closed', reason })
    this.#reportIdle()
  }

  /** What waits for a place has not been sent. */
  refuseWaiting(reason: string): void {
    for (const { answer } of this.#waiting.splice(0)) answer(refused('broker-blocked', reason))
    this.#reportIdle()
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#outstanding.size < PUBLISH_WINDOW_MAX) {
      const next = this.#waiting.shift()
      if (next) this.#send(next)
    }
    this.#reportIdle()
  }

  #send({ message, answer }: Waiting): void {
    const { server, onSent } = this.#options
    if (server.blocked !== null) return answer(refused('broker-blocked', server.blocked))
    // A real adapter looks before it sends, because a missing exchange closes the channel.
    const { exchange } = message.destination
    if (!server.topology.hasExchange(exchange))
      return answer(refused('exchange-missing', `no exchange '${exchange}'`))
    const settle: OnOutcome = (outcome) => {
      // The second answer to one message, or one that comes too late, has nobody to go to.
      if (!this.#outstanding.delete(settle)) return
      answer(outcome)
      this.#pump()
    }
    this.#outstanding.add(settle)
    this.#wire.push({ message, answer: settle })
    onSent(message)
    const { clock, transitMs } = server.weather
    // Not stopped by a cut: bytes that have left cannot be called back.
    void clock.sleep(transitMs(), new AbortController().signal).then(() => this.#arrive())
  }

  /** The oldest on the wire: later ones do not overtake it. */
  #arrive(): void {
    const next = this.#wire.shift()
    if (!next) return
    const { message, answer } = next
    const { server, by, cut } = this.#options
    const store = (): PublishOutcome => outcomeOf(message, server.store({ message, by }))
    const fate = server.weather.fate(message)
    switch (fate) {
      case 'none':
        return this.#answer(answer, store(), 1)
      case 'twice':
        return this.#answer(answer, store(), 2)
      case 'nack':
        return this.#answer(answer, refused('broker-refused', 'nack'), 1)
      case 'lost-before':
      case 'lost-after':
        if (fate === 'lost-after') store()
        return this.#expire(answer)
      case 'cut-before':
      case 'cut-after':
        if (fate === 'cut-after') store()
        return cut()
    }
  }

  #answer(answer: OnOutcome, outcome: PublishOutcome, times: number): void {
    const { confirmTimeoutMs, answerMs } = this.#options.server.weather
    for (let time = 0; time < times; time += 1) {
      const afterMs = answerMs()
      if (afterMs >= confirmTimeoutMs) this.#expire(answer)
      else this.#later(afterMs, () => answer(outcome))
    }
  }

  #expire(answer: OnOutcome): void {
    const { confirmTimeoutMs } = this.#options.server.weather
    const reason = `no answer within ${confirmTimeoutMs} ms`
    this.#later(confirmTimeoutMs, () => answer({ outcome: 'unknown', code: 'confirm-timeout', reason }))
  }

  #later(ms: number, then: () => void): void {
    // Rejects only when the connection is cut, which has answered everything.
    this.#options.server.weather.clock.sleep(ms, this.#stop.signal).then(then, () => undefined)
  }

  #reportIdle(): void {
    const idle = this.#outstanding.size === 0 && this.#waiting.length === 0
    if (this.#closed !== null && idle) this.#idle.resolve()
  }
}

function outcomeOf(message: QueueMessage, routed: ReturnType<ServerSide['store']>): PublishOutcome {
  switch (routed) {
    case 'stored':
      return confirmed
    case 'unroutable':
      return { outcome: 'returned', code: 'unroutable', reason: '312 NO_ROUTE' }
    case 'rejected':
      return refused('broker-refused', 'nack: the queue is full')
    case 'exchange-missing':
      return refused('exchange-missing', `no exchange '${message.destination.exchange}'`)
  }
}

function refused(code: Extract<PublishOutcome, { code: string }>['code'], reason: string): PublishOutcome {
  return { outcome: 'refused', code, reason }
}

function isHeaders(text: string | null): boolean {
  if (text === null) return true
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
