import { RedriveError } from '../../domain/errors.ts'
import type { Letter } from '../../domain/dead-letter/letter.ts'
import type { DeadLetters, HeldLetter, Holding, QueueFacts } from '../../ports/dead-letters.ts'
import type { StoredMessage, Topology } from './topology.ts'

export interface MemoryDeadLettersOptions {
  readonly topology: Topology
  /** Throws where the broker is down. */
  readonly assertUp: (signal: AbortSignal) => void
  /** Holdings that a broken connection gives back. */
  readonly holdings: Set<MemoryHolding>
}

export function openMemoryDeadLetters({
  topology,
  assertUp,
  holdings,
}: MemoryDeadLettersOptions): DeadLetters {
  const facts = (queue: string): QueueFacts | null => {
    if (!topology.has(queue)) return null
    return {
      queue,
      type: 'memory',
      brokerVersion: '1',
      messages: topology.messages(queue).length,
      consumers: 0,
      deliveryLimit: null,
      costs: ['hidden-meanwhile'],
      refusal: null,
    }
  }
  return {
    facts: async (queue, signal) => {
      assertUp(signal)
      return facts(queue)
    },
    hold: async (queue, signal) => {
      assertUp(signal)
      if (facts(queue) === null) throw new RedriveError('queue-missing', 'never', { queue })
      const holding = new MemoryHolding(topology, queue, () => holdings.delete(holding))
      holdings.add(holding)
      return holding
    },
  }
}

/** Messages that are out of their queue until they are removed or given back. */
export class MemoryHolding implements Holding {
  readonly #topology: Topology
  readonly #queue: string
  readonly #onClosed: () => void
  readonly #held = new Map<number, StoredMessage>()
  #tag = 0
  #lost: string | null = null

  constructor(topology: Topology, queue: string, onClosed: () => void) {
    this.#topology = topology
    this.#queue = queue
    this.#onClosed = onClosed
  }

  async next(limit: number, signal: AbortSignal): Promise<readonly HeldLetter[]> {
    signal.throwIfAborted()
    if (this.#lost !== null) throw lostError('later', this.#lost)
    return this.#topology.take(this.#queue, limit).map((message) => {
      const tag = (this.#tag += 1)
      this.#held.set(tag, message)
      return { tag, letter: letterOf(message) }
    })
  }

  async remove(tags: readonly number[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#lost !== null) throw lostError('unknown-effect', this.#lost)
    for (const tag of tags) this.#held.delete(tag)
  }

  async close(): Promise<void> {
    this.lose('closed by Redrive')
  }

  /** The connection broke: all that was not removed is back, in its order. */
  lose(reason: string): void {
    this.#lost ??= reason
    this.#topology.putBack(this.#queue, [...this.#held.values()])
    this.#held.clear()
    this.#onClosed()
  }
}

function lostError(retry: 'later' | 'unknown-effect', reason: string): RedriveError {
  return new RedriveError('connection-lost', retry, { server: 'the broker', reason })
}

function letterOf(stored: StoredMessage): Letter {
  const { exchange, routingKey } = stored.destination
  const { redriveHeaders } = stored
  if (stored.copy !== undefined) {
    const { body, headers, properties } = stored.copy
    const { messageId = null, type = null } = properties
    return {
      exchange,
      routingKey,
      messageId,
      type,
      body,
      headers: { ...headers, ...redriveHeaders },
      properties,
    }
  }
  const { messageId, type } = stored
  return {
    exchange,
    routingKey,
    messageId,
    type,
    body: new TextEncoder().encode(stored.payload),
    headers: { ...(JSON.parse(stored.headers ?? '{}') as object), ...redriveHeaders },
    properties: { messageId, ...(type === null ? {} : { type }), contentType: 'application/json' },
  }
}
