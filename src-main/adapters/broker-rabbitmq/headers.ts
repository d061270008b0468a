/** A header as amqplib writes it: `{'!': type, value}` fixes the type on the wire. */
export type AmqpValue =
  string | boolean | null | AmqpTyped | readonly AmqpValue[] | { readonly [name: string]: AmqpValue }
export type AmqpTyped = { readonly '!': string; readonly value: AmqpValue | number | bigint }
export type AmqpTable = Readonly<Record<string, AmqpValue>>

/** AMQP's short string: names of headers, ids, exchanges and routing keys, in bytes of UTF-8. */
export const SHORT_STRING_BYTES_MAX = 255
const INT32_MAX = 2n ** 31n - 1n
const INT32_MIN = -(2n ** 31n)
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

/** A value of the headers that AMQP cannot carry unchanged. */
export class HeaderRefusal extends Error {}

type ParseContext = { readonly source?: string }

/**
 * The text of a JSON object as an AMQP table in which no value has changed. JSON.parse alone would round an integer beyond
 * 2^53 and amqplib would send 1.0 as a byte, so numbers are taken from their source text: an integer becomes a signed
 * 32-bit or 64-bit one, anything with a point or an exponent a double, and what neither holds exactly is refused.
 * Throws HeaderRefusal.
 */
export function headerTable(text: string): AmqpTable {
  const names = { count: 0 }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
    // The usual case, headers of strings, needs no source text, which costs ten times a plain parse.
    if (!isPlain(parsed, names)) {
      names.count = 0
      parsed = parseTyped(text, names)
    }
  } catch (cause) {
    if (cause instanceof HeaderRefusal || cause instanceof RangeError) throw cause
    throw new HeaderRefusal('the headers are not JSON', { cause })
  }
  const table = outermost(parsed)
  // Colons inside strings only make it more; so the exact count is rarely needed.
  if (names.count !== colonsIn(text) && names.count !== namesIn(text))
    throw new HeaderRefusal('a header occurs twice')
  checkSenderSelected('CC', table['CC'])
  checkSenderSelected('BCC', table['BCC'])
  return table
}

/** True where amqplib writes every value below as it is. Counts names on the way. */
function isPlain(value: unknown, names: { count: number }): boolean {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new HeaderRefusal('a header is not valid Unicode')
    return true
  }
  if (typeof value !== 'object' || value === null) return typeof value !== 'number'
  if (Array.isArray(value)) return value.every((item) => isPlain(item, names))
  names.count += checkNames(value)
  return !Object.hasOwn(value, '!') && Object.values(value).every((item) => isPlain(item, names))
}

function parseTyped(text: string, names: { count: number }): unknown {
  const revive = (key: string, value: unknown, context: ParseContext): unknown => {
    if (typeof value === 'number') return numberValue(context.source ?? String(value))
    if (typeof value === 'string' && !value.isWellFormed()) throw refusal(key, 'is not valid Unicode')
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    if (isTyped(value)) return value
    names.count += checkNames(value)
    // The type mark of amqplib, as a name of the original: wrapped, so that it stays a name.
    return Object.hasOwn(value, '!') ? typed('object', value as AmqpTable) : value
  }
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown)
}

/** The outermost table is never read as a typed value, so it needs no wrapping. */
function outermost(parsed: unknown): AmqpTable {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new HeaderRefusal('the headers are not a JSON object')
  if (!isTyped(parsed)) return parsed as AmqpTable
  if (parsed['!'] !== 'object') throw new HeaderRefusal('the headers are not a JSON object')
  return parsed.value as AmqpTable
}

/** Returns how many names there are. */
function checkNames(table: object): number {
  const names = Object.keys(table)
  for (const name of names) {
    if (!name.isWellFormed()) throw refusal(name, 'is not valid Unicode')
    if (Buffer.byteLength(name) > SHORT_STRING_BYTES_MAX)
      throw refusal(name, 'has a name longer than 255 bytes')
  }
  return names.length
}

const madeHere = new WeakSet<object>()

function typed(type: string, value: AmqpTyped['value']): AmqpTyped {
  const made = { '!': type, value }
  madeHere.add(made)
  return made
}

function isTyped(value: object): value is AmqpTyped {
  return madeHere.has(value)
}

function numberValue(source: string): AmqpTyped {
  if (/^-?\d+$/.test(source) && source !== '-0') {
    const whole = BigInt(source)
    if (whole >= INT32_MIN && whole <= INT32_MAX) return typed('int32', Number(whole))
    if (whole >= INT64_MIN && whole <= INT64_MAX) return typed('int64', whole)
  }
  // Beyond 64 bits too: 1e20 written out is a double that comes back with the same digits.
  const double = Number(source)
  if (!Number.isFinite(double) || decimal(source) !== decimal(String(double)))
    throw new HeaderRefusal(`${source} fits neither 64 bits nor a double`)
  return typed('double', double)
}

/** Equal for two spellings of one decimal number: sign, digits without zeros at the ends, exponent. */
function decimal(source: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([-]?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(source) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + (digits.length - significant.length)}`
}

/** Three bytes is the most that a UTF-16 unit takes: most names need no count. */
export function isLong(name: string): boolean {
  return name.length * 3 > SHORT_STRING_BYTES_MAX && Buffer.byteLength(name) > SHORT_STRING_BYTES_MAX
}

function colonsIn(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count++
  return count
}

/** How many names of members the text has; a duplicate is lost in parsing. */
function namesIn(text: string): number {
  let count = 0
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (match[1] !== undefined) count++
  return count
}

/** The broker closes the whole channel over a CC or BCC that is no array, and overlooks what is no string in it. */
function checkSenderSelected(name: string, value: AmqpValue | undefined): void {
  if (value === undefined) return
  if (!Array.isArray(value) || !value.every((key) => typeof key === 'string'))
    throw refusal(name, 'is not an array of strings')
}

function refusal(name: string, reason: string): HeaderRefusal {
  return new HeaderRefusal(`header ${JSON.stringify(name)} ${reason}`)
}
