import { confirmed, isForQueues, NOT_FOR_QUEUES, withdrawn } from '../../domain/outcome.ts'
import type { OutgoingMessage, PublishOutcome, QueueMessage } from '../../domain/outcome.ts'
import { PUBLISH_WINDOW_MAX } from '../../ports/broker.ts'
import type { OnOutcome, Publisher } from '../../ports/broker.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { NO_FAULT } from './faults.ts'
import type { MemoryFault } from './faults.ts'
import type { Topology } from './topology.ts'

const MESSAGE_BYTES_MAX = 16 * 1024 * 1024

export interface MemoryPublisherOptions {
  readonly topology: Topology
  readonly clock: Clock
  readonly latencyMs: number
  readonly confirmTimeoutMs: number
  /** The broker's reason while it takes no publishes, or null. */
  readonly blocked: () => string | null
  readonly nextFault: (message: QueueMessage) => MemoryFault | null
  readonly onClosed: (publisher: MemoryPublisher) => void
  /** The connection breaks, for every publisher. */
  readonly cut: (reason: string) => void
}

interface Waiting {
  readonly message: QueueMessage
  readonly answered: OnOutcome
}

/** The Publisher port over a Topology: same outcomes, same window, same order as a broker's confirm channel. */
export class MemoryPublisher implements Publisher {
  readonly #options: MemoryPublisherOptions
  readonly #stop = new AbortController()
  readonly #outstanding = new Set<OnOutcome>()
  readonly #waiting: Waiting[] = []
  #closed: string | null = null
  /** Kept once the publisher is closed and idle; several may wait for it: the run, and the connection that closes. */
  readonly #idle = Promise.withResolvers<void>()

  constructor(options: MemoryPublisherOptions) {
    this.#options = options
  }

  send(message: OutgoingMessage, signal: AbortSignal, answered: OnOutcome): void {
    if (signal.aborted) return answered(withdrawn)
    if (this.#closed !== null) return answered(refused('channel-closed', this.#closed))
    if (!isForQueues(message)) return answered(refused('broker-refused', NOT_FOR_QUEUES))
    const wrong = check(message)
    if (wrong !== null) return answered(wrong)
    const waiting: Waiting = {
      message,
      answered: (outcome) => {
        signal.removeEventListener('abort', withdraw)
        answered(outcome)
      },
    }
    const withdraw = (): void => {
      const at = this.#waiting.indexOf(waiting)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      waiting.answered(withdrawn)
    }
    signal.addEventListener('abort', withdraw, { once: true })
    this.#waiting.push(waiting)
    this.#pump()
  }

  outstanding(): number {
    return this.#outstanding.size
  }

  async close(): Promise<void> {
    this.#closed ??= 'the publisher is closed'
    this.#reportIdle()
    await this.#idle.promise
    this.#stop.abort()
    this.#options.onClosed(this)
  }

  /** The connection is gone: what has no answer stays without one. */
  cut(reason: string): void {
    this.#closed ??= reason
    this.#stop.abort()
    const lost: PublishOutcome = { outcome: 'unknown', code: 'channel-closed', reason }
    // First these: a place that becomes free would send the next.
    for (const { answered } of this.#waiting.splice(0)) answered(refused('channel-closed', reason))
    for (const settle of [...this.#outstanding]) settle(lost)
    this.#reportIdle()
  }

  /** Sends in the order of the calls, as far as the window allows. */
  #pump(): void {
    while (this.#waiting.length > 0 && this.#outstanding.size < PUBLISH_WINDOW_MAX) {
      const next = this.#waiting.shift()
      if (next !== undefined) this.#send(next)
    }
    this.#reportIdle()
  }

  /** Called by the broker when it blocks: what waits for a place has not been sent. */
  refuseWaiting(reason: string): void {
    for (const { answered } of this.#waiting.splice(0)) answered(refused('broker-blocked', reason))
    this.#reportIdle()
  }

  #send({ message, answered }: Waiting): void {
    const { topology, blocked, nextFault, cut, latencyMs } = this.#options
    const blockedReason = blocked()
    if (blockedReason !== null) return answered(refused('broker-blocked', blockedReason))
    const { exchange } = message.destination
    if (!topology.hasExchange(exchange))
      return answered(refused('exchange-missing', `no exchange '${exchange}'`))
    const settle: OnOutcome = (outcome) => {
      if (!this.#outstanding.delete(settle)) return
      answered(outcome)
      this.#pump()
    }
    this.#outstanding.add(settle)
    const fault = nextFault(message) ?? NO_FAULT
    switch (fault.fault) {
      case 'none':
        return this.#answer(settle, this.#store(message), latencyMs)
      case 'delay':
        return this.#answer(settle, this.#store(message), latencyMs + fault.delayMs)
      case 'nack':
        return this.#answer(settle, refused('broker-refused', 'nack'), latencyMs)
      case 'answer-lost':
        this.#store(message)
        return this.#expire(settle)
      case 'message-lost':
        return this.#expire(settle)
      case 'close':
        if (fault.stored) this.#store(message)
        return cut('the connection was cut')
    }
  }

  #store(message: QueueMessage): PublishOutcome {
    switch (this.#options.topology.store(message)) {
      case 'stored':
        return confirmed
      case 'unroutable':
        return { outcome: 'returned', code: 'unroutable', reason: '312 NO_ROUTE' }
      case 'rejected':
        return refused('broker-refused', 'nack: a queue is full; other queues may have it')
      case 'exchange-missing':
        return refused('exchange-missing', `no exchange '${message.destination.exchange}'`)
    }
  }

  #answer(settle: OnOutcome, outcome: PublishOutcome, afterMs: number): void {
    const { confirmTimeoutMs } = this.#options
    if (afterMs >= confirmTimeoutMs) return this.#expire(settle)
    if (afterMs === 0) queueMicrotask(() => settle(outcome))
    else this.#later(afterMs, () => settle(outcome))
  }

  #expire(settle: OnOutcome): void {
    const { confirmTimeoutMs } = this.#options
    const reason = `no answer within ${confirmTimeoutMs} ms`
    this.#later(confirmTimeoutMs, () => settle({ outcome: 'unknown', code: 'confirm-timeout', reason }))
  }

  #later(ms: number, then: () => void): void {
    // Rejects only when the connection is cut, which has settled everything.
    this.#options.clock.sleep(ms, this.#stop.signal).then(then, () => undefined)
  }

  #reportIdle(): void {
    const idle = this.#outstanding.size === 0 && this.#waiting.length === 0
    if (this.#closed !== null && idle) this.#idle.resolve()
  }
}

function refused(code: Extract<PublishOutcome, { code: string }>['code'], reason: string): PublishOutcome {
  return { outcome: 'refused', code, reason }
}

function check(message: QueueMessage): PublishOutcome | null {
  if ((message.copy?.body.length ?? Buffer.byteLength(message.payload)) > MESSAGE_BYTES_MAX)
    return refused('message-too-large', `more than ${MESSAGE_BYTES_MAX} bytes`)
  if (message.headers === null) return null
  try {
    const headers: unknown = JSON.parse(message.headers)
    if (typeof headers === 'object' && headers !== null && !Array.isArray(headers)) return null
  } catch {
    return refused('headers-not-json', 'the headers are not JSON')
  }
  return refused('headers-not-json', 'the headers are not a JSON object')
}
