import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress, uncompress } from 'snappy'
import { compressions } from '../../domain/workspace.ts'
import type { Compression } from '../../domain/workspace.ts'

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
    for (let at = XERIAL_HEADER.length; at < buffer.length;) {
      const bytes = buffer.readUInt32BE(at)
      const from = at + Uint32Array.BYTES_PER_ELEMENT
      blocks.push(await unsnap(buffer.subarray(from, from + bytes)))
      at = from + bytes
    }
    return Buffer.concat(blocks)
  },
}

async function unsnap(block: Buffer): Promise<Buffer> {
  return Buffer.from(await uncompress(block, { asBuffer: true }))
}

const codecs: Readonly<Record<Compression, Codec>> = {
  none: { compress: (records) => Promise.resolve(records), decompress: (packed) => Promise.resolve(packed) },
  gzip: { compress: (records) => packGzip(records), decompress: (packed) => unpackGzip(packed) },
  snappy,
  lz4: { compress: (records) => compressFrame(records), decompress: (packed) => decompressFrame(packed) },
  zstd: { compress: (records) => packZstd(records), decompress: (packed) => unpackZstd(packed) },
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
