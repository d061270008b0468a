import type { MessageContent } from './message.ts'

/** A header by its exact name; with `value` only where its text has this in it. */
export interface HeaderSearch {
  readonly name: string
  readonly value?: string
}

/** What is looked for inside of messages. Letters of either case are the same. */
export interface ContentSearch {
  readonly payload?: string
  readonly header?: HeaderSearch
}

export function seeksContent({ payload, header }: ContentSearch): boolean {
  return payload !== undefined || header !== undefined
}

/**
 * How a text may stand in a stored document: as it is; with the escapes of JSON; and with everything beyond ASCII
 * escaped, as some languages write JSON.
 */
export function spellings(text: string): readonly string[] {
  const inJson = JSON.stringify(text).slice(1, -1)
  const inAscii = inJson.replace(/[^\x20-\x7e]/g, (unit) => {
    const code = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${code}`
  })
  return [...new Set([text, inJson, inAscii])]
}

const BYTES = /^\\x((?:[0-9a-f]{2})+)$/i

/** `\xc0ffee`, as binary payloads are shown: its hexadecimal digits. Null: a text. */
export function searchedBytes(text: string): string | null {
  return BYTES.exec(text)?.[1]?.toLowerCase() ?? null
}

/** Whether a message has what is looked for, of sources whose server cannot tell. */
export function holdsContent({ payload, header }: ContentSearch, content: MessageContent): boolean {
  return (
    (payload === undefined || holdsText(content.payload, payload)) &&
    (header === undefined || holdsHeader(content.headers, header))
  )
}

function holdsText(text: string, wanted: string): boolean {
  const lower = text.toLowerCase()
  const bytes = searchedBytes(wanted)
  if (bytes !== null && lower.startsWith('\\x')) return holdsBytes(lower.slice(2), bytes)
  return spellings(wanted).some((spelling) => lower.includes(spelling.toLowerCase()))
}

/** Two digits are a byte: half of one and half of the next are none. */
function holdsBytes(digits: string, wanted: string): boolean {
  for (let at = digits.indexOf(wanted); at >= 0; at = digits.indexOf(wanted, at + 1))
    if (at % 2 === 0) return true
  return false
}

function holdsHeader(headers: string | null, { name, value }: HeaderSearch): boolean {
  const text = headers === null ? null : memberText(headers, name)
  if (text === null || value === undefined) return text !== null
  return spellings(value).some((spelling) => text.toLowerCase().includes(spelling.toLowerCase()))
}

/** Text of a member of a JSON object; null where it is not there, or null, or the document is none. */
export function memberText(document: string, name: string): string | null {
  try {
    const parsed: unknown = JSON.parse(document)
    if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, name)) return null
    const member = (parsed as Readonly<Record<string, unknown>>)[name] ?? null
    return member === null || typeof member === 'string' ? member : JSON.stringify(member)
  } catch {
    return null
  }
}
