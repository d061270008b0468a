/** 13, "log audit", and 6, informational. */
const PRIORITY = 13 * 8 + 6
/** The private enterprise number that documents and programs without one of their own use. */
const STRUCTURE = 'redrive@32473'
const MESSAGE_ID_CHARS_MAX = 32
const HOST_CHARS_MAX = 255

export interface SyslogLine {
  /** ISO-8601, in UTC. */
  readonly at: string
  readonly host: string
  readonly pid: number
  /** What kind of thing it is about. */
  readonly messageId: string
  /** Machines look for these: by number and hash of the one before, whoever receives them notices a gap. */
  readonly facts: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * A message as RFC 5424 has it. The text is pure ASCII, so that no receiver has to guess: what is not stands in it as JSON
 * escapes it. `bytesMax`: a longer one is cut, and says so.
 */
export function syslogMessage(line: SyslogLine, bytesMax = Number.MAX_SAFE_INTEGER): string {
  const { at, host, pid, messageId, facts, text } = line
  const head = [
    `<${PRIORITY}>1`,
    at,
    name(host, HOST_CHARS_MAX),
    'redrive',
    String(pid),
    name(messageId, MESSAGE_ID_CHARS_MAX),
  ].join(' ')
  const whole = `${head} ${structure(facts)} ${ascii(text)}`
  if (whole.length <= bytesMax) return whole
  const short = `${head} ${structure({ ...facts, cut: 'yes' })} ${ascii(text)}`
  return short.slice(0, bytesMax)
}

function structure(facts: Readonly<Record<string, string>>): string {
  const parameters = Object.entries(facts).map(
    ([key, value]) => ` ${key}="${ascii(value).replace(/[\\"\]]/g, '\\$&')}"`,
  )
  return `[${STRUCTURE}${parameters.join('')}]`
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Printable and without blanks; "-" where nothing is left. */
function name(text: string, charsMax: number): string {
  const printable = text.replace(/[^\x21-\x7e]/g, '').slice(0, charsMax)
  return printable === '' ? '-' : printable
}
