import type { ConsumeMessage, Message } from 'amqplib'
import type { StoredMessage } from '../adapters/broker-memory/topology.ts'
import type { ReceiverChannel } from '../../resources/receiver/receiver.ts'

/** A channel of the receiver's broker in this process: what is brought is consumed, what is given back comes again. */
export interface LedgerChannel extends ReceiverChannel {
  bring(message: StoredMessage): void
}

export function openLedgerChannel(): LedgerChannel {
  let consumer: ((delivery: ConsumeMessage | null) => void) | null = null
  const waiting: ConsumeMessage[] = []
  /** Handed out and neither acknowledged nor given back. */
  const inHand = new Map<Message, ConsumeMessage>()
  const hand = (delivery: ConsumeMessage): void => {
    if (consumer === null) {
      waiting.push(delivery)
      return
    }
    inHand.set(delivery, delivery)
    consumer(delivery)
  }
  return {
    bring: (message) => hand(deliveryOf(message)),
    prefetch: async () => ({}),
    async consume(_queue, onMessage) {
      consumer = onMessage
      for (const delivery of waiting.splice(0)) hand(delivery)
      return { consumerTag: 'ledger' }
    },
    async cancel(consumerTag) {
      consumer = null
      return { consumerTag }
    },
    ack(delivery) {
      inHand.delete(delivery)
    },
    nack(delivery, _allUpTo, requeue = true) {
      const given = inHand.get(delivery)
      inHand.delete(delivery)
      if (requeue && given !== undefined) hand(given)
    },
  }
}

function deliveryOf({ messageId, type, payload, headers, destination }: StoredMessage): ConsumeMessage {
  const unset = undefined
  return {
    content: Buffer.from(payload),
    fields: {
      ...{ deliveryTag: 0, redelivered: false, consumerTag: 'ledger' },
      ...{ exchange: destination.exchange, routingKey: destination.routingKey },
    },
    properties: {
      messageId,
      type: type ?? unset,
      headers: JSON.parse(headers ?? '{}') as Record<string, unknown>,
      ...{ contentType: unset, contentEncoding: unset, deliveryMode: unset, priority: unset },
      ...{ correlationId: unset, replyTo: unset, expiration: unset, timestamp: unset },
      ...{ userId: unset, appId: unset, clusterId: unset },
    },
  }
}
