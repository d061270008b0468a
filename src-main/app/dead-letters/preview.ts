import { damagedHeader } from '../../domain/dead-letter/letter.ts'
import type { Letter } from '../../domain/dead-letter/letter.ts'
import type { LookedLetter } from '../../domain/dead-letter/look.ts'
import { damagedName } from '../../domain/dead-letter/record-letter.ts'
import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import { recordStory } from '../../domain/dead-letter/record-story.ts'
import { deathStory } from '../../domain/dead-letter/story.ts'

/** Bytes of one body that are shown. */
const PREVIEW_BYTES_MAX = 16 * 1024
/** Bytes of all bodies of one look that are kept in memory; later ones have no preview. */
const PREVIEWS_BYTES_MAX = 48 * 1024 * 1024
/** Characters of one header's value that are shown: a stack trace says nothing new after that. */
const HEADER_CHARS_MAX = 4_000

/** Bytes that are no text are shown one by one as far as they are this few. */
const HEX_BYTES_MAX = 32
/** A tab. */
const FIRST_OF_TEXT = 9

export type Preview = Omit<LookedLetter, 'id' | 'digest' | 'isNew'>

/** What is kept of each letter; the whole body is not. */
export function newPreviews(): {
  readonly letter: (letter: Letter) => Preview
  readonly record: (letter: RecordLetter) => Preview
} {
  let left = PREVIEWS_BYTES_MAX
  const shown = (body: Uint8Array): Pick<Preview, 'bytes' | 'preview' | 'cut'> => {
    const bytes = Math.min(body.length, PREVIEW_BYTES_MAX, left)
    left -= bytes
    return { bytes: body.length, preview: textOf(body.subarray(0, bytes)), cut: bytes < body.length }
  }
  const letter = (letter: Letter): Preview => {
    const { messageId, type, exchange, routingKey, body, properties } = letter
    return {
      messageId,
      type,
      exchange,
      routingKey,
      contentType: properties.contentType ?? null,
      ...shown(body),
      headers: headersText(letter.headers),
      damagedHeader: damagedHeader(letter.headers),
      story: deathStory(letter),
      position: null,
    }
  }
  const record = (letter: RecordLetter): Preview => {
    const { messageId, type, topic, partition, offset, key, value } = letter
    return {
      messageId,
      type,
      exchange: topic,
      routingKey: '',
      contentType: null,
      ...shown(value ?? new Uint8Array()),
      headers: recordHeadersText(letter.headers),
      damagedHeader: damagedName(letter),
      story: recordStory(letter),
      position: {
        partition,
        offset: String(offset),
        key: key === null ? null : shownValue(key),
        tombstone: value === null,
      },
    }
  }
  return { letter, record }
}

/** By name; one that was written more than once as a list. */
function recordHeadersText(headers: RecordLetter['headers']): string {
  const byName = Map.groupBy(headers, ([name]) => name)
  const shown = [...byName].map(([name, pairs]) => {
    const values = pairs.map(([, value]) => (value === null ? null : shownValue(value)))
    return [name, values.length === 1 ? values[0] : values]
  })
  return JSON.stringify(Object.fromEntries(shown), null, 2)
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Numbers in bytes are valid UTF-8 as often as not. */
function shownValue(bytes: Uint8Array): string {
  const text = bytes.some((byte) => byte < FIRST_OF_TEXT) ? null : textOf(bytes)
  if (text === null) return bytes.length <= HEX_BYTES_MAX ? `0x${hexOf(bytes)}` : `${bytes.length} bytes`
  return text.length <= HEADER_CHARS_MAX ? text : `${text.slice(0, HEADER_CHARS_MAX)}…`
}

/** A cut may go through a character: the broken end is left off. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return null
  }
}

function headersText(headers: Letter['headers']): string {
  return JSON.stringify(
    headers,
    (_name, value: unknown) => {
      if (typeof value === 'bigint') return String(value)
      if (value instanceof Uint8Array) return `${value.length} bytes`
      if (typeof value !== 'string' || value.length <= HEADER_CHARS_MAX) return value
      return `${value.slice(0, HEADER_CHARS_MAX)}…`
    },
    2,
  )
}
