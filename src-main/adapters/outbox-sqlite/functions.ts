import { createHash, randomUUID } from 'node:crypto'
import type Database from 'better-sqlite3'
import { memberText } from '../../domain/content-search.ts'
import { OutOfTime } from './classify.ts'
import { epochToUtc, toUtc, toZone } from './zones.ts'

/** What SQLite lacks, as functions of the connection. None of them is kept in the file. */

/**
 * The library cannot interrupt a statement, so each function that a statement calls for every row looks at the clock: one
 * whose time is up ends with an error at its next row.
 */
export interface Deadline {
  atMs: number
}

type Result = string | number | Buffer | null

export function defineFunctions(db: Database.Database, deadline: Deadline): void {
  const define = (name: string, of: (...values: unknown[]) => Result, more = {}): void => {
    const timed = (...values: unknown[]): Result => {
      if (performance.now() > deadline.atMs) throw new OutOfTime('the statement took longer than its limit')
      return of(...values)
    }
    db.function(name, { varargs: true, deterministic: true, safeIntegers: true, ...more }, timed)
  }
  define('redrive_version', digestOf)
  define('redrive_utc', (value) => toUtc(value, 'UTC'))
  define('redrive_from_zone', (value, zone) => toUtc(value, String(zone)))
  define('redrive_to_zone', (value, zone) => toZone(value, String(zone)))
  define('redrive_epoch', (value, perSecond) => epochToUtc(value, Number(perSecond)))
  define('redrive_part', part)
  define('redrive_log2', (value) => (Number(value) > 0 ? Math.log2(Number(value)) : null))
  define('redrive_number', numberOf)
  define('redrive_base64', (value) => base64(value))
  define('redrive_like', contains)
  define('redrive_member', (text, name) => memberText(textOf(text), textOf(name)))
  define('redrive_holds_bytes', holdsBytes)
  define('redrive_from_base64', fromBase64)
  define('redrive_zipped', zipped)
  define('redrive_uuid', () => randomUUID(), { deterministic: false })
}

/** What SQLite hands over: nothing but these has a text. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return Buffer.isBuffer(value) ? value.toString('utf8') : ''
}

/** Nothing of SQLite grows with each change of a row: whoever changes anything in it gives it another digest. */
function digestOf(...values: unknown[]): string {
  const hash = createHash('md5')
  for (const value of values) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(textOf(value))
    const kind = value === null ? 'n' : Buffer.isBuffer(value) ? 'b' : typeof value
    hash.update(`${kind}${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}

function part(text: unknown, by: unknown, n: unknown): string | null {
  if (text === null || by === null) return null
  const parts = textOf(text).split(textOf(by))
  const found = parts.at(Number(n) > 0 ? Number(n) - 1 : Number(n))
  return found === undefined || found === '' ? null : found
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$/

function numberOf(text: unknown): number | null {
  return text !== null && NUMBER.test(textOf(text)) ? Number(textOf(text)) : null
}

function base64(value: unknown): string | null {
  if (value === null) return null
  return (Buffer.isBuffer(value) ? value : Buffer.from(textOf(value))).toString('base64')
}

/** LIKE of SQLite folds the letters of ASCII only. `pattern`: %…% with ! before what is meant as it is. */
function contains(text: unknown, pattern: unknown): number | null {
  if (text === null || pattern === null) return null
  const wanted = textOf(pattern).slice(1, -1).replace(/!(.)/gs, '$1')
  return textOf(text).toLowerCase().includes(wanted.toLowerCase()) ? 1 : 0
}

function holdsBytes(value: unknown, digits: unknown): number | null {
  if (value === null) return null
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(textOf(value))
  return bytes.includes(Buffer.from(textOf(digits), 'hex')) ? 1 : 0
}

function fromBase64(text: unknown): Buffer | null {
  const digits = textOf(text).replace(/\s+/g, '')
  return text !== null && BASE64.test(digits) ? Buffer.from(digits, 'base64') : null
}

function zipped(names: unknown, values: unknown): string | null {
  try {
    const [keys, others]: unknown[] = [JSON.parse(textOf(names)), JSON.parse(textOf(values))]
    if (!Array.isArray(keys) || !Array.isArray(others)) return null
    const pairs = keys.map((key, at) => [String(key), (others[at] ?? null) as unknown] as const)
    return JSON.stringify(Object.fromEntries(pairs))
  } catch {
    return null
  }
}
