import type { StagedForm } from '../../domain/mapping/mapping.ts'

/** What begins like this is Redrive's own, never a message. */
export const OWN_PREFIX = 'redrive:{'

/** Keys and arguments of the scripts for one message. */
export interface Place {
  readonly keys: readonly [message: string, notes: string, trace: string, inner: string]
  readonly layout: string
  readonly inner: string
  readonly field: string
}

/**
 * Where a message and Redrive's notes of it are. The notes are a hash beside the message, in the same slot of a cluster: a
 * key of its own for messages that have one, one key for all messages that share one. The service's layout is not touched.
 */
export function placeOf(staged: StagedForm, table: string, id: string): Place {
  const own = staged.layout === 'hash' || staged.layout === 'json'
  const key = own ? id : table
  const tag = tagOf(key)
  const inner = staged.payloadKey?.replaceAll('{member}', id) ?? key
  return {
    keys: [
      key,
      `${OWN_PREFIX}${tag}}:notes:${key}`,
      `${OWN_PREFIX}${tag}}:trace:${key}:${own ? '' : id}`,
      inner,
    ],
    layout: staged.layout,
    inner: staged.payloadKey === undefined ? '' : (staged.payloadAs ?? 'hash'),
    field: id,
  }
}

/** The part of a key by which a cluster chooses its slot. */
function tagOf(key: string): string {
  const [, tag] = /^[^{]*\{([^}]+)\}/.exec(key) ?? []
  return tag ?? key
}

export function counterKey(table: string): string {
  return `${OWN_PREFIX}${tagOf(table)}}:fence:${table}`
}

export function claimsKey(table: string, token: string): string {
  return `${OWN_PREFIX}${tagOf(table)}}:claims:${table}:${token}`
}

const STREAM_ID = /^(\d{1,20})-(\d{1,20})$/
const DIGITS_MAX = 20

/**
 * A text by which ids are in order: numbers, and those at the end of a text, as numbers; ids of a stream by their parts;
 * everything else letter by letter.
 */
export function orderOf(id: string): string {
  const [, time, sequence] = STREAM_ID.exec(id) ?? []
  if (time !== undefined && sequence !== undefined) return `${padded(time)}-${padded(sequence)}`
  let from = id.length
  while (from > 0 && id.length - from < DIGITS_MAX && isDigit(id.charCodeAt(from - 1))) from -= 1
  return from === id.length ? id : `${id.slice(0, from)}\0${padded(id.slice(from))}`
}

function padded(digits: string): string {
  return digits.padStart(DIGITS_MAX, '0')
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

export function compareIds(one: string, other: string): number {
  const [a, b] = [orderOf(one), orderOf(other)]
  return a < b ? -1 : Number(a > b)
}
