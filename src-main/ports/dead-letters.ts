import type { Letter } from '../domain/dead-letter/letter.ts'

/** `topic`: of a broker that keeps a log; reading it takes nothing and costs nothing. */
export const queueTypes = ['classic', 'quorum', 'stream', 'memory', 'topic'] as const
export type QueueType = (typeof queueTypes)[number]

/**
 * What reading messages of a queue costs it. No broker of queues has a neutral look: messages are taken and put back.
 * - `marked-redelivered`: every message carries the mark of a second delivery from then on;
 * - `hidden-meanwhile`: nobody else gets them while Redrive holds them;
 * - `races-consumers`: the queue has consumers, which take messages at the same time;
 * - `counts-as-use`: a queue that expires when unused lives on.
 */
export type LookCost = 'marked-redelivered' | 'hidden-meanwhile' | 'races-consumers' | 'counts-as-use'

/**
 * Why Redrive does not read the queue.
 * - `may-delete`: a quorum queue counts each return and drops a message at its delivery limit, and Redrive cannot prove
 *   that there is none;
 * - `is-stream`: nothing leaves a stream;
 * - `type-unknown`: it could not be told which type it is, so the worst is assumed.
 */
export type LookRefusal = 'may-delete' | 'is-stream' | 'type-unknown'

/** What can be told of a queue, or of a topic, without touching a message. */
export interface QueueFacts {
  readonly queue: string
  /** Null: the broker does not say. */
  readonly type: QueueType | null
  readonly brokerVersion: string
  readonly messages: number
  /** Null: nobody was asked. */
  readonly consumers: number | null
  /** Its argument; a policy may set another one. Null: none, or not told. */
  readonly deliveryLimit: number | null
  readonly costs: readonly LookCost[]
  /** Null: it may be read. */
  readonly refusal: LookRefusal | null
}

/** A message that Redrive holds. `tag` names it within this holding. */
export interface HeldLetter {
  readonly tag: number
  readonly letter: Letter
}

/**
 * Messages taken from a queue and not yet decided about. What was not removed goes back when the holding is closed or its
 * connection breaks, or this process dies: the broker sees to that.
 */
export interface Holding {
  /**
   * The next ones, at most `limit`; none: the queue has no more. Throws RedriveError `later` where the connection broke;
   * then everything that was held is back in the queue.
   */
  next(limit: number, signal: AbortSignal): Promise<readonly HeldLetter[]>
  /**
   * Takes them out for good. Resolves when the broker has heard it. Throws `unknown-effect` where the connection broke
   * meanwhile: they are gone, or back in the queue.
   */
  remove(tags: readonly number[], signal: AbortSignal): Promise<void>
  /** Gives back all that was not removed. Never throws: where the connection is gone the broker has done it. */
  close(): Promise<void>
}

/** The dead letters of one broker of queues. */
export interface DeadLetters {
  /** Touches no message. Null: there is no such queue. Throws `permission-denied` or RedriveError `later`. */
  facts(queue: string, signal: AbortSignal): Promise<QueueFacts | null>
  /**
   * On a connection of its own. Asks for the facts first, and throws `look-refused` where they say so, `queue-missing`
   * where there is none.
   */
  hold(queue: string, signal: AbortSignal): Promise<Holding>
}
