import Encoder from 'kafkajs/src/protocol/encoder.js'
import { RecordBatch } from 'kafkajs/src/protocol/recordBatch/v0/index.js'
import { isRecordCopy } from '../../domain/outcome.ts'
import type { CopiedRecord, RecordHeader } from '../../domain/outcome.ts'
import { ask } from './wire.ts'
import type { Node } from './wire.ts'

/** A record as kafkajs encodes it: the order of headers of different names is not kept, and none is null. */
export interface KafkaRecord {
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>
}

export interface ProduceRequest {
  readonly compression: number
  /** How long the leader waits for its replicas. */
  readonly timeoutMs: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly messages: readonly (KafkaRecord | CopiedRecord)[]
    }[]
  }[]
}

interface Produced {
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly {
      readonly partition: number
      readonly errorCode: number
      readonly baseOffset: string
    }[]
  }[]
}

const ALL_REPLICAS = -1
/** Of a producer without a sequence: nothing is sent twice, so there is nothing to recognise. */
const NO_SEQUENCE = 0

/** Sent once, whatever happens. */
export async function askProduce(node: Node, request: ProduceRequest): Promise<Produced> {
  const { compression, timeoutMs, topics } = request
  const topicData = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((one) => ({ ...one, firstSequence: NO_SEQUENCE })),
  }))
  const copies = topics.some(({ partitions }) =>
    partitions.some(({ messages }) => messages.some(isRecordCopy)),
  )
  const encode = () => encodeProduce({ acks: ALL_REPLICAS, ...request })
  const options = { acks: ALL_REPLICAS, timeout: timeoutMs, compression, topicData }
  return (await ask(node, 'Produce', options, copies ? { encode } : {})) as Produced
}

/**
 * The body of a request to produce, the same in versions 3 to 7, for records that go on as they were found: kafkajs takes
 * headers as an object, which knows no order across names, and fails at one that is null.
 */
async function encodeProduce({
  acks,
  timeoutMs,
  compression,
  topics,
}: ProduceRequest & { readonly acks: number }): Promise<Encoder> {
  const encoded: Encoder[] = []
  for (const { topic, partitions } of topics) {
    const batches: Encoder[] = []
    for (const { partition, messages } of partitions) {
      const batch = await batchOf(messages, compression)
      batches.push(new Encoder().writeInt32(partition).writeInt32(batch.size()).writeEncoder(batch))
    }
    encoded.push(new Encoder().writeString(topic).writeArray(batches))
  }
  // No transaction.
  return new Encoder().writeString(null).writeInt16(acks).writeInt32(timeoutMs).writeArray(encoded)
}

/** All of them carry the time of now: what is redriven is new in its topic. */
async function batchOf(
  messages: readonly (KafkaRecord | CopiedRecord)[],
  compression: number,
): Promise<Encoder> {
  const nowMs = Date.now()
  return await RecordBatch({
    compression,
    records: messages.map((message, index) => recordOf(message, index)),
    firstTimestamp: nowMs,
    maxTimestamp: nowMs,
    lastOffsetDelta: messages.length - 1,
  })
}

function recordOf(message: KafkaRecord | CopiedRecord, index: number): Encoder {
  const headers = isRecordCopy(message) ? message.headers : listed(message.headers)
  // No attributes, and no time of its own.
  const body = new Encoder().writeBuffer(Buffer.from([0, 0])).writeVarInt(index)
  writeBytes(body, message.key)
  writeBytes(body, message.value)
  body.writeVarInt(headers.length)
  for (const [name, value] of headers) {
    writeBytes(body, name)
    writeBytes(body, value)
  }
  return new Encoder().writeVarInt(body.size()).writeEncoder(body)
}

function writeBytes(to: Encoder, value: Uint8Array | string | null): void {
  if (value === null) return void to.writeVarInt(-1)
  const bytes = Buffer.from(value as Uint8Array)
  to.writeVarInt(bytes.length).writeBuffer(bytes)
}

function listed(headers: KafkaRecord['headers']): readonly RecordHeader[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one): RecordHeader => [name, Buffer.from(one as string)]),
  )
}
