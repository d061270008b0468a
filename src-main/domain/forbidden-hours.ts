import { weekdays } from './policy.ts'
import type { ForbiddenHours, Weekday } from './policy.ts'

const DAY_MINUTES = 24 * 60

/** Those that it is now; null: none. */
export function forbiddenAt(hours: readonly ForbiddenHours[], now: Date): ForbiddenHours | null {
  return hours.find((one) => isWithin(one, now)) ?? null
}

function isWithin({ days = weekdays, from, to, timeZone }: ForbiddenHours, now: Date): boolean {
  const { day, minutes } = localTime(now, timeZone)
  const [begins, ends] = [minutesOf(from), minutesOf(to)]
  const overnight = ends <= begins
  if (minutes >= begins && (overnight || minutes < ends)) return days.includes(day)
  // What began the day before.
  return overnight && minutes < ends && days.includes(dayBefore(day))
}

function localTime(now: Date, timeZone: string): { readonly day: Weekday; readonly minutes: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
  const day = weekdays.find((one) => one === parts.get('weekday')?.toLowerCase()) ?? 'mon'
  return { day, minutes: (Number(parts.get('hour')) * 60 + Number(parts.get('minute'))) % DAY_MINUTES }
}

function dayBefore(day: Weekday): Weekday {
  return weekdays[(weekdays.indexOf(day) + weekdays.length - 1) % weekdays.length] ?? day
}

function minutesOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
