import { newByteReader } from './byte-reader.ts'
import type { ByteReader } from './byte-reader.ts'
import type { AbortedTransaction } from './record-batches.ts'
import { ask } from './wire.ts'
import type { Node } from './wire.ts'

const READ_COMMITTED = 1
/** Nobody's replica: a reader. */
const NO_REPLICA = -1
/** An answer waits this long for a record that is not there. */
const WAIT_MS = 100
const LOG_START_SINCE = 5
const SESSION_SINCE = 7
const REPLICA_SINCE = 11

export interface FetchRequest {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** A first batch that is larger comes all the same. */
  readonly bytesMax: number
}

export interface Fetched {
  readonly errorCode: number
  readonly aborted: readonly AbortedTransaction[]
  readonly batches: Buffer
}

/** Records from an offset on, committed ones only. Joins no group, commits nothing, opens no session. */
export async function askFetch(
  node: Node,
  { topic, partition, offset, bytesMax }: FetchRequest,
): Promise<Fetched> {
  const request = {
    replicaId: NO_REPLICA,
    isolationLevel: READ_COMMITTED,
    maxWaitTime: WAIT_MS,
    minBytes: 1,
    maxBytes: bytesMax,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: bytesMax }] }],
  }
  return (await ask(node, 'Fetch', request, { decode: decodeFetch })) as Fetched
}

/** The one partition that was asked for. */
function decodeFetch(answer: Buffer, version: number): Fetched {
  const reader = newByteReader(answer)
  // How long the cluster wants it to slow down.
  reader.int32()
  const failure = version >= SESSION_SINCE ? reader.int16() : 0
  if (version >= SESSION_SINCE) reader.int32()
  const none = { errorCode: failure, aborted: [], batches: Buffer.alloc(0) }
  if (reader.int32() < 1) return none
  reader.string()
  return reader.int32() < 1 ? none : partitionOf(reader, version)
}

function partitionOf(reader: ByteReader, version: number): Fetched {
  // Partition.
  reader.int32()
  const errorCode = reader.int16()
  // High watermark and last stable offset; since version 5 also where the log begins.
  reader.skip(version >= LOG_START_SINCE ? 24 : 16)
  const aborted: AbortedTransaction[] = []
  for (let left = reader.int32(); left > 0; left -= 1)
    aborted.push({ producerId: reader.int64(), firstOffset: reader.int64() })
  if (version >= REPLICA_SINCE) reader.int32()
  return { errorCode, aborted, batches: reader.bytes(Math.max(0, reader.int32())) }
}
