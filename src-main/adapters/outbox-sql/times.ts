import type { TimeField } from '../../domain/mapping/mapping.ts'
import { clockOf, columnTarget, withoutNone } from './frame.ts'
import type { Frame } from './frame.ts'
import { compileNow, secondsParam } from './values.ts'

function columnOf(of: TimeField): string {
  return typeof of === 'string' ? of : of.column
}

/** The time as the column has it; null where the column means something else, or none, in this row. */
function rawTime(of: TimeField, frame: Frame): string {
  const column = withoutNone(columnTarget(frame, columnOf(of)), frame)
  if (typeof of === 'string') return column
  return `(case when ${frame.world.condition(of.when, frame)} then ${column} end)`
}

/** With its zone. */
export function instantOfTime(of: TimeField, frame: Frame): string {
  const clock = clockOf(columnTarget(frame, columnOf(of)), frame)
  return frame.world.dialect.instant(rawTime(of, frame), clock)
}

/** Its time lies further back than so many seconds. The column stands alone, so that an index on it can be used. */
export function timeBefore(of: TimeField, seconds: number, frame: Frame): string {
  // A text of SQLite is compared as it is written, and may be written in two ways.
  if (frame.world.dialect.name === 'sqlite') return `${instantOfTime(of, frame)} < ${agoOf(seconds, frame)}`
  const target = columnTarget(frame, columnOf(of))
  const ago = isInstant(of, frame)
    ? agoOf(seconds, frame)
    : compileNow(`-${secondsParam(seconds, frame)}`, { kind: 'column', of: target }, frame)
  return `${rawTime(of, frame)} < ${ago}`
}

function agoOf(seconds: number, frame: Frame): string {
  return frame.world.dialect.ago(secondsParam(seconds, frame))
}

function isInstant(of: TimeField, frame: Frame): boolean {
  return clockOf(columnTarget(frame, columnOf(of)), frame).form === 'instant'
}

function timesOfChange({ world }: Frame): readonly TimeField[] {
  const { created, updated } = world.mapping.times
  return [updated, created].filter((one) => one !== undefined)
}

/** The last change of a row as far as it is known; null where the layout has no such time. */
export function touchedBefore(seconds: number, frame: Frame): string | null {
  const [first, second] = timesOfChange(frame)
  if (first === undefined) return null
  if (second === undefined) return timeBefore(first, seconds, frame)
  if (isInstant(first, frame) && isInstant(second, frame)) {
    return `${touchedAt(frame) ?? 'null'} < ${agoOf(seconds, frame)}`
  }
  return (
    `case when ${rawTime(first, frame)} is null then ${timeBefore(second, seconds, frame)} ` +
    `else ${timeBefore(first, seconds, frame)} end`
  )
}

/** The last change as a time with its zone. */
export function touchedAt(frame: Frame): string | null {
  const known = timesOfChange(frame).map((one) => instantOfTime(one, frame))
  return known.length === 0 ? null : known.length === 1 ? (known[0] ?? null) : `coalesce(${known.join(', ')})`
}

/** Neither changed, nor due, within the time; what a row does not say does not count. */
export function overdueBefore(seconds: number, frame: Frame): string | null {
  const { nextAttempt } = frame.world.mapping.times
  const touched = touchedBefore(seconds, frame)
  if (nextAttempt === undefined) return touched
  const all = [...timesOfChange(frame), nextAttempt]
  if (frame.world.dialect.name === 'postgres' && all.every((one) => isInstant(one, frame))) {
    const latest = [touchedAt(frame), rawTime(nextAttempt, frame)].filter((one) => one !== null)
    return `greatest(${latest.join(', ')}) < ${agoOf(seconds, frame)}`
  }
  const due = timeBefore(nextAttempt, seconds, frame)
  if (touched === null) return due
  return (
    `case when (${touched}) is null then ${due} ` +
    `else (${touched}) and (${rawTime(nextAttempt, frame)} is null or ${due}) end`
  )
}
