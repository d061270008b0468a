import { createHash, hash } from 'node:crypto'

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** Canonical JSON: keys sorted by code unit, no spaces, undefined members left out. Equal values give equal text. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`
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

/** SHA-256 over canonical values, one a line, without holding their text. */
export function sha256Lines(values: Iterable<Json>): string {
  const sum = createHash('sha256')
  for (const value of values) sum.update(canonical(value)).update('\n')
  return sum.digest('hex')
}
