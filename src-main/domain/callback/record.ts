import { textAt } from '../json-pointer.ts'
import type { IdPlace } from '../id-place.ts'

/** A larger body is not read for an id. */
const BODY_BYTES_MAX = 1024 * 1024
/** As ids of the contract. */
const ID_CHARS_MAX = 400
const ID_POINTER = '/messageId'
const TIME_POINTER = '/confirmedAt'

/** Why a record could not be taken for a confirmation or a check. It is kept whole, with this. */
export const parkReasons = ['no-id', 'not-json', 'id-too-long', 'body-too-large'] as const
export type ParkReason = (typeof parkReasons)[number]

/** A record of a queue or topic, as far as its id is concerned. */
export interface IdentifiedRecord {
  /** As its property, or the header for ids, says. */
  readonly messageId: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export type ReadRecord =
  | {
      readonly ok: true
      readonly messageId: string
      /** When the receiver was done, as the body says; null: it does not. ISO-8601. */
      readonly confirmedAt: string | null
    }
  | { readonly ok: false; readonly reason: ParkReason }

/** Which message a confirmation or a check is about. Total: whatever a stranger publishes has an answer. */
export function readRecord(record: IdentifiedRecord, place: IdPlace | undefined): ReadRecord {
  const read = readMessageId(record, place)
  return read.ok ? { ...read, confirmedAt: timeOf(record.body) } : read
}

type ReadMessageId =
  { readonly ok: true; readonly messageId: string } | { readonly ok: false; readonly reason: ParkReason }

/** The same without its time. */
export function readMessageId(record: IdentifiedRecord, place: IdPlace | undefined): ReadMessageId {
  if (place !== undefined && 'header' in place) {
    const found = Object.entries(record.headers).find(([name]) => name === place.header)?.[1] ?? null
    return named(found)
  }
  if (place === undefined && record.messageId !== null && record.messageId !== '')
    return named(record.messageId)
  if (record.body.length > BODY_BYTES_MAX) return { ok: false, reason: 'body-too-large' }
  const body = jsonOf(record.body)
  if (body === undefined) return { ok: false, reason: 'not-json' }
  return named(textAt(body, place?.pointer ?? ID_POINTER))
}

function named(id: string | null): ReadMessageId {
  if (id === null || id.trim() === '') return { ok: false, reason: 'no-id' }
  if (id.length > ID_CHARS_MAX) return { ok: false, reason: 'id-too-long' }
  // What does not come back from the store as it was is no name.
  if (!id.isWellFormed() || id.includes('\u0000')) return { ok: false, reason: 'no-id' }
  return { ok: true, messageId: id }
}

function timeOf(body: Uint8Array): string | null {
  if (body.length > BODY_BYTES_MAX) return null
  const text = textAt(jsonOf(body), TIME_POINTER)
  const at = text === null ? NaN : Date.parse(text)
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}

/** Undefined: it is no JSON. */
function jsonOf(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    return (LONG_NUMBER.test(text) ? parseWhole(text, longAsText) : JSON.parse(text)) as unknown
  } catch {
    return undefined
  }
}

/** An id of 64 bits that was written as a number: a double would be another id. */
const LONG_NUMBER = /\d{16}/
const WHOLE_NUMBER = /^-?\d+$/

type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown
/** The types of the language do not know yet that a reviver is told the text of what was parsed. */
const parseWhole = JSON.parse as (text: string, reviver: Reviver) => unknown

function longAsText(_name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  const isLong = typeof value === 'number' && !Number.isSafeInteger(value)
  return isLong && source !== undefined && WHOLE_NUMBER.test(source) ? source : value
}
