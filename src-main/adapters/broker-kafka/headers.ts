import { isContainer, readJson, stringValue } from '../../domain/json-text.ts'
import type { JsonNode } from '../../domain/json-text.ts'
import type { HeaderValue, KafkaRecord } from './record-writer.ts'

/** A header of the original that Kafka cannot carry as it is. */
export class HeaderRefusal extends Error {}

/** The one member of an object that stands for bytes. */
const BYTES = '$base64'

/**
 * The text of a JSON object as the headers of a record. Kafka knows bytes only: a text is its UTF-8; a number or a truth
 * value is the text that the outbox holds for it, digit by digit; `{"$base64": "…"}` is those bytes, null no value; an array is the
 * same header several times, in this order. What has no place in there is refused by name. Throws HeaderRefusal.
 */
export function recordHeaders(text: string): KafkaRecord['headers'] {
  return plainHeaders(text) ?? exactHeaders(text)
}

/** The usual case, headers of strings, needs no source text, which costs ten times a plain parse. Null: another case. */
function plainHeaders(text: string): KafkaRecord['headers'] | null {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
    const values: unknown[] = Object.values(parsed)
    if (!values.every((value) => typeof value === 'string')) return null
    // With a colon in a string, or a name that occurs twice, it is not the usual case.
    return text.isWellFormed() && !text.includes('\\u') && colonsIn(text) === values.length
      ? (parsed as Record<string, string>)
      : null
  } catch {
    return null
  }
}

function colonsIn(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count++
  return count
}

function exactHeaders(text: string): KafkaRecord['headers'] {
  const reading = readJson(text)
  if (!reading.ok) {
    const { code, key } = reading.problem
    throw code === 'duplicate-key' && key !== null
      ? refusal(key, 'occurs twice')
      : new HeaderRefusal('the headers are not JSON')
  }
  const { root } = reading.document
  if (root.kind !== 'object') throw new HeaderRefusal('the headers are not a JSON object')
  const headers: Record<string, HeaderValue | HeaderValue[]> = Object.create(null) as Record<
    string,
    HeaderValue
  >
  for (const { key, value } of root.slots)
    headers[key] = value.kind === 'array' ? repeated(key, value) : single(key, value)
  return headers
}

function repeated(name: string, node: JsonNode): HeaderValue[] {
  return isContainer(node) ? node.slots.map((slot) => single(name, slot.value)) : []
}

function single(name: string, node: JsonNode): HeaderValue {
  if (isContainer(node)) return bytes(name, node)
  if (node.kind === 'number') return node.text
  if (node.kind === 'string') return stringValue(node) ?? ''
  // An empty one would be another value than none.
  return node.text === 'null' ? null : node.text
}

function bytes(name: string, node: Extract<JsonNode, { slots: unknown }>): Buffer {
  const [only, ...more] = node.slots
  const base64 = only === undefined ? null : stringValue(only.value)
  if (node.kind !== 'object' || more.length > 0 || only?.key !== BYTES || base64 === null)
    throw refusal(
      name,
      'is neither a text, a number, true, false, null, {"$base64": "…"} nor a list of these',
    )
  const value = Buffer.from(base64, 'base64')
  if (value.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    throw refusal(name, 'is not base64')
  return value
}

export function refusal(name: string, reason: string): HeaderRefusal {
  return new HeaderRefusal(`header ${JSON.stringify(name)} ${reason}`)
}
