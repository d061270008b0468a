import { ID_CHARS_MAX, NAME } from './terms.ts'

/**
 * `redrive://SOURCE/MESSAGE`: a message that somebody is to look at, by its message id or its row key. It comes from chats
 * and mails, so it is nobody's word: it is read by one pattern, can only show, and is never loaded as an address.
 */
export const LINK_SCHEME = 'redrive'
/** Ids have 400 characters at most; each may be nine in a link: three bytes, percent-encoded. */
const LINK_CHARS_MAX = 4_000
const LINK = /^redrive:\/\/([^/?#\s]+)\/([^/?#\s]+)\/?$/i
// Nothing that a list, a title or a log would not show as it is.
const CONTROL = /\p{Cc}|\p{Cf}|\p{Cs}|[\u2028\u2029]/u

export interface MessageLink {
  readonly source: string
  /** Message id or row key. */
  readonly message: string
}

export function printMessageLink({ source, message }: MessageLink): string {
  return `${LINK_SCHEME}://${encodeURIComponent(source)}/${encodeURIComponent(message)}`
}

/** Null: it is no link to a message. */
export function readMessageLink(link: string): MessageLink | null {
  if (link.length > LINK_CHARS_MAX) return null
  const [, source, message] = LINK.exec(link)?.map(decoded) ?? []
  return source && message ? checkedMessageLink(source, message) : null
}

/** The two parts, decoded already; null where they cannot be those of a message. */
export function checkedMessageLink(source: string, message: string): MessageLink | null {
  const isId = message !== '' && message.length <= ID_CHARS_MAX
  const fits = NAME.test(source) && isId && !CONTROL.test(message)
  return fits ? { source, message } : null
}

/** Null: it is not percent-encoded UTF-8. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
