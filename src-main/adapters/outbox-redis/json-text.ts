/** The members of a JSON object as they are written: a number keeps its digits, a payload its spaces. Null: it is none. */
export function membersOf(text: string): ReadonlyMap<string, string> | null {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
  } catch {
    return null
  }
  // It is well formed, so brackets and quotes are all that has to be told apart.
  const members = new Map<string, string>()
  let at = text.indexOf('{') + 1
  for (;;) {
    const begins = text.indexOf('"', at)
    const closes = text.slice(at, begins < 0 ? undefined : begins)
    if (begins < 0 || closes.includes('}')) return members
    const nameEnds = endOfText(text, begins)
    const colon = text.indexOf(':', nameEnds)
    const ends = endOfValue(text, colon + 1)
    members.set(String(JSON.parse(text.slice(begins, nameEnds))), text.slice(colon + 1, ends).trim())
    at = ends + 1
    if (text[ends] === '}') return members
  }
}

function endOfText(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Place of the comma or the bracket behind it. */
function endOfValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at]
    if (letter === '"') {
      at = endOfText(text, at) - 1
      continue
    }
    if (letter === '{' || letter === '[') depth += 1
    if (depth === 0 && (letter === ',' || letter === '}')) return at
    if (letter === '}' || letter === ']') depth -= 1
  }
  return text.length
}

/** What a member says: a text without its quotes, null for null, everything else as it is written. */
export function cellOf(raw: string): string | null {
  if (raw === 'null') return null
  return raw.startsWith('"') ? String(JSON.parse(raw)) : raw
}
