import type { BrokerFixture } from './broker.ts'

const headers = {
  text: 'Grüße 你好 🚚',
  yes: true,
  no: false,
  nothing: null,
  small: -7,
  large: 9_007_199_254_740_991,
  half: 0.5,
  nested: { list: [1, 'zwei', { drei: 3 }], '!': 'int64' },
}

/** Headers of a broker that has types for them. */
export const typedHeaders: BrokerFixture['headers'] = {
  sent: JSON.stringify(headers),
  arrived: { ...headers, 'x-redrive-job': 'job-1', 'x-redrive-attempt': 1 },
}

/** What a broker with exchanges and queues makes of a destination, given how they are declared. */
export function amqpPlaces(
  declare: (queue: string, routingKey: string) => Promise<string>,
): Pick<BrokerFixture, 'to' | 'around' | 'nowhere' | 'missing' | 'strange'> {
  return {
    to: (queue) => ({ exchange: '', routingKey: queue }),
    around: async (queue) => ({ exchange: await declare(queue, 'bound'), routingKey: 'bound' }),
    nowhere: async (queue) => ({
      destination: { exchange: await declare(queue, 'bound'), routingKey: 'unbound' },
      answer: 'returned unroutable',
    }),
    strange: [
      { payload: null },
      { destination: { kind: 'topic', topic: 'orders', key: null, partition: null } },
    ],
    missing: (queue) => ({
      destination: { exchange: `${queue}-dead`, routingKey: 'any' },
      answer: 'refused exchange-missing',
    }),
  }
}
