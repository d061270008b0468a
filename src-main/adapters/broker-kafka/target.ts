import { isTopic } from '../../domain/message.ts'
import type { Place, TopicDestination } from '../../domain/message.ts'

export type Target = Omit<TopicDestination, 'kind'>

export const TOPIC_BYTES_MAX = 249

/**
 * An outbox that was written for exchanges: its exchange is the topic and its routing key the key of the record; what
 * goes to a queue by name goes to the topic of that name, without a key.
 */
export function targetOf(destination: Place): Target {
  if (isTopic(destination)) return destination
  const { exchange, routingKey } = destination
  if (exchange === '') return { topic: routingKey, key: null, partition: null }
  return { topic: exchange, key: routingKey === '' ? null : routingKey, partition: null }
}
