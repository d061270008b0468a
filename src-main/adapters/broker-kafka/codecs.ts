import { promisify } from 'node:util'
import { gunzip, zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress, uncompress } from 'snappy'
import { compressions } from '../../domain/workspace.ts'
import type { Compression } from '../../domain/workspace.ts'

const NUMBERS: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

export function compressionNumber(name: Compression): number {
  return NUMBERS[name]
}

interface Encoded {
  readonly buffer: Buffer
}

interface Codec {
  compress(encoder: Encoded): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

const packZstd = promisify(zstdCompress)
const unpackZstd = promisify(zstdDecompress)

/** The stream format of xerial's Java library, which Kafka's clients write: a header, then blocks with their length. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const XERIAL_BLOCK_BYTES = 32 * 1024

const snappy: Codec = {
  compress: async ({ buffer }) => {
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

const codecs: ReadonlyMap<Compression, Codec> = new Map([
  ['snappy', snappy],
  [
    'lz4',
    { compress: ({ buffer }) => compressFrame(buffer), decompress: (buffer) => decompressFrame(buffer) },
  ],
  ['zstd', { compress: ({ buffer }) => packZstd(buffer), decompress: (buffer) => unpackZstd(buffer) }],
])

/** kafkajs brings gzip; with these it reads and writes what any client of Kafka does. */
export function installCodecs(): void {
  const table = kafkajs.CompressionCodecs as Record<number, unknown>
  for (const [name, codec] of codecs) table[NUMBERS[name]] = () => codec
}

const unpackGzip = promisify(gunzip)

/** The records of a batch, by the number of their codec. */
export async function unpack(number: number, packed: Buffer): Promise<Buffer> {
  const name = compressions.find((one) => NUMBERS[one] === number)
  if (name === 'gzip') return await unpackGzip(packed)
  const codec = name === undefined ? undefined : codecs.get(name)
  if (codec === undefined)
    throw new Error(`records are packed in a way that Redrive does not know (${number})`)
  return await codec.decompress(packed)
}
