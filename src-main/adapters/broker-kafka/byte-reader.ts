/** Reads the protocol's types one after the other. Throws RangeError beyond the end. */
export interface ByteReader {
  int16(): number
  int32(): number
  int64(): bigint
  /** ZigZag, of 32 or 64 bits. */
  varint(): bigint
  /** With their length as a varint before them; null where it is negative. */
  varBytes(): Uint8Array | null
  /** With their length as an int16 before it. */
  string(): string
  bytes(length: number): Buffer
  skip(bytes: number): void
  rest(): Buffer
}

const VARINT_BITS = 7n
const VARINT_BITS_MAX = 70n

export function newByteReader(buffer: Buffer): ByteReader {
  let at = 0
  const bytes = (length: number): Buffer => {
    if (length < 0 || at + length > buffer.length) throw new RangeError('the answer ends before it should')
    at += length
    return buffer.subarray(at - length, at)
  }
  const int16 = (): number => bytes(2).readInt16BE()
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < VARINT_BITS_MAX; shift += VARINT_BITS) {
      const byte = bytes(1).readUInt8()
      value |= BigInt(byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return (value >> 1n) ^ -(value & 1n)
    }
    throw new RangeError('a number that is too long')
  }
  return {
    int16,
    int32: () => bytes(4).readInt32BE(),
    int64: () => bytes(8).readBigInt64BE(),
    varint,
    varBytes() {
      const length = Number(varint())
      return length < 0 ? null : bytes(length)
    },
    string: () => bytes(Math.max(0, int16())).toString(),
    bytes,
    skip: (length) => void bytes(length),
    rest: () => bytes(buffer.length - at),
  }
}
