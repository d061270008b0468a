import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress, uncompress } from 'snappy'
import { compressions } from '../../domain/workspace.ts'
import type { Compression } from '../../domain/workspace.ts'

/**
 * Of one batch. The largest that a broker takes unless somebody raised its limit is 1 MB packed; text packs to a tenth or so.
 * What claims to be more was made to fill a reader's memory, and is not unpacked.
 */
export const UNPACKED_BYTES_MAX = 256 * 1024 * 1024

const NUMBERS: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

export function compressionNumber(name: Compression): number {
  return NUMBERS[name]
}

interface Codec {
  readonly compress: (records: Buffer) => Promise<Buffer>
  readonly decompress: (packed: Buffer) => Promise<Buffer>
}

const packGzip = promisify(gzip)
const unpackGzip = promisify(gunzip)
const packZstd = promisify(zstdCompress)
const unpackZstd = promisify(zstdDecompress)
const TOO_LARGE = `a batch of records unpacks to more than the ${UNPACKED_BYTES_MAX} bytes that Redrive reads`
const LIMIT = { maxOutputLength: UNPACKED_BYTES_MAX }
const VARINT_BYTES_MAX = 5
const LZ4_MAGIC_BYTES = 4
/** By the number in the head of a frame; numbers below four are reserved. */
const LZ4_BLOCK_BYTES = [0, 0, 0, 0, 65_536, 262_144, 1_048_576, 4_194_304] as const
/** Set in the length of a block that is not packed. */
const LZ4_STORED = 0x80000000

/** The stream format of xerial's Java library, which Kafka's clients write: a header, then blocks with their length. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const XERIAL_BLOCK_BYTES = 32 * 1024

const snappy: Codec = {
  compress: async (buffer) => {
    const parts: Buffer[] = [XERIAL_HEADER]
    for (let at = 0; at < buffer.length; at += XERIAL_BLOCK_BYTES) {
      const block = Buffer.from(await compress(buffer.subarray(at, at + XERIAL_BLOCK_BYTES)))
      const length = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT)
      length.writeUInt32BE(block.length)
      parts.push(length, block)
    }
    return Buffer.concat(parts)
  },
  decompress: async (buffer) => {
    if (!buffer.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return await unsnap(buffer)
    const blocks: Buffer[] = []
    let unpacked = 0
    for (let at = XERIAL_HEADER.length; at < buffer.length;) {
      const bytes = buffer.readUInt32BE(at)
      const from = at + Uint32Array.BYTES_PER_ELEMENT
      const block = buffer.subarray(from, from + bytes)
      unpacked += snappyBytes(block)
      withinLimit(unpacked)
      blocks.push(await unsnap(block))
      at = from + bytes
    }
    return Buffer.concat(blocks)
  },
}

async function unsnap(block: Buffer): Promise<Buffer> {
  withinLimit(snappyBytes(block))
  return Buffer.from(await uncompress(block, { asBuffer: true }))
}

/** What a block of snappy says of its length: seven bits a byte, the lowest first. */
function snappyBytes(block: Buffer): number {
  let bytes = 0
  for (let at = 0; at < VARINT_BYTES_MAX; at += 1) {
    const byte = block[at] ?? 0
    bytes += (byte & 0x7f) * 2 ** (7 * at)
    if ((byte & 0x80) === 0) break
  }
  return bytes
}

/** The most that a frame of LZ4 can hold: as many blocks as it has, each of the size that its head allows. */
function lz4BytesMax(frame: Buffer): number {
  const flags = frame[LZ4_MAGIC_BYTES] ?? 0
  const blockBytesMax = LZ4_BLOCK_BYTES[((frame[LZ4_MAGIC_BYTES + 1] ?? 0) >> 4) & 7] ?? 0
  const checksum = (flags & 0x10) === 0 ? 0 : Uint32Array.BYTES_PER_ELEMENT
  let at = LZ4_MAGIC_BYTES + 3 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4)
  let bytes = 0
  while (at + Uint32Array.BYTES_PER_ELEMENT <= frame.length) {
    const block = frame.readUInt32LE(at)
    if (block === 0) break
    const stored = (block & LZ4_STORED) !== 0
    const packed = block & ~LZ4_STORED
    bytes += stored ? packed : blockBytesMax
    at += Uint32Array.BYTES_PER_ELEMENT + packed + checksum
  }
  return bytes
}

function withinLimit(bytes: number): void {
  if (bytes > UNPACKED_BYTES_MAX) throw new Error(TOO_LARGE)
}

async function limited(unpacking: Promise<Buffer>): Promise<Buffer> {
  try {
    return await unpacking
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? new Error(TOO_LARGE, { cause: error })
      : error
  }
}

const codecs: Readonly<Record<Compression, Codec>> = {
  none: { compress: (records) => Promise.resolve(records), decompress: (packed) => Promise.resolve(packed) },
  gzip: {
    compress: (records) => packGzip(records),
    decompress: (packed) => limited(unpackGzip(packed, LIMIT)),
  },
  snappy,
  lz4: {
    compress: (records) => compressFrame(records),
    decompress: async (packed) => {
      withinLimit(lz4BytesMax(packed))
      return await decompressFrame(packed)
    },
  },
  zstd: {
    compress: (records) => packZstd(records),
    decompress: (packed) => limited(unpackZstd(packed, LIMIT)),
  },
}

/** The records of a batch as the codec of this number writes them. Throws where there is none. */
export function pack(number: number, records: Buffer): Promise<Buffer> {
  return codecOf(number).compress(records)
}

/** The records of a batch, by the number of their codec. Throws where there is none. */
export function unpack(number: number, packed: Buffer): Promise<Buffer> {
  return codecOf(number).decompress(packed)
}

function codecOf(number: number): Codec {
  const name = compressions.find((one) => NUMBERS[one] === number)
  if (name === undefined)
    throw new Error(`records are packed in a way that Redrive does not know (${number})`)
  return codecs[name]
}
