import { damagedHeader } from '../../domain/dead-letter/letter.ts'
import type { Letter } from '../../domain/dead-letter/letter.ts'
import type { LookedLetter } from '../../domain/dead-letter/look.ts'
import { deathStory } from '../../domain/dead-letter/story.ts'

/** Bytes of one body that are shown. */
const PREVIEW_BYTES_MAX = 16 * 1024
/** Bytes of all bodies of one look that are kept in memory; later ones have no preview. */
const PREVIEWS_BYTES_MAX = 48 * 1024 * 1024
/** Characters of one header's value that are shown: a stack trace says nothing new after that. */
const HEADER_CHARS_MAX = 4_000

/** What is kept of each letter; the whole body is not. */
export function newPreviews(): (letter: Letter) => Omit<LookedLetter, 'id' | 'digest' | 'isNew'> {
  let left = PREVIEWS_BYTES_MAX
  return (letter) => {
    const { messageId, type, exchange, routingKey, body, properties } = letter
    const shown = Math.min(body.length, PREVIEW_BYTES_MAX, left)
    left -= shown
    return {
      messageId,
      type,
      exchange,
      routingKey,
      contentType: properties.contentType ?? null,
      bytes: body.length,
      preview: textOf(body.subarray(0, shown)),
      cut: shown < body.length,
      headers: headersText(letter.headers),
      damagedHeader: damagedHeader(letter.headers),
      story: deathStory(letter),
    }
  }
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
