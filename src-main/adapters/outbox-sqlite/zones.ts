/** Times of SQLite are texts, and it knows no zones but UTC and the machine's: they are brought to UTC and back here. */

const MS_PER_MINUTE = 60_000
const TEXT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[-+]\d\d(?::?\d\d)?)?$/
const DIGITS = 6
const LAST_YEAR = 9999

const formats = new Map<string, Intl.DateTimeFormat>()

/** Throws RangeError where no zone has this name. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  formats.set(zone, made)
  return made
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** Milliseconds that the zone's clock is ahead at this moment. */
function offsetMs(zone: string, atMs: number): number {
  const parts = formatOf(zone).formatToParts(atMs)
  const of = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value ?? 0)
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return wall - Math.floor(atMs / 1_000) * 1_000
}

function written(ms: number, fraction: string): string | null {
  if (!Number.isFinite(ms)) return null
  const date = new Date(ms)
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > LAST_YEAR || date.getUTCFullYear() < 0)
    return null
  return `${date.toISOString().slice(0, 19).replace('T', ' ')}.${fraction}`
}

/**
 * `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, of a text that is a time; a text without an offset is one of `zone`. Null where it is
 * none, instead of an error that would end the whole page.
 */
export function toUtc(value: unknown, zone: string): string | null {
  const match = typeof value === 'string' ? TEXT.exec(value.trim()) : null
  if (match === null) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const micro = fraction.slice(0, DIGITS).padEnd(DIGITS, '0')
  if (new Date(wall).getUTCDate() !== Number(day)) return null
  if (offset !== undefined) return written(wall - offsetOf(offset) * MS_PER_MINUTE, micro)
  if (zone === 'UTC') return written(wall, micro)
  const guess = wall - offsetMs(zone, wall)
  return written(wall - offsetMs(zone, guess), micro)
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0
  const [, sign, hours, minutes = '0'] = /^([-+])(\d\d):?(\d\d)?$/.exec(text) ?? []
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
}

/** A UTC text as the zone's clock shows it. */
export function toZone(utc: unknown, zone: string): string | null {
  if (typeof utc !== 'string') return null
  const ms = Date.parse(`${utc.slice(0, 19).replace(' ', 'T')}Z`)
  return Number.isNaN(ms) ? null : written(ms + offsetMs(zone, ms), utc.slice(20).padEnd(DIGITS, '0'))
}

/** Of a number of seconds, or of milliseconds, since 1970. */
export function epochToUtc(value: unknown, perSecond: number): string | null {
  const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN
  const ms = (number / perSecond) * 1_000
  const rest = Math.round((ms - Math.floor(ms / 1_000) * 1_000) * 1_000)
  return written(Math.floor(ms / 1_000) * 1_000, String(rest).padStart(DIGITS, '0'))
}
