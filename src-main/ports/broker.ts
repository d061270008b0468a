import type { Destination, Place } from '../domain/message.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Feeds } from './feeds.ts'
import type { Groups } from './groups.ts'
import type { Queues } from './queues.ts'
import type { RecordLog, Topics } from './topics.ts'
import type { OutgoingMessage, PublishOutcome } from '../domain/outcome.ts'

export type BrokerState =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  /** The broker takes no publishes for now (memory or disk alarm); `reason` is its own word. */
  | { readonly state: 'blocked'; readonly reason: string }
  | { readonly state: 'disconnected'; readonly reason: string; readonly retryInMs: number | null }

export interface BrokerReport {
  readonly product: string
  readonly version: string
  readonly latencyMs: number
  /** Of a cluster that says so. `controller` is host:port. */
  readonly cluster?: {
    readonly id: string | null
    readonly nodes: number
    readonly controller: string | null
  }
}

export interface DestinationCheck<Asked extends Place = Destination> {
  readonly destination: Asked
  /** False: the exchange, topic or partition does not exist. Null: it could not be told (no permission to look). */
  readonly exists: boolean | null
}

/** Unconfirmed publishes that one publisher holds at a time; `publish` waits for a place beyond it. */
export const PUBLISH_WINDOW_MAX = 3_000

/** Hears what became of one message, once: while it is handed on, or later. Must not throw. */
export type OnOutcome = (outcome: PublishOutcome) => void

/**
 * A channel for publishing with confirms.
 *
 * `send` answers every message with an outcome, and never throws. Where `signal` was aborted before a byte went out it is
 * `refused` with code `cancelled`. Messages go out in the order of the calls. After a broken connection every message
 * without an answer is `unknown`; the publisher then answers further calls with `refused` and code `channel-closed`,
 * because nothing was sent: get a new one.
 *
 * Answers are called back and not promised: a job has thousands on their way, and a promise takes more memory than the
 * message it is for.
 */
export interface Publisher {
  send(message: OutgoingMessage, signal: AbortSignal, answered: OnOutcome): void
  /** Waits for outstanding answers, at most the confirm timeout; what has none by then is `unknown`. */
  close(): Promise<void>
}

/** For few messages: what became of one. */
export function publish(
  publisher: Publisher,
  message: OutgoingMessage,
  signal: AbortSignal,
): Promise<PublishOutcome> {
  return new Promise((resolve) => publisher.send(message, signal, resolve))
}

/**
 * One broker. Publishing and looking use separate connections, because a blocked connection answers nothing.
 * Reconnects by itself with backoff; never sends a message again by itself.
 */
export interface Broker {
  state(): BrokerState
  /** Calls `listener` on every change; returns the way to stop it. */
  watch(listener: (state: BrokerState) => void): () => void
  report(signal: AbortSignal): Promise<BrokerReport>
  checkDestinations<Asked extends Place>(
    destinations: readonly Asked[],
    signal: AbortSignal,
  ): Promise<readonly DestinationCheck<Asked>[]>
  /**
   * Messages that wait in a queue, or that a consumer group of Kafka is behind; null where there is none. Throws `permission-denied` where the account may not
   * look.
   */
  queueDepth(queue: string, signal: AbortSignal): Promise<number | null>
  /** Of a broker of queues. Absent: Redrive takes no dead letters from it. */
  readonly deadLetters?: DeadLetters
  /** Of a broker that keeps a log. */
  readonly topics?: Topics
  readonly groups?: Groups
  /** Of a broker of queues: those of its queues that are logs, by name. */
  readonly streams?: RecordLog
  /** Of one whose queues or topics the callback service can consume. */
  readonly feeds?: Feeds
  /** Of a broker of queues that can list them. */
  readonly queues?: Queues
  /** Throws RedriveError with retry `later` where the broker cannot be reached or is blocked. */
  openPublisher(signal: AbortSignal): Promise<Publisher>
  close(): Promise<void>
}
