import type { Clock } from '../outbox-sql/dialect.ts'

const MICROSECONDS = 6
const EPOCH = `timestamp('1970-01-01')`

/** Digits of a second that a column of this type holds. */
function precisionOf(type: string | null): number {
  const match = /^(?:datetime|timestamp)(?:\((\d)\))?$/.exec(type ?? '')
  return match === null ? MICROSECONDS : Number(match[1] ?? 0)
}

/** Times of a session are UTC, so a moment needs no zone; `local` and `date` are brought to theirs. */
export function now({ form, zone }: Clock, seconds: string | null, type: string | null): string {
  const digits = precisionOf(type)
  // The server rounds what a column cannot hold, and a time that was rounded up lies in the future.
  const whole = digits === 0 ? `floor(${seconds})` : seconds
  const moment = seconds === null ? `now(${digits})` : `(now(${digits}) + interval ${whole} second)`
  const zoned = zone === null ? moment : `convert_tz(${moment}, '+00:00', ${zone})`
  switch (form) {
    case 'instant':
    case 'utc':
      return moment
    case 'local':
      return zoned
    case 'epoch-s':
      return `cast(floor(unix_timestamp(${moment})) as signed)`
    case 'epoch-ms':
      return `cast(floor(unix_timestamp(${moment}) * 1000) as signed)`
    case 'iso':
      return `date_format(${moment}, '%Y-%m-%dT%H:%i:%s.%fZ')`
    case 'date':
      return `date(${zoned})`
  }
}

const DAY = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?'
const OFFSET = '(Z|[-+][0-9]{2}(:?[0-9]{2})?)'
const ISO = `'^${DAY}([T ]${CLOCK}${OFFSET}?)?$'`

/** A column's time as UTC; null where it is none, instead of an error that would end the whole page. */
export function instant(expression: string, { form, zone }: Clock): string {
  switch (form) {
    case 'instant':
    case 'utc':
      return expression
    case 'local':
      return `convert_tz(${expression}, ${zone}, '+00:00')`
    case 'epoch-s':
      return `(${EPOCH} + interval (${expression}) second)`
    case 'epoch-ms':
      return `(${EPOCH} + interval ((${expression}) * 1000) microsecond)`
    case 'iso':
      return isoInstant(expression)
    case 'date':
      return zone === null
        ? `timestamp(${expression})`
        : `convert_tz(timestamp(${expression}), ${zone}, '+00:00')`
  }
}

function isoInstant(expression: string): string {
  const moment = `replace(regexp_substr(${expression}, '^${DAY}([T ]${CLOCK})?'), 'T', ' ')`
  const offset = `replace(regexp_substr(substr(${expression}, 11), '${OFFSET}$'), ':', '')`
  const zone =
    `case when ${offset} in ('', 'Z') or ${offset} is null then '+00:00' ` +
    `else concat(left(${offset}, 3), ':', rpad(substr(${offset}, 4), 2, '0')) end`
  return `(case when ${expression} regexp ${ISO} then convert_tz(cast(${moment} as datetime(6)), ${zone}, '+00:00') end)`
}

export function timeOfType(type: string): 'instant' | 'unzoned' | null {
  if (/^timestamp/.test(type)) return 'instant'
  return /^(datetime|date$)/.test(type) ? 'unzoned' : null
}
