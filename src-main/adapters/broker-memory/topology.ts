import type { Destination } from '../../domain/message.ts'
import type { CopiedMessage, QueueMessage } from '../../domain/outcome.ts'

export type ExchangeType = 'direct' | 'topic' | 'fanout'

/** A queue that was given no limit refuses messages beyond this many. */
export const QUEUE_LENGTH_MAX = 100_000

export interface StoredMessage {
  readonly messageId: string
  readonly type: string | null
  readonly destination: Destination
  readonly payload: string
  /** The original's headers as their own text. */
  readonly headers: string | null
  readonly redriveHeaders: Readonly<Record<string, string | number>>
  /** In the place of payload, type and headers. */
  readonly copy?: CopiedMessage
}

export type Routed = 'stored' | 'unroutable' | 'rejected' | 'exchange-missing'

interface Queue {
  readonly lengthMax: number
  readonly messages: StoredMessage[]
}

interface Exchange {
  readonly type: ExchangeType
  readonly bindings: { readonly queue: string; readonly routingKey: string }[]
}

/** Exchanges, queues and bindings, with the routing rules of AMQP. The default exchange '' routes by the queue's name. */
export class Topology {
  readonly #exchanges = new Map<string, Exchange>()
  readonly #queues = new Map<string, Queue>()

  declareExchange(name: string, type: ExchangeType): void {
    if (!this.#exchanges.has(name)) this.#exchanges.set(name, { type, bindings: [] })
  }

  deleteExchange(name: string): void {
    this.#exchanges.delete(name)
  }

  /** A full queue rejects what comes (overflow reject-publish). */
  declareQueue(name: string, lengthMax = QUEUE_LENGTH_MAX): void {
    if (!this.#queues.has(name)) this.#queues.set(name, { lengthMax, messages: [] })
  }

  queueNames(): readonly string[] {
    return [...this.#queues.keys()].sort()
  }

  lengthMax(queue: string): number {
    return this.#queues.get(queue)?.lengthMax ?? QUEUE_LENGTH_MAX
  }

  deleteQueue(name: string): void {
    this.#queues.delete(name)
  }

  bind(queue: string, exchange: string, routingKey: string): void {
    this.#exchanges.get(exchange)?.bindings.push({ queue, routingKey })
  }

  unbind(queue: string, exchange: string): void {
    const bindings = this.#exchanges.get(exchange)?.bindings ?? []
    for (let at = bindings.length - 1; at >= 0; at--)
      if (bindings[at]?.queue === queue) bindings.splice(at, 1)
  }

  exists({ exchange, routingKey }: Destination): boolean {
    return exchange === '' ? this.#queues.has(routingKey) : this.#exchanges.has(exchange)
  }

  hasExchange(name: string): boolean {
    return name === '' || this.#exchanges.has(name)
  }

  has(queue: string): boolean {
    return this.#queues.has(queue)
  }

  /** In every queue it is routed to, or, where one of them is full, in the others all the same. */
  store(message: QueueMessage): Routed {
    if (!this.hasExchange(message.destination.exchange)) return 'exchange-missing'
    const queues = this.#route(message.destination)
    if (queues.length === 0) return 'unroutable'
    let rejected = false
    for (const queue of queues) {
      if (queue.messages.length >= queue.lengthMax) rejected = true
      else queue.messages.push(message)
    }
    return rejected ? 'rejected' : 'stored'
  }

  messages(queue: string): readonly StoredMessage[] {
    return this.#queues.get(queue)?.messages ?? []
  }

  take(queue: string, limit: number): readonly StoredMessage[] {
    return this.#queues.get(queue)?.messages.splice(0, limit) ?? []
  }

  /** In front of what has come since. A queue that is gone takes nothing. */
  putBack(queue: string, messages: readonly StoredMessage[]): void {
    this.#queues.get(queue)?.messages.unshift(...messages)
  }

  #route({ exchange, routingKey }: Destination): Queue[] {
    const names =
      exchange === ''
        ? [routingKey]
        : (this.#exchanges.get(exchange)?.bindings ?? [])
            .filter((binding) => matches(this.#exchanges.get(exchange)?.type, binding.routingKey, routingKey))
            .map((binding) => binding.queue)
    return [...new Set(names)].flatMap((name) => this.#queues.get(name) ?? [])
  }
}

function matches(type: ExchangeType | undefined, pattern: string, routingKey: string): boolean {
  if (type === 'fanout') return true
  if (type === 'topic') return topicMatches(pattern.split('.'), routingKey.split('.'))
  return pattern === routingKey
}

/** `*` stands for one word, `#` for any number of words. */
function topicMatches(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return words.length === 0
  if (first === '#')
    return topicMatches(rest, words) || (words.length > 0 && topicMatches(pattern, words.slice(1)))
  return words.length > 0 && (first === '*' || first === words[0]) && topicMatches(rest, words.slice(1))
}
