import type { Clock } from '../../ports/surroundings.ts'
import { refused } from './envelope.ts'
import type { Refused } from './envelope.ts'
import type { Metadata } from './wire.ts'

/** How long an answer about a topic is believed. */
const TOPIC_TRUST_MS = 10_000
const NONE = 0
const UNKNOWN_TOPIC = 3
const LEADER_NOT_AVAILABLE = 5
const INVALID_TOPIC = 17
const NO_PERMISSION = 29
/** Of the protocol's metadata. */
const NO_LEADER = -1

/** Node that leads each partition; null where none does at present. */
export type Leaders = ReadonlyMap<number, number | null>

export interface TopicsOptions {
  readonly clock: Clock
  readonly ask: (topics: readonly string[]) => Promise<Metadata>
  /** Called when a question was answered and waiting messages may go on. */
  readonly onAnswer: () => void
  /** Called when a question was not answered. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Which topics a publisher may send to. Each is asked for first: a server that makes topics by itself would otherwise make
 * one of every misspelt name, and a partition that does not exist has no leader to send to.
 */
export class Topics {
  readonly #options: TopicsOptions
  readonly #known = new Map<string, { readonly standing: Leaders | Refused; readonly untilMs: number }>()
  readonly #asking = new Set<string>()
  #wanted = new Set<string>()

  constructor(options: TopicsOptions) {
    this.#options = options
  }

  of(topic: string): Leaders | Refused | 'wait' {
    const known = this.#known.get(topic)
    if (known !== undefined && this.#options.clock.now().getTime() < known.untilMs) return known.standing
    if (!this.#asking.has(topic)) this.#want(topic)
    return 'wait'
  }

  /** What was heard before, for a batch that goes where its record was placed. */
  leaderOf(topic: string, partition: number): number | null {
    const standing = this.#known.get(topic)?.standing
    return standing instanceof Map ? (standing.get(partition) ?? null) : null
  }

  /** Asks again at once; `onAnswer` follows. */
  askAgain(topic: string): void {
    if (!this.#asking.has(topic)) this.#want(topic)
  }

  #want(topic: string): void {
    this.#asking.add(topic)
    if (this.#wanted.size === 0) queueMicrotask(() => void this.#ask())
    this.#wanted.add(topic)
  }

  async #ask(): Promise<void> {
    const topics = [...this.#wanted]
    this.#wanted = new Set()
    try {
      const { topicMetadata } = await this.#options.ask(topics)
      const untilMs = this.#options.clock.now().getTime() + TOPIC_TRUST_MS
      for (const answer of topicMetadata)
        this.#known.set(answer.topic, { standing: standingOf(answer), untilMs })
      for (const topic of topics) this.#asking.delete(topic)
      this.#options.onAnswer()
    } catch (error) {
      for (const topic of topics) this.#asking.delete(topic)
      this.#options.onFailure(error)
    }
  }
}

export function isRefused(standing: Leaders | Refused): standing is Refused {
  return 'outcome' in standing
}

function standingOf(answer: Metadata['topicMetadata'][number]): Leaders | Refused {
  const { topic, topicErrorCode: code, partitionMetadata } = answer
  switch (code) {
    case NONE:
    case LEADER_NOT_AVAILABLE:
      return new Map(
        partitionMetadata.map(({ partitionId, leader }) => [
          partitionId,
          leader === NO_LEADER ? null : leader,
        ]),
      )
    case UNKNOWN_TOPIC:
    case INVALID_TOPIC:
      return { outcome: 'returned', code: 'topic-missing', reason: `no topic '${topic}'` }
    case NO_PERMISSION:
      return refused('permission-denied', `29 TOPIC_AUTHORIZATION_FAILED: ${topic}`)
    default:
      return refused('broker-failed', `error ${code} of the protocol about the topic '${topic}'`)
  }
}
