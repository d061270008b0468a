/** Times in the operator's zone; UTC stands beside them where incidents are discussed. */

export interface Age {
  readonly unit: 'seconds' | 'minutes' | 'hours' | 'days'
  readonly n: number
}

const MINUTE_SEC = 60
const HOUR_SEC = 3_600
const DAY_SEC = 86_400

/** One number and one unit; an age in the future (a clock that is off) is zero. */
export function ageOf(iso: string, nowMs: number): Age {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(iso)) / 1_000))
  if (seconds < MINUTE_SEC) return { unit: 'seconds', n: seconds }
  if (seconds < HOUR_SEC) return { unit: 'minutes', n: Math.floor(seconds / MINUTE_SEC) }
  if (seconds < 2 * DAY_SEC) return { unit: 'hours', n: Math.floor(seconds / HOUR_SEC) }
  return { unit: 'days', n: Math.floor(seconds / DAY_SEC) }
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0')

/** `2026-11-21 10:02:11` in the operator's zone. */
export function localTime(iso: string): string {
  const at = new Date(iso)
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clockTime(iso)}`
}

/** `10:02:11` in the operator's zone. */
export function clockTime(iso: string): string {
  const at = new Date(iso)
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
}

/** `2026-11-21 09:02:11`, in UTC. */
export function utcTime(iso: string): string {
  return new Date(iso).toISOString().slice(0, 19).replace('T', ' ')
}

/** `Europe/Berlin (UTC+1)`. */
export function timeZoneName(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const minutes = -new Date().getTimezoneOffset()
  if (minutes === 0) return zone === 'UTC' ? zone : `${zone} (UTC)`
  const hours = `${minutes < 0 ? '-' : '+'}${Math.floor(Math.abs(minutes) / 60)}`
  return `${zone} (UTC${hours}${minutes % 60 === 0 ? '' : `:${pad(Math.abs(minutes) % 60)}`})`
}

export interface DurationParts {
  readonly unit: 'seconds' | 'minutes' | 'hours'
  readonly count: number
}

/** A time as a person would say it: whole seconds, then minutes, then hours with one digit. */
export function roughDuration(seconds: number): DurationParts {
  if (seconds < 90) return { unit: 'seconds', count: Math.max(1, Math.round(seconds)) }
  if (seconds < 5400) return { unit: 'minutes', count: Math.round(seconds / 60) }
  return { unit: 'hours', count: Math.round(seconds / 360) / 10 }
}
