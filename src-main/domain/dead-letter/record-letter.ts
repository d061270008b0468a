import { sha256, sha256OfBytes } from '../digest.ts'
import type { CopiedRecord } from '../outcome.ts'
import { letterId } from './letter.ts'

/** A record of a topic of dead letters, with where it stands. */
export interface RecordLetter extends CopiedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** ISO-8601; null: it has none. */
  readonly at: string | null
  /** As the headers say that the broker's configuration names. */
  readonly messageId: string | null
  readonly type: string | null
}

/** Digest of everything that the record is. A topic that was made anew has other records at the same offsets. */
export function recordDigest({ topic, partition, offset, key, value, headers }: RecordLetter): string {
  const listed = headers.map(([name, bytes]) => [name, digestOf(bytes)])
  return sha256(JSON.stringify([topic, partition, String(offset), digestOf(key), digestOf(value), listed]))
}

function digestOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : sha256OfBytes(bytes)
}

export interface RecordPosition {
  readonly partition: number
  readonly offset: bigint
}

/** `partition@offset#digest`: a record stays where it is, so this finds it again. */
export function recordId({ partition, offset }: RecordPosition, digest: string): string {
  return letterId(`${partition}@${offset}`, digest, 1)
}

const ID = /^(\d{1,10})@(\d{1,19})#/

/** Null: it is no id of a record. */
export function recordPosition(id: string): RecordPosition | null {
  const [, partition, offset] = ID.exec(id) ?? []
  return partition === undefined || offset === undefined
    ? null
    : { partition: Number(partition), offset: BigInt(offset) }
}

/** Name of the first header whose name is no UTF-8: it could not be written again as it is. */
export function damagedName({ headers }: CopiedRecord): string | null {
  return headers.find(([name]) => name.includes('\uFFFD'))?.[0] ?? null
}
