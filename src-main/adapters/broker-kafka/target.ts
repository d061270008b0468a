import type { Destination } from '../../domain/message.ts'

/** A place in Kafka. */
export interface Target {
  readonly topic: string
  readonly key: string | null
  /** Null: the one that the key, or else the message id, leads to. */
  readonly partition: number | null
}

export const TOPIC_BYTES_MAX = 249

/**
 * An outbox that was written for exchanges: its exchange is the topic and its routing key the key of the record; what
 * goes to a queue by name goes to the topic of that name, without a key.
 */
export function targetOf(destination: Destination): Target {
  const { exchange, routingKey } = destination
  if (exchange === '') return { topic: routingKey, key: null, partition: null }
  return { topic: exchange, key: routingKey === '' ? null : routingKey, partition: null }
}
