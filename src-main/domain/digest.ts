import { createHash, hash } from 'node:crypto'

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** Canonical JSON: keys sorted by code unit, no spaces, undefined members left out. Equal values give equal text. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) {
    // Thousands of ids: in one go, which writes the same.
    if (value.every((item) => typeof item === 'string')) return JSON.stringify(value)
    return `[${value.map((item: Json) => canonical(item)).join(',')}]`
  }
  const object = value as Readonly<Record<string, Json | undefined>>
  const members = Object.keys(object)
    .sort()
    .flatMap((key) => {
      const member = object[key]
      return member === undefined ? [] : [`${JSON.stringify(key)}:${canonical(member)}`]
    })
  return `{${members.join(',')}}`
}

/** SHA-256 as lower-case hex of UTF-8 text. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/** SHA-256 as lower-case hex. */
export function sha256OfBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

/** Lines that are hashed in one go: each call of the hash costs more than a line. */
const LINES_AT_ONCE = 256

/** A SHA-256 that grows by lines of text, each with a line feed after it. */
export interface LinesDigest {
  add(line: string): void
  /** Lower-case hex; nothing may be added afterwards. */
  finish(): string
}

export function newLinesDigest(): LinesDigest {
  const sum = createHash('sha256')
  let waiting: string[] = []
  return {
    add(line) {
      waiting.push(line, '\n')
      if (waiting.length < LINES_AT_ONCE * 2) return
      sum.update(waiting.join(''))
      waiting = []
    },
    finish: () => sum.update(waiting.join('')).digest('hex'),
  }
}
