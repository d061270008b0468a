/** Formatting a larger text would only make it slower to read. */
const FORMAT_CHARS_MAX = 2_000_000
/** Deeper, and the indents alone are more than the text: a hundred thousand brackets would be gigabytes. */
const FORMAT_DEPTH_MAX = 200
const INDENT = '  '
/** A string, a bracket, a comma, a colon, or anything else up to the next of these. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g

/**
 * The same JSON with one value a line, or null where the text is no JSON, too long or too deep. Only whitespace between tokens changes:
 * numbers keep every digit and strings every escape, which parsing and printing again would not.
 */
export function formatJson(text: string): string | null {
  if (text.length > FORMAT_CHARS_MAX || !isJson(text)) return null
  let out = ''
  let depth = 0
  let before = ''
  for (const [token] of text.matchAll(TOKENS)) {
    const closes = token === '}' || token === ']'
    if (closes) depth -= 1
    if (closes ? !opens(before) : opens(before) || before === ',') out += `\n${INDENT.repeat(depth)}`
    out += token === ':' ? ': ' : token
    if (opens(token)) depth += 1
    if (depth > FORMAT_DEPTH_MAX) return null
    before = token
  }
  return out
}

function opens(token: string): boolean {
  return token === '{' || token === '['
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
