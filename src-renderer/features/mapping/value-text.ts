import { isObject } from './mapping-json.ts'
import type { Json } from './mapping-json.ts'

/**
 * A value of the mapping as one line that a person can type. `now()` for { "is": "now" }, `column(tries)`, `count(tries)`
 * and `setting(limit)`; anything else is JSON. A word that is no JSON is what the place takes words for: a column's name
 * in a field, a text in a comparison.
 */

export type Read = { readonly ok: true; readonly value: Json | undefined } | { readonly ok: false }
const CALLS = ['column', 'count', 'setting', 'row'] as const

function callOf(value: Json): string | null {
  if (!isObject(value) || Object.keys(value).length !== 1) return null
  if (typeof value['is'] === 'string') return `${value['is']}()`
  for (const name of CALLS) {
    const named = value[name]
    if (typeof named === 'string') return `${name}(${named})`
  }
  return null
}

function readCall(text: string): Json | undefined {
  const [, name = '', argument = ''] = /^([a-z][a-z-]*)\(([^()]*)\)$/.exec(text) ?? []
  if (name === '') return undefined
  if (CALLS.some((one) => one === name)) return argument === '' ? undefined : { [name]: argument.trim() }
  return argument === '' ? { is: name } : undefined
}

function readJson(text: string): Read {
  try {
    return { ok: true, value: JSON.parse(text) as Json }
  } catch {
    return { ok: false }
  }
}

/** A place that takes a column's name, or any value; "…" is a text that is the same for all rows. */
export function fieldText(value: Json | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return /^[{["]|[()]/.test(value) ? JSON.stringify({ column: value }) : value
  if (isObject(value) && Object.keys(value).length === 1 && typeof value['text'] === 'string')
    return JSON.stringify(value['text'])
  return callOf(value) ?? JSON.stringify(value)
}

export function readField(text: string): Read {
  const trimmed = text.trim()
  if (trimmed === '') return { ok: true, value: undefined }
  const call = readCall(trimmed)
  if (call !== undefined) return { ok: true, value: call }
  if (trimmed.startsWith('"')) {
    const read = readJson(trimmed)
    return read.ok && typeof read.value === 'string'
      ? { ok: true, value: { text: read.value } }
      : { ok: false }
  }
  if (/^[{[]/.test(trimmed)) return readJson(trimmed)
  return { ok: true, value: trimmed }
}

/** A place that takes a value: 2, true, null, a text. */
export function literalText(value: Json | undefined): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return callOf(value) ?? JSON.stringify(value)
  // A text that reads as something else is quoted.
  return value === '' || value !== value.trim() || readJson(value).ok || readCall(value) !== undefined
    ? JSON.stringify(value)
    : value
}

export function readLiteral(text: string): Read {
  const trimmed = text.trim()
  if (trimmed === '') return { ok: true, value: undefined }
  const call = readCall(trimmed)
  if (call !== undefined) return { ok: true, value: call }
  const read = readJson(trimmed)
  if (read.ok) return read
  return /^[{["]/.test(trimmed) ? { ok: false } : { ok: true, value: trimmed }
}

/** Several of them: `new, queued`. */
export function listText(value: Json | undefined): string {
  return Array.isArray(value) ? value.map((one) => literalText(one)).join(', ') : ''
}

export function readList(text: string): Read {
  const parts = text.split(',').map((part) => part.trim())
  const read = parts.filter((part) => part !== '').map((part) => readLiteral(part))
  const values = read.flatMap((one) => (one.ok && one.value !== undefined ? [one.value] : []))
  return values.length === read.length && values.length > 0 ? { ok: true, value: values } : { ok: false }
}

/** The same where there may be none. */
export function readListOrNone(text: string): Read {
  return text.trim() === '' ? { ok: true, value: undefined } : readList(text)
}

/** Names of columns: `tenant, no`; one alone is a text, several a list. */
export function namesText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value))
    return value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ')
  return value === undefined ? '' : JSON.stringify(value)
}

export function readNames(text: string): Read {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return readJson(trimmed)
  const names = trimmed.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]))
  return { ok: true, value: names.length > 1 ? names : names[0] }
}
