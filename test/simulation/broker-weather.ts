import type { Topology } from '../../src-main/adapters/broker-memory/topology.ts'
import type { QueueMessage } from '../../src-main/domain/outcome.ts'
import type { Clock } from '../../src-main/ports/surroundings.ts'

/**
 * What becomes of one message that has left the client.
 * - `nack`: not stored, and the broker says so;
 * - `lost-before`: not stored, no answer; `lost-after`: stored, no answer;
 * - `cut-before`, `cut-after`: the connection breaks on it, before or after it was stored;
 * - `twice`: the answer comes twice.
 */
export type Fate = 'none' | 'nack' | 'lost-before' | 'lost-after' | 'cut-before' | 'cut-after' | 'twice'

/** Chance and time of one simulated broker. */
export interface BrokerWeather {
  readonly clock: Clock
  readonly confirmTimeoutMs: number
  readonly fate: (message: QueueMessage) => Fate
  /** From the client to the broker, and the answer back, in milliseconds. */
  readonly transitMs: () => number
  readonly answerMs: () => number
  /** Until a broken connection is dialled again, in milliseconds. */
  readonly redialMs: () => number
  /** Of messages on their way when the connection breaks, how many still arrive: always the first ones. */
  readonly survivors: (inTransit: number) => number
}

/** A message as the broker has it, with the connection that brought it. */
export interface Arrived {
  readonly message: QueueMessage
  readonly by: string
}

/** The server as a channel sees it. */
export interface ServerSide {
  readonly topology: Topology
  readonly weather: BrokerWeather
  /** Why it takes no publishes for now, or null. */
  readonly blocked: string | null
  store(arrived: Arrived): ReturnType<Topology['store']>
}
