import type { DeadLetterPlace } from '../../domain/dead-letter/place.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Broker } from '../../ports/broker.ts'
import type { DeadLetters, QueueFacts } from '../../ports/dead-letters.ts'
import type { Topics } from '../../ports/topics.ts'
import type { Found } from './found.ts'
import { readQueue } from './queue-look.ts'
import { readTopic, topicFacts } from './topic-look.ts'

/**
 * What holds dead letters. A queue gives its messages and takes them back, so that looking and removing are acts upon it; a
 * topic is only read, and what became of its records stands in the ledger.
 */
export type Box =
  | { readonly is: 'queue'; readonly deadLetters: DeadLetters }
  | { readonly is: 'topic'; readonly topics: Topics }

/** Throws `no-dead-letters`. */
export function boxOf(name: string, { deadLetters, topics }: Broker): Box {
  if (deadLetters !== undefined) return { is: 'queue', deadLetters }
  if (topics !== undefined) return { is: 'topic', topics }
  throw new RedriveError('no-dead-letters', 'never', { broker: name })
}

/** Touches no message. Throws `queue-missing`, `topic-missing`. */
export async function boxFacts(
  box: Box,
  { queue }: DeadLetterPlace,
  signal: AbortSignal,
): Promise<QueueFacts> {
  if (box.is === 'topic') {
    const facts = await topicFacts(box.topics, queue, signal)
    if (facts === null) throw new RedriveError('topic-missing', 'never', { reason: `no topic '${queue}'` })
    return facts
  }
  const facts = await box.deadLetters.facts(queue, signal)
  if (facts === null) throw new RedriveError('queue-missing', 'never', { queue })
  return facts
}

/** At most `limit`: of a queue the oldest, of a topic the newest. */
export function readBox(
  box: Box,
  { queue }: DeadLetterPlace,
  limit: number,
  signal: AbortSignal,
): Promise<Found> {
  return box.is === 'topic'
    ? readTopic(box.topics, queue, limit, signal)
    : readQueue(box.deadLetters, queue, limit, signal)
}
