import { isRecordCopy } from '../../domain/outcome.ts'
import type { CopiedRecord, RecordHeader } from '../../domain/outcome.ts'

export type HeaderValue = string | Buffer | null

/** A record to be written. */
export interface KafkaRecord {
  readonly key: string | null
  readonly value: string | null
  /** A list is the same header several times. */
  readonly headers: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>
}

const FIRST_BYTES = 64 * 1024
/** A varint of 32 bits, at most. */
const VARINT_BYTES_MAX = 5
/** No attributes, and no time of its own: all of a batch carry the batch's. */
const ATTRIBUTES_AND_TIME = 0x0000

/**
 * The records of one batch, one after the other in one stretch of memory, as the protocol wants them since version 0.11.
 * kafkajs makes several buffers for every number that it writes, takes headers as an object, which knows no order across
 * names, and fails at one that is null.
 */
export function writeRecords(records: readonly (KafkaRecord | CopiedRecord)[]): Buffer {
  const to = new Stretch()
  for (const [index, record] of records.entries()) {
    const start = to.reserve(VARINT_BYTES_MAX)
    to.uint16(ATTRIBUTES_AND_TIME)
    to.varint(index)
    to.bytes(record.key)
    to.bytes(record.value)
    if (isRecordCopy(record)) writeHeaders(to, record.headers)
    else writeNamedHeaders(to, record.headers)
    to.closeWithLength(start)
  }
  return to.written()
}

function writeHeaders(to: Stretch, headers: readonly RecordHeader[]): void {
  to.varint(headers.length)
  for (const [name, value] of headers) {
    to.bytes(name)
    to.bytes(value)
  }
}

function writeNamedHeaders(to: Stretch, headers: KafkaRecord['headers']): void {
  const names = Object.keys(headers)
  let count = 0
  for (const name of names) count += valuesOf(headers[name] ?? null).length
  to.varint(count)
  for (const name of names)
    for (const value of valuesOf(headers[name] ?? null)) {
      to.bytes(name)
      to.bytes(value)
    }
}

export function valuesOf(value: HeaderValue | readonly HeaderValue[]): readonly HeaderValue[] {
  return isList(value) ? value : [value]
}

function isList(value: HeaderValue | readonly HeaderValue[]): value is readonly HeaderValue[] {
  return Array.isArray(value)
}

class Stretch {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  /** Where the reserved bytes begin. */
  reserve(bytes: number): number {
    this.#makeRoom(bytes)
    const at = this.#length
    this.#length += bytes
    return at
  }

  uint16(value: number): void {
    this.#makeRoom(Uint16Array.BYTES_PER_ELEMENT)
    this.#length = this.#buffer.writeUInt16BE(value, this.#length)
  }

  /** A signed number of 32 bits: zigzag, then seven bits at a time, the lowest first. */
  varint(value: number): void {
    this.#makeRoom(VARINT_BYTES_MAX)
    this.#length = writeVarint(this.#buffer, this.#length, value)
  }

  /** With their length before them; -1: null. */
  bytes(value: Uint8Array | string | null): void {
    if (value === null) return this.varint(-1)
    const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length
    this.varint(size)
    this.#makeRoom(size)
    if (typeof value === 'string') this.#buffer.write(value, this.#length)
    else this.#buffer.set(value, this.#length)
    this.#length += size
  }

  /** Puts the length of all since `start` in the place that was reserved there, and closes up. */
  closeWithLength(start: number): void {
    const from = start + VARINT_BYTES_MAX
    const size = this.#length - from
    const body = writeVarint(this.#buffer, start, size)
    this.#buffer.copyWithin(body, from, this.#length)
    this.#length = body + size
  }

  written(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Answers with the place behind it. */
function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let to = at
  while (rest > 0x7f) {
    buffer[to++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[to++] = rest
  return to
}
