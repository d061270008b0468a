import { isAbsolute, resolve } from 'node:path'
import { LINK_SCHEME, readMessageLink } from '../../../src-preload/contract/message-link.ts'
import type { MessageLink } from '../../../src-preload/contract/message-link.ts'

/** What the platform's file associations call a plan, without the dot; electron-builder.yml says the same. */
export const PLAN_FILE_EXTENSION = 'redrive-plan'
/** Longer than any path of a platform. */
const PATH_CHARS_MAX = 32_768

/** What somebody opened Redrive with. Nothing of it acts: a link shows a message, a file is shown as a plan. */
export type Arrival =
  | { readonly kind: 'message'; readonly link: MessageLink }
  /** A link of our scheme that is none to a message. */
  | { readonly kind: 'broken-link' }
  | { readonly kind: 'plan-file'; readonly path: string }

export function arrivalOfLink(link: string): Arrival {
  const read = readMessageLink(link)
  return read === null ? { kind: 'broken-link' } : { kind: 'message', link: read }
}

/** Null: it is no plan file, and nothing else is opened. */
export function arrivalOfFile(file: string, folder: string): Arrival | null {
  if (file.length > PATH_CHARS_MAX || file.includes('\0')) return null
  if (!file.toLowerCase().endsWith(`.${PLAN_FILE_EXTENSION}`)) return null
  return { kind: 'plan-file', path: isAbsolute(file) ? file : resolve(folder, file) }
}

/**
 * The first link or plan file of a command line, on which Linux and Windows hand them over. The platform and Chromium put
 * switches of their own on it, and a link may try to look like one: whatever begins with a dash is passed over.
 */
export function arrivalIn(argv: readonly string[], folder: string): Arrival | null {
  for (const word of argv) {
    if (word.startsWith('-')) continue
    if (word.toLowerCase().startsWith(`${LINK_SCHEME}:`)) return arrivalOfLink(word)
    const file = arrivalOfFile(word, folder)
    if (file !== null) return file
  }
  return null
}
