/** A JSON pointer (RFC 6901) to a text or a whole number that a double holds exactly. Null: there is none. */
export function textAt(value: unknown, pointer: string): string | null {
  let at = value
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return null
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  if (typeof at === 'string') return at
  return typeof at === 'number' && Number.isSafeInteger(at) ? String(at) : null
}
