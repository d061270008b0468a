import type { MessageResolver } from 'vue-i18n'

/** What the library reads as more than text: places, links, plurals, escapes. */
const SYNTAX = /[{}@|\\]/

/**
 * Finds the message of a key. Where nothing is to be put into it, it is said as it stands: the library would compile each
 * of them at its first use, while the first page is drawn.
 */
export const findMessage: MessageResolver = (messages, key) => {
  let found: unknown = messages
  for (const name of key.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return null
    found = (found as Record<string, unknown>)[name]
  }
  if (typeof found !== 'string') return found as ReturnType<MessageResolver>
  const message = found
  return SYNTAX.test(message) ? message : () => message
}
