import type { CopiedRecord } from '../outcome.ts'

/** Headers of a record by name, as those who write dead letters encode them. A name may have been written more than once. */
export interface RecordHeaders {
  has(name: string): boolean
  /** UTF-8 of the first one, which tells of the first time; null: none, or no text. */
  first(name: string): string | null
  /** Of the newest one. */
  last(name: string): string | null
  /** Big-endian, four or eight bytes, or digits as text, as the one writes it or the other. Of the first one. */
  whole(name: string): bigint | null
}

const INT32_BYTES = 4
const INT64_BYTES = 8
const DIGITS = /^-?\d{1,19}$/

export function recordHeaders({ headers }: Pick<CopiedRecord, 'headers'>): RecordHeaders {
  const byName = Map.groupBy(headers, ([name]) => name)
  const valueAt = (name: string, index: number) => byName.get(name)?.at(index)?.[1] ?? null
  return {
    has: (name) => byName.has(name),
    first: (name) => textOf(valueAt(name, 0)),
    last: (name) => textOf(valueAt(name, -1)),
    whole: (name) => wholeOf(valueAt(name, 0)),
  }
}

export function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

function wholeOf(bytes: Uint8Array | null): bigint | null {
  if (bytes === null) return null
  const text = textOf(bytes)
  // Four or eight digits are as long as a number in binary; a number that is spelt in bytes of digits would be beyond any
  // partition or count, and in eight bytes beyond any time.
  if (text !== null && DIGITS.test(text)) return BigInt(text)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length === INT32_BYTES) return BigInt(view.getInt32(0))
  return bytes.length === INT64_BYTES ? view.getBigInt64(0) : null
}
