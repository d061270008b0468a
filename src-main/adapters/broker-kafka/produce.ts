import Encoder from 'kafkajs/src/protocol/encoder.js'
import apiKeys from 'kafkajs/src/protocol/requests/apiKeys.js'
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import type { CopiedRecord } from '../../domain/outcome.ts'
import { pack } from './codecs.ts'
import { writeRecords } from './record-writer.ts'
import type { KafkaRecord } from './record-writer.ts'
import { ask } from './wire.ts'
import type { Node } from './wire.ts'

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
/** The first with headers, of Kafka 0.11; up to 7, the last that kafkajs knows, the request stays the same. */
const VERSION_MIN = 3

/** Sent once, whatever happens. */
export async function askProduce(node: Node, request: ProduceRequest): Promise<Produced> {
  const known = node.versions?.[String(apiKeys['Produce'])]
  if (known !== undefined && known.maxVersion < VERSION_MIN) throw new Error('this Kafka is older than 0.11')
  const encode = (): Promise<Encoder> => encodeProduce(request)
  // kafkajs decides by them whether there is an answer; the body is ours.
  return (await ask(node, 'Produce', { acks: ALL_REPLICAS, topicData: [] }, { encode })) as Produced
}

/** The body of the request. No transaction. */
async function encodeProduce({ compression, timeoutMs, topics }: ProduceRequest): Promise<Encoder> {
  const body = new Encoder().writeString(null).writeInt16(ALL_REPLICAS).writeInt32(timeoutMs)
  body.writeInt32(topics.length)
  for (const { topic, partitions } of topics) {
    body.writeString(topic).writeInt32(partitions.length)
    for (const { partition, messages } of partitions) {
      const batch = await batchOf(messages, compression)
      body.writeInt32(partition).writeInt32(batch.length).writeBuffer(batch)
    }
  }
  return body
}

const HEAD_BYTES = 61
const LENGTH_AT = 8
const MAGIC_AT = 16
const MAGIC = 2
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const FIRST_TIME_AT = 27
const LAST_TIME_AT = 35
const PRODUCER_AT = 43
const COUNT_AT = 57

/** All of them carry the time of now: what is redriven is new in its topic. */
async function batchOf(
  messages: readonly (KafkaRecord | CopiedRecord)[],
  compression: number,
): Promise<Buffer> {
  const nowMs = BigInt(Date.now())
  const head = Buffer.alloc(HEAD_BYTES)
  const batch = Buffer.concat([head, await pack(compression, writeRecords(messages))])
  batch.writeInt32BE(batch.length - LENGTH_AT - Int32Array.BYTES_PER_ELEMENT, LENGTH_AT)
  batch.writeInt8(MAGIC, MAGIC_AT)
  batch.writeInt16BE(compression, ATTRIBUTES_AT)
  batch.writeInt32BE(messages.length - 1, LAST_OFFSET_DELTA_AT)
  batch.writeBigInt64BE(nowMs, FIRST_TIME_AT)
  batch.writeBigInt64BE(nowMs, LAST_TIME_AT)
  // A producer without an id, an epoch or a sequence: nothing is sent twice, so there is nothing to recognise.
  batch.fill(0xff, PRODUCER_AT, COUNT_AT)
  batch.writeInt32BE(messages.length, COUNT_AT)
  batch.writeUInt32BE(crc32C(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
  return batch
}
