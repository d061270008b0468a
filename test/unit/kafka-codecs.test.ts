import { expect, test } from 'vitest'
import {
  compressionNumber,
  pack,
  unpack,
  UNPACKED_BYTES_MAX,
} from '../../src-main/adapters/broker-kafka/codecs.ts'
import { compressions } from '../../src-main/domain/workspace.ts'

const PACKED = compressions.filter((name) => name !== 'none')
const MANY_BLOCKS_BYTES = 9_000_000

test.each(PACKED)(
  'a batch of %s that unpacks to gigabytes filled the memory of the engine: it is refused',
  async (name) => {
    const codec = compressionNumber(name)
    const bomb = await pack(codec, Buffer.alloc(UNPACKED_BYTES_MAX + 1))
    expect(bomb.length).toBeLessThan(UNPACKED_BYTES_MAX / 10)
    await expect(unpack(codec, bomb)).rejects.toThrow(
      /unpacks to more than the 268435456 bytes that Redrive reads/,
    )
  },
)

test.each(PACKED)('a batch of %s with many blocks comes back as it was', async (name) => {
  const codec = compressionNumber(name)
  const records = Buffer.from(Uint8Array.from({ length: MANY_BLOCKS_BYTES }, (_, at) => (at * at) >> 5))
  const back = await unpack(codec, await pack(codec, records))
  expect(back.equals(records)).toBe(true)
})

test('a frame of LZ4 that another client wrote, with checksums of its blocks, is walked block by block', async () => {
  // Flags: version 1, independent blocks with checksums; blocks of 64 KB at most; two of them stored, then the end.
  const block = Buffer.from([3, 0, 0, 0x80, 97, 98, 99, 0, 0, 0, 0])
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x70, 0x40, 0])
  const many = Buffer.concat([head, ...Array.from({ length: 3 }, () => block), Buffer.alloc(4)])
  // Its checksums are none, so it is not unpacked; but it is not taken for a bomb either.
  await expect(unpack(compressionNumber('lz4'), many)).rejects.not.toThrow(/more than the/)
})
