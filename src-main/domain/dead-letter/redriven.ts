import { sha256 } from '../digest.ts'
import type { Destination } from '../message.ts'
import type { CopiedMessage } from '../outcome.ts'
import { strippedNames } from './letter.ts'
import type { Letter } from './letter.ts'
import { own } from './own-headers.ts'
import { deathStory } from './story.ts'
import type { Origin } from './story.ts'

/** Characters of one value that is taken off and kept: a stack trace says nothing new after that. */
export const KEPT_VALUE_CHARS_MAX = 2_000
/** Characters of all of them; a frame of headers holds 64 KiB in all. */
export const KEPT_CHARS_MAX = 16_000
export const ID_CHARS = 32

/**
 * Where dead letters go. `origin` is the exchange and key that they were first published to, or the topic; `queue` the one
 * they died in. A chosen topic stands in the place of the exchange.
 */
export type RedriveTo =
  { readonly kind: 'origin' } | { readonly kind: 'queue' } | ({ readonly kind: 'chosen' } & Destination)

/** Null: the letter does not tell. */
export function redriveDestination(origin: Origin, to: RedriveTo): Destination | null {
  switch (to.kind) {
    case 'chosen':
      return { exchange: to.exchange, routingKey: to.routingKey }
    case 'queue':
      // A record died in no queue: the topic that it came from has it still, and goes on.
      return origin.queue === null ? null : { exchange: '', routingKey: origin.queue }
    case 'origin':
      // The key of a record stays with it.
      if (origin.record !== null) return { exchange: origin.record.topic, routingKey: '' }
      return origin.exchange === null || origin.routingKey === null
        ? null
        : { exchange: origin.exchange, routingKey: origin.routingKey }
  }
}

/**
 * The letter as it goes out again: message id, body and the message's own headers unchanged; what is dangerous or stale is
 * taken off and kept as text in a header of Redrive's own. The id of the user would have to be ours, and a time to live
 * would let it die on the way: neither goes out.
 */
export function redrivenCopy(letter: Letter, digest: string): CopiedMessage {
  const { origin, redrive } = deathStory(letter)
  const kept: Record<string, unknown> = {}
  const headers: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(letter.headers)) {
    if (strippedNames.has(name)) kept[name] = value
    else headers[name] = value
  }
  const { userId, expiration, ...properties } = letter.properties
  if (userId !== undefined) kept['user-id'] = userId
  if (expiration !== undefined) kept['expiration'] = expiration
  headers[own.id] = redrive?.id ?? sha256(`${letter.messageId ?? ''}\u0000${digest}`).slice(0, ID_CHARS)
  headers[own.times] = (redrive?.times ?? 0) + 1
  if (origin.queue !== null) headers[own.originQueue] = origin.queue
  if (origin.exchange !== null) headers[own.originExchange] = origin.exchange
  if (origin.routingKey !== null) headers[own.originKey] = origin.routingKey
  if (Object.keys(kept).length > 0) headers[own.kept] = keptText(kept)
  return { body: letter.body, headers, properties }
}

function keptText(kept: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(kept, (_name, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'string' || value.length <= KEPT_VALUE_CHARS_MAX) return value
    return `${value.slice(0, KEPT_VALUE_CHARS_MAX)}…`
  })
  // Too long to be carried whole: the names say at least what was there.
  return text.length <= KEPT_CHARS_MAX ? text : JSON.stringify({ names: Object.keys(kept) })
}
