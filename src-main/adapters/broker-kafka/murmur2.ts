const SEED = 0x9747b28c
const MIX = 0x5bd1e995
const SHIFT = 24

/** Kafka's own murmur2 over the bytes of a key, as its Java client computes it; a signed 32-bit integer. */
function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const tail = length & ~3
  const at = (index: number): number => bytes[index] ?? 0
  let hash = SEED ^ length
  for (let index = 0; index < tail; index += 4) {
    let word = at(index) | (at(index + 1) << 8) | (at(index + 2) << 16) | (at(index + 3) << 24)
    word = Math.imul(word, MIX)
    word ^= word >>> SHIFT
    hash = Math.imul(hash, MIX) ^ Math.imul(word, MIX)
  }
  const rest = length - tail
  if (rest === 3) hash ^= at(tail + 2) << 16
  if (rest >= 2) hash ^= at(tail + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ at(tail), MIX)
  hash ^= hash >>> 13
  hash = Math.imul(hash, MIX)
  return hash ^ (hash >>> 15)
}

/**
 * The partition that every Java producer chooses for this key, so that what is sent again joins what was sent before.
 * kafkajs computes the same with a 64-bit library, twenty times slower.
 */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
