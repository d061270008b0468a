/** Characters of an error that are looked at; a stack trace says nothing new after that. */
const ERROR_CHARS_MAX = 4_000
/** Characters of one line that are looked at. */
const LINE_CHARS_MAX = 600
/** Characters of a cause. */
export const CAUSE_CHARS_MAX = 160

/**
 * A last error without what differs from message to message, so that one cause is one group: ids, numbers, addresses,
 * times and quoted values give way to a mark. What tells causes apart stays: class names, SQLSTATE, HTTP and AMQP codes,
 * and the quoted name of an exchange, a table or the like. Of a stack trace the first line and the root cause stay.
 * Null for an error without text.
 */
export function normaliseCause(lastError: string | null): string | null {
  const line = tellingLine((lastError ?? '').slice(0, ERROR_CHARS_MAX))
  if (line === '') return null
  const cause = line.replace(varying, mark).replace(/\s+/g, ' ').trim()
  return cause.length > CAUSE_CHARS_MAX ? `${cause.slice(0, CAUSE_CHARS_MAX - 1)}…` : cause
}

/** Java names the root cause last, Python names the exception after the trace, all others first. */
function tellingLine(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  if (lines[0]?.startsWith('Traceback (most recent call last)')) {
    return clip(lines.findLast((line) => !/^\s/.test(line)) ?? '')
  }
  const first = clip(lines[0] ?? '').trim()
  const root = lines.findLast((line) => /^\s*Caused by: /.test(line))
  return root === undefined ? first : `${first}; ${clip(root).trim()}`
}

function clip(line: string): string {
  return line.slice(0, LINE_CHARS_MAX)
}

/**
 * One pass, first match wins, so a number inside an address is not taken for a number. `keep` comes first: what looks
 * like a value and is a name. Each alternative is linear: none has a repetition inside a repetition over the same text.
 */
const parts = {
  keep: [
    // a status: HTTP 503, status code 404, SQLSTATE 23505, reply-code=320, server: 404 (NOT-FOUND), 503 Service …
    String.raw`(?:["']|\b)(?:HTTP(?:/\d(?:\.\d)?)?|[Ss]tatus|[Cc]ode|[Ee]rror|server|errno|SQLSTATE|reply-code|replyCode|returned|response)(?:[ _-]?[Cc]ode)?["']?\s?[:=(\[]?\s?["']?\d[\dA-Z]{2,4}\b(?![.:]\d|-)`,
    String.raw`\b[1-5]\d\d(?= (?:[A-Z][a-z]|\([A-Z]|[A-Z_]{3}))`,
    String.raw`\b(?:[xX]509|[sS][hH][aA]-?\d{3}|[rR][sS][aA]-?\d{4}|[aA][mM][qQ][pP]\d{3}|[iI][sS][oO]-?8859(?:-\d{1,2})?)\b`,
    String.raw`\b(?:ORA|TNS|JDBC|KAFKA|ERR|E)-?\d{3,5}\b`,
    // the quoted name of something that there are few of
    String.raw`\b(?:exchange|queue|vhost|relation|table|column|constraint|index|schema|database|role|topic|partition|function|type|class|method|field|property|host|for)\s+(?:'[\w./:$-]{1,80}'|"[\w./:$-]{1,80}")`,
    // a name in a JSON body
    String.raw`(?<=[{,]\s?)"[A-Za-z_][\w.-]{0,60}"(?=\s?:)`,
    // a sentence in quotes: its inside is looked at by itself
    String.raw`["'](?=[^"'\n]{0,200}\s[^"'\n]{0,200}\s[^"'\n]{0,200}\s)`,
  ],
  time: [
    String.raw`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?)?(?:\s?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)\b)?`,
    String.raw`\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(?: GMT| UTC)?`,
    String.raw`\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b`,
  ],
  id: [
    String.raw`\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`,
    String.raw`\b0x[0-9a-fA-F]+\b`,
    String.raw`@[0-9a-f]{4,16}\b`,
    String.raw`[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}\b`,
  ],
  address: [
    String.raw`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b`,
    String.raw`(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?::\d{1,5})?\b`,
  ],
  quoted: [String.raw`'[^'\n]{0,400}'`, String.raw`"[^"\n]{0,400}"`, '`[^`\\n]{0,400}`'],
  word: [String.raw`[A-Za-z0-9_-]*\d[A-Za-z0-9_-]*(?:\.\d+)*`],
}

const varying = new RegExp(
  Object.entries(parts)
    .map(([name, alternatives]) => `(?<${name}>${alternatives.join('|')})`)
    .join('|'),
  'g',
)

function mark(match: string, ...rest: unknown[]): string {
  const groups = rest.at(-1) as Readonly<Record<keyof typeof parts, string | undefined>>
  if (groups.keep !== undefined) return match
  if (groups.time !== undefined) return '<time>'
  if (groups.id !== undefined) return '<id>'
  if (groups.address !== undefined) return '<address>'
  if (groups.quoted !== undefined) return '<text>'
  return markWord(match)
}

/** Letters and digits turn into each other this often in an id, and hardly in a name such as utf8 or log4j2. */
const TURNS_OF_AN_ID = 4
const HEX_CHARS_OF_AN_ID = 8

function markWord(word: string): string {
  if (/^-?\d[\d_]*(\.\d+)*$/.test(word)) return '<n>'
  const turns = word.match(/\d[A-Za-z]|[A-Za-z]\d/g)?.length ?? 0
  if (turns >= TURNS_OF_AN_ID) return '<id>'
  if (word.length >= HEX_CHARS_OF_AN_ID && /^[0-9a-fA-F]+$/.test(word)) return '<id>'
  // 5ms, 16MiB, order-123, part_7; but HTTP2, S3, utf8, Log4j2 are names.
  if (/^\d+[A-Za-z]{1,3}$/.test(word)) return `<n>${word.replace(/^\d+/, '')}`
  return word.replace(/\d{3,}|(?<=[-_])\d+/g, '<n>')
}
