import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import type { RecordHeader } from '../../domain/outcome.ts'
import { unpack } from './codecs.ts'
import { newByteReader } from './byte-reader.ts'
import type { ByteReader } from './byte-reader.ts'

/** One record exactly as it is stored. */
export interface StoredRecord {
  readonly offset: bigint
  /** Milliseconds since 1970; negative: none. */
  readonly timestampMs: bigint
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface StoredRecords {
  readonly records: readonly StoredRecord[]
  /** Where to read on; null: there was no whole batch. Batches may hold nothing to see: control records, what was aborted. */
  readonly next: bigint | null
}

const MAGIC = 2
/** Of offset and length, which stand before what the length counts. */
const PREFIX_BYTES = 12
/** From there to the checksum, and to what it covers. */
const CRC_AT = PREFIX_BYTES + 5
const CRC_COVERS_FROM = CRC_AT + 4
const CODEC_MASK = 7
const LOG_APPEND_TIME = 8
const TRANSACTIONAL = 16
const CONTROL = 32
const ABORT = 0

/**
 * The batches of one fetch, without kafkajs' decoder, which makes an object of the headers: their order would be lost, and
 * which value stood where. A last batch that was cut off is left for the next fetch. What was aborted is left out: no
 * consumer that reads committed records has seen it. Throws where a batch is damaged, or of a format before 0.11.
 */
export async function readBatches(
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
): Promise<StoredRecords> {
  const open = newAborted(aborted)
  const records: StoredRecord[] = []
  let next: bigint | null = null
  for (let at = 0; bytes.length - at >= PREFIX_BYTES;) {
    const size = PREFIX_BYTES + bytes.readInt32BE(at + 8)
    if (bytes.length - at < size) break
    const batch = bytes.subarray(at, at + size)
    const head = headOf(batch)
    next = head.lastOffset + 1n
    if (open.shows(head)) records.push(...(await recordsOf(head)))
    at += size
  }
  return { records, next }
}

interface Head {
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  readonly attributes: number
  readonly baseMs: bigint
  readonly maxMs: bigint
  readonly producerId: bigint
  readonly count: number
  readonly body: Buffer
}

function headOf(batch: Buffer): Head {
  const magic = batch.readInt8(PREFIX_BYTES + 4)
  if (magic !== MAGIC) throw new Error(`records of the format ${magic}, from before Kafka 0.11`)
  if (crc32C(batch.subarray(CRC_COVERS_FROM)) !== batch.readUInt32BE(CRC_AT))
    throw new Error('a batch does not fit its checksum')
  const reader = newByteReader(batch.subarray(CRC_COVERS_FROM))
  const baseOffset = batch.readBigInt64BE(0)
  const attributes = reader.int16()
  const lastOffset = baseOffset + BigInt(reader.int32())
  const [baseMs, maxMs, producerId] = [reader.int64(), reader.int64(), reader.int64()]
  reader.skip(2 + 4)
  const count = reader.int32()
  return { baseOffset, lastOffset, attributes, baseMs, maxMs, producerId, count, body: reader.rest() }
}

/** Follows which producers have a transaction open here that was aborted later. */
function newAborted(aborted: readonly AbortedTransaction[]): { readonly shows: (head: Head) => boolean } {
  const waiting = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const open = new Set<bigint>()
  return {
    shows({ attributes, lastOffset, producerId, body }) {
      for (
        let first = waiting[0];
        first !== undefined && first.firstOffset <= lastOffset;
        first = waiting[0]
      ) {
        open.add(first.producerId)
        waiting.shift()
      }
      if ((attributes & CONTROL) !== 0) {
        if (markerOf(body) === ABORT) open.delete(producerId)
        return false
      }
      return (attributes & TRANSACTIONAL) === 0 || !open.has(producerId)
    },
  }
}

/** A control record's key is its version and its kind. */
function markerOf(body: Buffer): number | null {
  const reader = newByteReader(body)
  reader.varint()
  reader.skip(1)
  reader.varint()
  reader.varint()
  const key = reader.varBytes()
  return key === null || key.length < 4 ? null : Buffer.from(key).readInt16BE(2)
}

async function recordsOf(head: Head): Promise<StoredRecord[]> {
  const { attributes, count, body } = head
  const codec = attributes & CODEC_MASK
  // A copy where it is not packed: a record that is kept would keep the whole answer.
  const reader = newByteReader(codec === 0 ? Buffer.from(body) : await unpack(codec, body))
  return Array.from({ length: count }, () => recordOf(reader, head))
}

function recordOf(reader: ByteReader, { attributes, baseOffset, baseMs, maxMs }: Head): StoredRecord {
  reader.varint()
  reader.skip(1)
  const deltaMs = reader.varint()
  const timestampMs = (attributes & LOG_APPEND_TIME) === 0 ? baseMs + deltaMs : maxMs
  const offset = baseOffset + reader.varint()
  const [key, value] = [reader.varBytes(), reader.varBytes()]
  const headers = Array.from({ length: Number(reader.varint()) }, (): RecordHeader => {
    const name = reader.varBytes() ?? new Uint8Array()
    return [new TextDecoder('utf-8', { ignoreBOM: true }).decode(name), reader.varBytes()]
  })
  return { offset, timestampMs, key, value, headers }
}
