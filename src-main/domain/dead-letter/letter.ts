import { sha256, sha256OfBytes } from '../digest.ts'
import type { CopiedMessage } from '../outcome.ts'

/** A message of a queue as the broker's client decoded it. */
export interface Letter extends CopiedMessage {
  /** Where it was published to last: for a dead letter the dead-letter exchange, or the original key. */
  readonly exchange: string
  readonly routingKey: string
  readonly messageId: string | null
  readonly type: string | null
}

/** The broker changes these at each delivery. */
const VOLATILE: ReadonlySet<string> = new Set(['x-delivery-count', 'x-acquired-count', 'x-stream-offset'])

/**
 * Digest of everything that the letter is: place, properties, headers, bytes. A message that was redriven and died again
 * has other headers, so it is another letter.
 */
export function letterDigest({ exchange, routingKey, properties, headers, body }: Letter): string {
  const stable = Object.entries(headers).filter(([name]) => !VOLATILE.has(name))
  const text = JSON.stringify([exchange, routingKey, properties, stable], plain)
  return sha256(`${text}\u0000${sha256OfBytes(body)}`)
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/** Hex digits of the digest that an id carries. */
const DIGEST_CHARS = 16
/** Characters of a message id that an id of a letter carries. */
const MESSAGE_ID_CHARS = 200

/**
 * A queue has no row ids: a letter is found again by message id and content. `copy` is 1 for the first of letters that are
 * equal in everything, 2 for the next; which of them is which cannot be told, and need not.
 */
export function letterId(messageId: string | null, digest: string, copy: number): string {
  const base = `${(messageId ?? '').slice(0, MESSAGE_ID_CHARS)}#${digest.slice(0, DIGEST_CHARS)}`
  return copy === 1 ? base : `${base}~${copy}`
}

/** Gives letters their ids in the order in which they are met. */
export function newLetterIds(): (letter: Letter) => { readonly id: string; readonly digest: string } {
  const met = new Map<string, number>()
  return (letter) => {
    const digest = letterDigest(letter)
    const copy = (met.get(digest) ?? 0) + 1
    met.set(digest, copy)
    return { id: letterId(letter.messageId, digest, copy), digest }
  }
}

/**
 * Name of the first header that the client could not read without loss, or null: an integer beyond 2^53 comes rounded, and
 * text that is not UTF-8 comes with marks in it.
 */
export function damagedHeader(headers: Readonly<Record<string, unknown>>): string | null {
  const found = Object.entries(headers).find(([name, value]) => !strippedNames.has(name) && isDamaged(value))
  return found === undefined ? null : found[0]
}

function isDamaged(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  if (typeof value === 'string') return value.includes('\uFFFD')
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
  return Object.values(value).some(isDamaged)
}

/**
 * Headers that must not go out again: the broker's own record of deaths, which it would count on or take for its own;
 * further keys that a publish would be routed to; a delay; and what a recoverer wrote about the failure.
 */
export const strippedNames: ReadonlySet<string> = new Set([
  'x-death',
  'x-first-death-queue',
  'x-first-death-reason',
  'x-first-death-exchange',
  'x-last-death-queue',
  'x-last-death-reason',
  'x-last-death-exchange',
  'x-delivery-count',
  'x-acquired-count',
  'x-stream-offset',
  'x-opt-forcing-trace',
  'CC',
  'BCC',
  'x-delay',
  'x-exception-message',
  'x-exception-stacktrace',
  'x-original-exchange',
  'x-original-routingKey',
])
