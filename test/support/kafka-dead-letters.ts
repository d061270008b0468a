import { randomBytes } from 'node:crypto'
import type { IHeaders, Message } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { Compression } from '../../src-main/domain/workspace.ts'
import { compressionNumber } from '../../src-main/adapters/broker-kafka/codecs.ts'
import { int32, int64 } from './bytes.ts'
import type { KafkaNode } from './kafka-node.ts'
import { kafkaClient } from './kafka.ts'

/** What Spring Kafka's recoverer writes. */
export function springHeaders(topic: string, offset: number, message: string): IHeaders {
  return {
    'kafka_dlt-original-topic': topic,
    'kafka_dlt-original-partition': int32(0),
    'kafka_dlt-original-offset': int64(offset),
    'kafka_dlt-original-timestamp': int64(1_700_000_000_000),
    'kafka_dlt-original-timestamp-type': 'CreateTime',
    'kafka_dlt-original-consumer-group': 'billing',
    'kafka_dlt-exception-fqcn': 'org.springframework.kafka.listener.ListenerExecutionFailedException',
    'kafka_dlt-exception-cause-fqcn': 'com.shop.NotFound',
    'kafka_dlt-exception-message': message,
    'kafka_dlt-exception-stacktrace': `com.shop.NotFound: ${message}\n\tat com.shop.Listener.on(Listener.java:7)`,
  }
}

const LARGE_BYTES = 900_000

/** The records that are hard to copy: each differs from the others in what a careless copy would lose. */
export function hardRecords(topic: string): readonly Message[] {
  const died = (n: number): IHeaders => springHeaders(topic, n, `Order ${n} not found`)
  return [
    {
      key: 'k-1',
      value: Buffer.from([0xff, 0, 0xfe]),
      headers: { bytes: Buffer.from([0, 255, 128]), ...died(1) },
    },
    { key: Buffer.from([0xff, 0x80]), value: '{}', headers: { twice: ['b', 'a'], none: '', ...died(2) } },
    { key: 'gone', value: null, headers: { 'x-message-id': 'm-3', ...died(3) } },
    { value: 'no key', headers: { '7': 'seven', a: 'first', ...died(4) } },
    { key: '', value: '', headers: died(5) },
    { key: 'large', value: randomBytes(LARGE_BYTES), headers: died(6) },
  ]
}

/** `each` of them in one batch. */
export async function produce(
  node: KafkaNode,
  topic: string,
  messages: readonly Message[],
  compression: Compression = 'none',
  each = 1,
): Promise<void> {
  const producer = kafkaClient(node).producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  for (let at = 0; at < messages.length; at += each) {
    const some = messages.slice(at, at + each)
    await producer.send({ topic, messages: some, compression: compressionNumber(compression) })
  }
  await producer.disconnect()
}
